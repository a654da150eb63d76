"""Split a multipart/form-data body into its parts, to be looked at, not handled. Pure; used by `decode`."""

from __future__ import annotations

import base64
import binascii
import itertools
import quopri
import re
from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

_LONGEST_TYPE = 2000
_BOUNDARY = re.compile(r"\bboundary[*0-9]*\s*=", re.IGNORECASE)


class Part(NamedTuple):
    """One part: its field name, its header lines as text, its body with the transfer coding undone."""

    name: str | None
    headers: str
    body: bytes


def boundary_of(content_type: str) -> bytes | None:
    """The boundary that a Content-Type header names, or None."""
    message = Message()
    # (RFC 2046 allows it 70 characters. What parses it takes time by the square of its parts.)
    message["Content-Type"] = content_type[:_LONGEST_TYPE]
    value = message.get_param("boundary")
    return value.encode("latin-1", "replace") if isinstance(value, str) and value else None


def is_unclear(content_type: str) -> bool:
    """Whether servers may part the body at another boundary than we: several are named, or more than we read."""
    return len(content_type) > _LONGEST_TYPE or len(_BOUNDARY.findall(content_type)) > 1


def split(body: bytes, content_type: str, most: int) -> Iterator[Part] | None:
    """The parts of `body`, preamble and epilogue among them as nameless ones; None without a boundary.

    More lenient than a server's parser: whatever stands between delimiters (RFC 2046 section 5.1.1) is one. After
    `most` parts the rest is one part.
    """
    boundary = boundary_of(content_type)
    if boundary is None or b"--" + boundary not in body:
        return None
    return (_part(chunk) for chunk in body.split(b"--" + boundary, most) if chunk.strip(b"-\r\n"))


_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(r"""[;\s]name=(?:"([^"]*)"|([^;\s]+))""")
_CONTINUED = re.compile(
    r"""[;\s]([a-z-]{1,20})\*([0-9]{1,2})\*?\s?=\s?(?:"([^"]*)"|([^;\s"]+))""", re.IGNORECASE
)
_MOST_CONTINUED, _LONGEST_HEADERS = 100, 16 << 10


def _part(chunk: bytes) -> Part:
    # The line's end before a delimiter belongs to that (RFC 2046 section 5.1.1): what is packed ends before it.
    chunk = chunk.removesuffix(b"\n").removesuffix(b"\r")
    pieces = _END_OF_HEADERS.split(chunk, maxsplit=1)
    if len(pieces) == 1:
        return Part(None, "", chunk)
    headers = pieces[0].decode("utf-8", "replace")
    if "*1" in headers:
        headers += _continued(headers)
    name = _NAME.search(headers)
    return Part(
        (name[1] or name[2]) if name else None, headers, _transfer_decoded(headers.lower(), pieces[1])
    )


def _continued(headers: str) -> str:
    """Parameters that a header holds in several parts (RFC 2231 section 3), a line each, put together."""
    values: dict[str, dict[int, str]] = {}
    for found in itertools.islice(_CONTINUED.finditer(headers, 0, _LONGEST_HEADERS), _MOST_CONTINUED):
        values.setdefault(found[1].lower(), {})[int(found[2])] = found[3] or found[4] or ""
    return "".join(f"\n{name}={''.join(parts[at] for at in sorted(parts))}" for name, parts in values.items())


def _transfer_decoded(headers: str, body: bytes) -> bytes:
    """The body as it was before its Content-Transfer-Encoding, or as it is when that does not fit."""
    if "content-transfer-encoding:" not in headers:
        return body
    if "base64" in headers:
        try:
            return base64.b64decode(body)
        except binascii.Error:
            return body
    return quopri.decodestring(body) if "quoted-printable" in headers else body
