"""Read msgpack (the public specification of 2013) for its strings and integers. Pure; used by `binary`."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .budget import Budget

_DEEPEST = 32
# For each first byte: the struct format of what follows. A length, or a value.
_LENGTHS = {
    0xC4: ">B",
    0xC5: ">H",
    0xC6: ">I",
    0xD9: ">B",
    0xDA: ">H",
    0xDB: ">I",
    0xDC: ">H",
    0xDD: ">I",
    0xDE: ">H",
    0xDF: ">I",
}
_VALUES = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_EXTENSIONS = {0xC7: ">B", 0xC8: ">H", 0xC9: ">I"}
_NUMBERS = frozenset([0xCF, 0xD3])
FIRST_BYTES = frozenset([*range(0x81, 0xA0), *range(0xDC, 0xE0)]) | _NUMBERS
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


class _NotThis(Exception):
    """The bytes are something else than msgpack."""


def may_be(data: bytes) -> bool:
    """Whether `data` begins as a map, an array or a number of nine bytes does."""
    if len(data) < 8 or data[0] not in FIRST_BYTES:
        return False
    return data[0] not in _NUMBERS or len(data) == 9


def values(data: bytes, budget: Budget) -> Iterator[tuple[str | None, bytes | str]]:
    """Strings and integers with the map key they stand under; nothing when `data` is not msgpack from end to end."""
    found: list[tuple[str | None, bytes | str]] = []
    try:
        end = _Reader(data, found, budget).read(0, None, _DEEPEST)
    except (_NotThis, struct.error, IndexError, UnicodeDecodeError):
        return
    if end == len(data):
        yield from found


class _Reader:
    def __init__(self, data: bytes, found: list[tuple[str | None, bytes | str]], budget: Budget) -> None:
        self._data, self._found, self._budget = data, found, budget

    def read(self, at: int, name: str | None, depth: int) -> int:
        """Read the value that begins at `at`; where the next one begins."""
        if depth <= 0 or not self._budget.spend(0, tokens=1):
            raise _NotThis
        first = self._data[at]
        if first <= 0x7F or first >= 0xE0 or 0xC0 <= first <= 0xC3:
            return at + 1
        if first in _VALUES:
            return self._number(at + 1, _VALUES[first], name)
        if first in _FIXED_EXTENSIONS:
            return at + 2 + _FIXED_EXTENSIONS[first]
        if first in _EXTENSIONS:
            size, after = self._length(at + 1, _EXTENSIONS[first])
            return self._bytes(after + 1, size, name)
        return self._sized(at, first, name, depth)

    def _sized(self, at: int, first: int, name: str | None, depth: int) -> int:
        size, after = self._size_of(at, first)
        if 0xA0 <= first <= 0xBF or 0xC4 <= first <= 0xDB:
            return self._bytes(after, size, name)
        if 0x90 <= first <= 0x9F or first in {0xDC, 0xDD}:
            for _ in range(size):
                after = self.read(after, name, depth - 1)
            return after
        for _ in range(size):
            key, after = self._key(after, depth)
            after = self.read(after, key or name, depth - 1)
        return after

    def _size_of(self, at: int, first: int) -> tuple[int, int]:
        if first in _LENGTHS:
            return self._length(at + 1, _LENGTHS[first])
        return first & (0x1F if first >= 0xA0 else 0x0F), at + 1

    def _key(self, at: int, depth: int) -> tuple[str | None, int]:
        before = len(self._found)
        end = self.read(at, None, depth - 1)
        last = self._found[-1][1] if len(self._found) > before else None
        return (last.decode() if isinstance(last, bytes) and len(last) < 60 else None), end

    def _length(self, at: int, form: str) -> tuple[int, int]:
        (size,) = struct.unpack_from(form, self._data, at)
        return int(size), at + struct.calcsize(form)

    def _number(self, at: int, form: str, name: str | None) -> int:
        (value,) = struct.unpack_from(form, self._data, at)
        self._found.append(
            (name, str(int(value) if isinstance(value, float) and value.is_integer() else value))
        )
        return at + struct.calcsize(form)

    def _bytes(self, at: int, size: int, name: str | None) -> int:
        if at + size > len(self._data):
            raise _NotThis
        self._found.append((name, self._data[at : at + size]))
        return at + size
