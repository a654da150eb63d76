"""Files with holes (sparse ones): images of disks, core dumps, databases made large beforehand. Used by `scan`.

A hole reads as zeros and holds nothing; gigabytes of them take as long as data. The kernel says where data lie
(lseek's SEEK_DATA and SEEK_HOLE); where it does not, the file is read as any other.
"""

from __future__ import annotations

import errno
import os
from bisect import bisect_right
from collections.abc import Iterator
from typing import BinaryIO

# A hole counts from this size on; of each this much is left, so that what it divides stays divided.
_SMALLEST, _LEFT = 1 << 20, 4 << 10
_BLOCK = 512


class WithoutHoles:
    """`stream` from its beginning to its end, its large holes cut short. `offset` tells where in the file a byte is."""

    def __init__(self, stream: BinaryIO, spans: list[tuple[int, int]]) -> None:
        self._stream, self._spans = stream, spans
        self._starts, size = list[int](), 0
        for first, last in spans:
            self._starts.append(size)
            size += last - first
        self._size, self._at = size, 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes: fewer than `size` at the end alone."""
        wanted = self._size - self._at if size < 0 else min(size, self._size - self._at)
        pieces = list[bytes]()
        while wanted > 0:
            _, last = self._spans[bisect_right(self._starts, self._at) - 1]
            at = self.offset(self._at)
            self._stream.seek(at)
            piece = self._stream.read(min(wanted, last - at))
            if not piece:  # somebody made the file shorter
                break
            pieces.append(piece)
            self._at += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """As a file's."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def offset(self, at: int) -> int:
        """Where in the file the byte is that stands at `at` here."""
        number = max(0, bisect_right(self._starts, at) - 1)
        return self._spans[number][0] + at - self._starts[number]


def without(stream: BinaryIO) -> WithoutHoles | None:
    """`stream` without its holes; None where it has none that are worth it, or is no file of its own."""
    try:
        number = stream.fileno()
        status = os.fstat(number)
        if status.st_size - status.st_blocks * _BLOCK < _SMALLEST:
            return None
        spans = list(_spans(number, status.st_size))
    except (OSError, AttributeError):
        return None
    return WithoutHoles(stream, spans)


def _spans(number: int, size: int) -> Iterator[tuple[int, int]]:
    """What is left, as beginnings and ends: the data, and a little of each hole before them."""
    at = os.lseek(number, 0, os.SEEK_CUR)
    begin, end = 0, 0
    try:
        while end < size:
            data = _next_data(number, end, size)
            if data - end > _SMALLEST or data == size:
                yield begin, min(size, end + _LEFT)
                begin = max(end + _LEFT, data)
            if data < size:
                end = os.lseek(number, data, os.SEEK_HOLE)
            else:
                return
        yield begin, size
    finally:
        os.lseek(number, at, os.SEEK_SET)


def _next_data(number: int, at: int, size: int) -> int:
    try:
        return os.lseek(number, at, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nothing but a hole up to the end
            return size
        raise
