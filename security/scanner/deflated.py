"""Whether a token of base64 holds bare deflate (RFC 1951), which has no beginning of its own. Used by `engine`."""

from __future__ import annotations

import base64
import re
import string
import zlib

from .. import pan

_PART = rb"(?:[A-Za-z0-9+/_-]|%2[BbFf])"
_TOKEN = re.compile(_PART + rb"+")
_LETTERS = (string.ascii_letters + string.digits + "+/_-").encode()
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_DIGIT = re.compile(rb"[0-9]")
_REACH = 2 << 10
_LONGEST, _LARGEST = 64 << 10, 64 << 10
# A token's first bits: the last block or not, then the kind of block. Stored ones are seen as they stand.
_STORED, _RESERVED = 0, 3


def holds(block: bytes, end: int) -> bool:
    """Whether the token in `block` of which `end` is a place within unpacks to something that may hold a number."""
    found = _TOKEN.match(block, (begin := _beginning(block, end)), begin + _LONGEST)
    if found is None or found[0].isalpha() or not is_mixed(found[0]):
        return False
    token = found[0].translate(_URL_SAFE)
    if b"%" in token:
        token = re.sub(rb"%2[Bb]", b"+", re.sub(rb"%2[Ff]", b"/", token))
    data = base64.b64decode(token[: len(token) // 4 * 4])
    if data[0] >> 1 & 3 in {_STORED, _RESERVED}:
        return False
    try:
        return pan.may_hold(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _LARGEST))
    except zlib.error:
        return False


def _beginning(block: bytes, end: int) -> int:
    """Where the token that reaches to `end` begins; of a long one a place within it."""
    first = max(0, end - _REACH)
    before = block[first:end].rstrip(_LETTERS)
    while before[-3:].upper() in {b"%2B", b"%2F"}:
        before = before[:-3].rstrip(_LETTERS)
    return first + len(before)


def is_mixed(token: bytes) -> bool:
    """Letters of both cases and digits; words, paths and hashes in hex have not all of them."""
    return token.lower() != token != token.upper() and bool(_DIGIT.search(token))
