"""Streams of a compound file (MS-CFB), as Excel wrote them before 2007: put together from its sectors.

Used by `wide_numbers`. A damaged one gives what can be had of it.
"""

from __future__ import annotations

from collections.abc import Iterator

MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER, _ENTRY = 512, 128
_FIRST_OF_TABLE, _IN_HEADER = 76, 109
_STREAM = 2


def stream(data: bytes, names: frozenset[str]) -> bytes:
    """The first stream of one of these names; empty where there is none. Short ones, in the small sectors, are none."""
    size = 1 << max(7, min(int.from_bytes(data[30:32], "little"), 12))
    table = _table(data, size)
    directory = b"".join(_chain(data, int.from_bytes(data[48:52], "little"), table, size))
    for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        entry = directory[at : at + _ENTRY]
        name = entry[: max(0, int.from_bytes(entry[64:66], "little") - 2)].decode("utf-16-le", "replace")
        if entry[66] == _STREAM and name in names:
            length = int.from_bytes(entry[120:124], "little")
            return b"".join(_chain(data, int.from_bytes(entry[116:120], "little"), table, size))[:length]
    return b""


def _sector(data: bytes, number: int, size: int) -> bytes:
    return data[(number + 1) * size : (number + 2) * size]


def _table(data: bytes, size: int) -> list[int]:
    """For each sector the next one of its stream. No more of the table is read than the file has sectors for."""
    most = len(data) // size * 4 // size + 1
    sectors = _numbers(data[_FIRST_OF_TABLE : _FIRST_OF_TABLE + 4 * _IN_HEADER])
    more = int.from_bytes(data[68:72], "little")
    while len(sectors) < most and (listed := _numbers(_sector(data, more, size))):
        sectors += listed[:-1]
        more = listed[-1]
    return [each for number in sectors[:most] for each in _numbers(_sector(data, number, size))]


def _numbers(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data) - 3, 4)]


def _chain(data: bytes, first: int, table: list[int], size: int) -> Iterator[bytes]:
    """A stream's sectors in order; one that leads back to itself ends with the file's size."""
    for _ in range(len(data) // size):
        if first >= len(table):
            return
        yield _sector(data, first, size)
        first = table[first]
