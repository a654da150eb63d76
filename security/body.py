"""Read a WSGI request body whole, into memory alone, within limits. Used by `guard`; anyone may import it.

Nothing here touches a disk: a body that was not judged yet may hold a card number.
"""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment

_WINDOW = 64 << 10
_LENGTH_DIGITS = 12


class UnreadableBodyError(Exception):
    """The body cannot be judged; `status` is the HTTP status to answer with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read(environ: WSGIEnvironment, most: int, seconds: float) -> bytes:
    """The request's body, at most `most` bytes, read within `seconds` (looked at between reads).

    Raises UnreadableBodyError: 400 (bad or unkept length), 408 (too slow), 411 (no length), 413 (too large).
    """
    stream: InputStream = environ["wsgi.input"]
    length = _declared_length(environ)
    if length is None and not environ.get("wsgi.input_terminated"):
        if environ.get("HTTP_TRANSFER_ENCODING"):
            raise UnreadableBodyError(411, "a body of unknown length")
        return b""
    if length is not None and length > most:
        raise UnreadableBodyError(413, "larger than the limit")
    return _read_windows(stream, length, most, time.monotonic() + seconds)


def inflated(body: bytes, coding: str, most: int) -> bytes:
    """`body` without its Content-Encoding (RFC 9110 section 8.4.1: gzip, deflate, identity).

    Raises UnreadableBodyError: 415 for any other coding or broken data, 413 beyond `most` bytes.
    """
    match coding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, 16 + zlib.MAX_WBITS, most)
        case "deflate":
            # Some clients send the bare format without zlib's two bytes in front.
            zlib_header = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
            return _inflate(body, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS, most)
    raise UnreadableBodyError(415, "a content coding that is not supported")


def _declared_length(environ: WSGIEnvironment) -> int | None:
    declared = environ.get("CONTENT_LENGTH", "").strip()
    # A server that has undone the chunks gives no length, or one that says nothing about the decoded body.
    if not declared or (environ.get("wsgi.input_terminated") and environ.get("HTTP_TRANSFER_ENCODING")):
        return None
    if not (declared.isascii() and declared.isdigit()):
        raise UnreadableBodyError(400, "a Content-Length that is no number")
    if len(declared) > _LENGTH_DIGITS:
        raise UnreadableBodyError(413, "larger than the limit")
    return int(declared)


def _read_windows(stream: InputStream, length: int | None, most: int, deadline: float) -> bytes:
    pieces, size = list[bytes](), 0
    while length is None or size < length:
        try:
            piece = stream.read(min(_WINDOW, _WINDOW if length is None else length - size))
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableBodyError(400, "the connection broke") from error
        if not piece:
            break
        size += len(piece)
        if size > most:
            raise UnreadableBodyError(413, "larger than the limit")
        if time.monotonic() > deadline:
            raise UnreadableBodyError(408, "sent too slowly")
        pieces.append(piece)
    if length is not None and size < length:
        raise UnreadableBodyError(400, "shorter than its Content-Length")
    return b"".join(pieces)


def _inflate(body: bytes, window_bits: int, most: int) -> bytes:
    output, rest = b"", body
    try:
        while rest:  # a gzip file may have several members
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
