"""Where in a stream something stands: by byte, and by line and column. Used by `look`."""

from __future__ import annotations

import io
from typing import NamedTuple, Protocol, cast, runtime_checkable

_PIECE = 1 << 20


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, some `size` of them; none at the end."""


@runtime_checkable
class Seekable(Readable, Protocol):
    """What can also go back."""

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Go to this byte."""


class Place(NamedTuple):
    """The bytes before it, its line (from 1), and the characters of that line before it."""

    offset: int
    line: int
    characters: int

    def after(self, data: bytes) -> Place:
        """The place behind `data`, which begins here."""
        newline = data.rfind(b"\n")
        characters = _characters(data[newline + 1 :]) + (self.characters if newline < 0 else 0)
        return Place(self.offset + len(data), self.line + data.count(b"\n"), characters)


START = Place(0, 1, 0)


def _characters(data: bytes) -> int:
    return len(data.decode("utf-8", "surrogateescape"))


class Reached:
    """How far a stream was read. To count its lines takes as long as to look for numbers in them, and most streams have
    none: so we count when somebody asks, and go back once for that, if the stream can."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._counts = not isinstance(stream, Seekable)
        self._offset, self._place = 0, START

    def go_past(self, block: bytes, size: int) -> None:
        """So many bytes of the block lie behind us."""
        self._offset += size
        if self._counts:
            self._place = self._place.after(block[:size])

    @property
    def place(self) -> Place:
        """Where we are."""
        if not self._counts:
            self._count_again(cast("Seekable", self._stream))
            self._counts = True
        return self._place

    def _count_again(self, stream: Seekable) -> None:
        ahead = stream.seek(0, io.SEEK_CUR)
        stream.seek(0)
        while self._place.offset < self._offset:
            data = stream.read(min(_PIECE, self._offset - self._place.offset))
            if not data:  # somebody made the file shorter
                break
            self._place = self._place.after(data)
        stream.seek(ahead)
