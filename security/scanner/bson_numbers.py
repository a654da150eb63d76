"""Numbers of files that are documents of BSON one behind another, as mongodump writes them. Used by `scan`.

Its texts are seen as they stand. A number has its kind and its name before it (bsonspec.org, version 1.1), whatever
document it lies in, so that a damaged one hides none behind it.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from ..decoder import bson

_ARCHIVE = b"\x6d\xe2\x99\x81"
_WINDOW, _OVERLAP = 1 << 20, 256
_NUMBER = re.compile(rb"([\x01\x12])([ -~]{1,100})\0(.{8})", re.DOTALL)
_LEAST = 10**11


def is_bson(head: bytes) -> bool:
    """Whether a file begins as one document of several does, or as an archive of them."""
    return head.startswith(_ARCHIVE) or (bson.may_begin(head) and b"\0" in head[5:64])


def numbers(stream: BinaryIO, head: bytes) -> Iterator[tuple[str, str]]:
    """Where each large number's element begins, and the number as JSON with its name. `stream` is at its beginning."""
    if not is_bson(head):
        return
    at, kept = 0, b""
    while window := stream.read(_WINDOW):
        block = kept + window
        for found in _NUMBER.finditer(block):
            value = _whole(found[1], found[3])
            if value is not None and value >= _LEAST:
                yield f"byte {at + found.start()}", json.dumps({found[2].decode("ascii"): value})
        kept = block[-_OVERLAP:]
        at += len(block) - len(kept)


def _whole(kind: bytes, data: bytes) -> int | None:
    if kind == b"\x12":
        return int.from_bytes(data, "little", signed=True)
    number: float = struct.unpack("<d", data)[0]
    return int(number) if _LEAST <= number < 1 << 64 and number.is_integer() else None
