"""What pictures say beside what they show: comments, descriptions, metadata of cameras and programs. Pure.

Used by `binary`. What they show is not looked at. PNG (W3C, third edition, section 11.3), JPEG (ITU-T T.81 annex B),
GIF89a, RIFF (WebP).
"""

from __future__ import annotations

import contextlib
import itertools
import re
import zlib
from collections.abc import Iterator

PNG, JPEG, GIF, RIFF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF"
MARKS = (PNG, JPEG, GIF, RIFF)
_TEXTS = frozenset([b"tEXt", b"iTXt", b"zTXt", b"eXIf"])
_RIFF_TEXTS = frozenset([b"XMP ", b"EXIF", b"LIST"])
_LONGEST = 64 << 10
_MOST = 200
_COMMENT = b"!\xfe"
_ZLIB = re.compile(rb"\0\x78")


def words(data: bytes) -> Iterator[bytes]:
    """Each piece of text or metadata; of a damaged picture those before the damage."""
    if data.startswith(PNG):
        yield from _of_png(data)
    elif data.startswith(JPEG):
        yield from _of_jpeg(data)
    elif data.startswith(GIF):
        yield from _of_gif(data)
    else:
        yield from _of_riff(data)


def _of_png(data: bytes) -> Iterator[bytes]:
    at = len(PNG)
    for _ in range(_MOST):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if not kind:
            return
        content = data[at + 8 : at + 8 + min(size, _LONGEST)]
        if kind in _TEXTS:
            # The keyword, which ends with a zero, then perhaps flags and a language; and what is packed behind them.
            yield content.rpartition(b"\0")[2] if kind == b"iTXt" else content.partition(b"\0")[2]
            yield from _inflated(content)
        at += 12 + size


def _inflated(content: bytes) -> Iterator[bytes]:
    # Behind a zero of the chunk's own, which there are five of at most.
    for found in itertools.islice(_ZLIB.finditer(content), 5):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(content[found.end() - 1 :], _LONGEST)


def _of_jpeg(data: bytes) -> Iterator[bytes]:
    at = 2
    for _ in range(_MOST):
        if data[at : at + 1] != b"\xff" or data[at + 1 : at + 2] in {b"\xda", b"\xd9", b""}:
            return  # the picture itself begins, or nothing more comes
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xE1 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE:
            content = data[at + 4 : at + 2 + size]
            yield content.partition(b"\0")[2] if data[at + 1] == 0xE1 else content
        at += 2 + size


def _of_gif(data: bytes) -> Iterator[bytes]:
    at = data.find(_COMMENT)
    for _ in range(_MOST):
        if at < 0:
            return
        pieces, at = list[bytes](), at + 2
        while len(pieces) < _MOST and (size := int.from_bytes(data[at : at + 1], "big")):
            pieces.append(data[at + 1 : at + 1 + size])
            at += 1 + size
        yield b"".join(pieces)[:_LONGEST]
        at = data.find(_COMMENT, at)


def _of_riff(data: bytes) -> Iterator[bytes]:
    at = 12
    for _ in range(_MOST):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if not kind:
            return
        if kind in _RIFF_TEXTS:
            yield data[at + 8 : at + 8 + min(size, _LONGEST)]
        at += 8 + size + size % 2
