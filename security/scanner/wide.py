"""Files of UTF-16 and UTF-32: which of them a file is in, and its text as UTF-8. Used by the scanner; pure."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from ..decoder import charsets

_FEWEST = 16
# So many of the upper halves of letters are NUL in a text that has Latin digits among Japanese, say.
_MOST_LATIN, _SOME_LATIN = 0.7, 0.3


class InUTF8:
    """The text of `stream`, whose codec it is, read as UTF-8; never held as a whole."""

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(codec)("replace")

    def read(self, size: int, /) -> bytes:
        """The next piece."""
        while piece := self._stream.read(size):
            if text := self._decoder.decode(piece):
                return text.encode("utf-8", "surrogatepass")
        return self._decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def marked_codec(head: bytes) -> str | None:
    """UTF-16 or UTF-32 by the mark at the beginning."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def likely_codec(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, by where the NULs stand. A guess: look at the bytes as they are as well."""
    if len(head) < _FEWEST:
        return None
    if b"\0" not in head:
        return "utf-16-le" if charsets.is_wide(head) else None
    return _of_four(head) or _of_two(head)


def _of_four(head: bytes) -> str | None:
    """Every fourth byte is NUL, and nearly all of those beside it."""
    parts = [head[at::4].count(0) / len(head[at::4]) for at in range(4)]
    if parts[3] == 1 and parts[2] > _MOST_LATIN and parts[0] < _MOST_LATIN:
        return "utf-32-le"
    return "utf-32-be" if parts[0] == 1 and parts[1] > _MOST_LATIN and parts[3] < _MOST_LATIN else None


def _of_two(head: bytes) -> str | None:
    first, second = (head[at::2].count(0) / len(head[at::2]) for at in (0, 1))
    if second > _SOME_LATIN and not first:
        return "utf-16-le"
    return "utf-16-be" if first > _SOME_LATIN and not second else None
