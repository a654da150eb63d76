"""Take a request body in pieces, judge it, and keep it for the application. Used by the guards.

Up to a mebibyte lies in memory until it is judged, and nothing of it touches a disk. More than that, where a route
allows it, is judged window by window; only what was judged goes on into a file that has no name.
"""

from __future__ import annotations

import io
import tempfile
import zlib
from collections.abc import Callable
from typing import BinaryIO, cast

from .judge import Hit, check_body, request_budget
from .policy import MAX_BODY, Policy

IN_MEMORY = MAX_BODY
WINDOW = 256 << 10
_OVERLAP = 4 << 10
_LENGTH_DIGITS = 12
_MOST_MEMBERS = 200


class UnreadableBodyError(Exception):
    """The body cannot be judged; `status` is the HTTP status to answer with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def declared_length(declared: str) -> int | None:
    """The number in a Content-Length header, None without one. Raises UnreadableBodyError (400, 413)."""
    declared = declared.strip()
    if not declared:
        return None
    if not (declared.isascii() and declared.isdigit()):
        raise UnreadableBodyError(400, "a Content-Length that is no number")
    if len(declared) > _LENGTH_DIGITS:
        raise UnreadableBodyError(413, "larger than the limit")
    return int(declared)


class Intake:
    """One body on its way in: `take` each piece, then `finish`, then read `stream`. Close it at the end.

    Both give the hit for which to refuse the request, and raise UnreadableBodyError: 413 (too large, also when
    unpacked), 415 (a coding that is not known or is broken). `keeps_all` is for a body that goes on whatever is found.
    """

    def __init__(self, policy: Policy, content_type: str, coding: str, *, keeps_all: bool = False) -> None:
        self._keeps_all = keeps_all
        self._policy, self._content_type, self._coding = policy, content_type, coding.strip().lower()
        self._pieces: list[bytes] = []
        self._waiting = b""
        self.size = 0
        self._file: BinaryIO | None = None

    def announce(self, length: int) -> None:
        """So many bytes are to come."""
        if length > self._policy.max_body:
            raise UnreadableBodyError(413, "larger than the limit")

    def take(self, piece: bytes) -> Hit | None:
        """One more piece, of any size."""
        self.size += len(piece)
        self.announce(self.size)
        if self._file is None and self.size <= IN_MEMORY:
            self._pieces.append(piece)
            return None
        if self._file is None:
            if self._coding not in {"", "identity"}:
                raise UnreadableBodyError(413, "larger than a compressed body may be")
            # The caller closes it by `close`; it has no name from the start.
            self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  (closed by `close`)
            piece, self._pieces = b"".join((*self._pieces, piece)), []
        return self._through_windows(piece)

    def _through_windows(self, piece: bytes) -> Hit | None:
        self._waiting += piece
        first = None
        while len(self._waiting) - _OVERLAP >= WINDOW:
            window, self._waiting = self._waiting[: WINDOW + _OVERLAP], self._waiting[WINDOW:]
            hit = self._judged(window)
            if hit is not None and not self._keeps_all:
                return hit
            first = first or hit
            self._written().write(window[:WINDOW])
        return first

    def finish(self) -> Hit | None:
        """Nothing more comes."""
        if self._file is not None:
            hit = self._judged(self._waiting)
            if hit is None or self._keeps_all:
                self._file.write(self._waiting)
                self._file.seek(0)
            return hit
        raw = b"".join(self._pieces)
        self._pieces = [raw]
        if not raw:
            return None
        plain = inflated(raw, self._coding, max(self._policy.max_body, IN_MEMORY))
        return self._checked(plain, self._content_type)

    def _judged(self, window: bytes) -> Hit | None:
        # What kind of part a window lies in is not known: as bytes of any kind, with no field's name.
        return self._checked(window, "application/octet-stream")

    def _checked(self, body: bytes, content_type: str) -> Hit | None:
        budget = request_budget(self._policy.cpu_seconds)
        return check_body(body, content_type, free_text=self._policy.takes_words, budget=budget)

    def _written(self) -> BinaryIO:
        assert self._file is not None
        return self._file

    @property
    def stream(self) -> BinaryIO:
        """The whole body as it came, from its beginning."""
        return self._file or io.BytesIO(b"".join(self._pieces))

    @property
    def is_filed(self) -> bool:
        """Whether it lies in a file, which is to be closed."""
        return self._file is not None

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()


def inflated(body: bytes, coding: str, most: int) -> bytes:
    """`body` without its Content-Encoding (RFC 9110 section 8.4.1: gzip, deflate, identity; br with `brotli`).

    Raises UnreadableBodyError: 415 for any other coding or broken data, 413 beyond `most` bytes.
    """
    match coding:
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, 16 + zlib.MAX_WBITS, most)
        case "deflate":
            # Some clients send the bare format without zlib's two bytes in front.
            zlib_header = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
            return _inflate(body, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS, most)
        case "br":
            return _unbrotli(body, most)
    raise UnreadableBodyError(415, "a content coding that is not supported")


def _inflate(body: bytes, window_bits: int, most: int) -> bytes:
    output, rest, members = b"", body, 0
    try:
        while rest:  # a gzip file may have several members
            if (members := members + 1) > _MOST_MEMBERS:
                raise UnreadableBodyError(413, "more compressed members than the limit")
            inflater = zlib.decompressobj(window_bits)
            output += inflater.decompress(rest, most + 1 - len(output))
            if len(output) > most:
                raise UnreadableBodyError(413, "larger than the limit when inflated")
            if not inflater.eof:
                raise UnreadableBodyError(415, "compressed data cut short")
            rest = inflater.unused_data
    except zlib.error as error:
        raise UnreadableBodyError(415, "broken compressed data") from error
    return output


def _unbrotli(body: bytes, most: int) -> bytes:
    try:
        import brotli
    except ImportError as error:
        raise UnreadableBodyError(415, "a content coding that is not supported") from error
    decompressor = brotli.Decompressor()
    process: Callable[..., bytes] = decompressor.process
    output = b""
    try:
        output = process(body, output_buffer_limit=most + 1)
        while len(output) <= most and not decompressor.can_accept_more_data():
            output += process(b"", output_buffer_limit=most + 1 - len(output))
    except (brotli.error, TypeError) as error:  # an older brotli knows no limit, and is not used
        raise UnreadableBodyError(415, "broken compressed data") from error
    if len(output) > most:
        raise UnreadableBodyError(413, "larger than the limit when inflated")
    if not decompressor.is_finished():
        raise UnreadableBodyError(415, "compressed data cut short")
    return output
