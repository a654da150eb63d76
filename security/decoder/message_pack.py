"""Read msgpack (the public specification of 2013) as a tree. Pure; used by `binary`."""

from __future__ import annotations

import struct

from .budget import Budget
from .trees import NotThisError, Number, Pairs, number_of

NAME = "msgpack"
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
_CONTAINERS = frozenset([*range(0x81, 0xA0), *range(0xDC, 0xE0)])
FIRST_BYTES = _CONTAINERS | _NUMBERS
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


def may_be(data: bytes) -> bool:
    """Whether `data` begins as a map, an array or a number of nine bytes does."""
    if len(data) < 8 or data[0] not in FIRST_BYTES:
        return False
    # A number by itself may be any nine bytes; of seventeen digits and more it is none of a card sooner.
    return data[0] not in _NUMBERS or (len(data) == 9 and data[1] == 0)


def tree(data: bytes, budget: Budget) -> object:
    """What is in it, None when `data` is not msgpack from end to end. Several maps or arrays may follow one another."""
    found, at = list[object](), 0
    try:
        while at < len(data):
            if at and data[at] not in _CONTAINERS:
                return None
            value, at = _Reader(data, budget).read(at, _DEEPEST)
            found.append(value)
    except (NotThisError, struct.error, IndexError, OverflowError, ValueError):
        return None
    return found[0] if len(found) == 1 else found


class _Reader:
    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data, self._budget = data, budget

    def read(self, at: int, depth: int) -> tuple[object, int]:
        """The value that begins at `at`, and where the next one begins."""
        if depth <= 0 or not self._budget.spend(0, tokens=1):
            raise NotThisError
        first = self._data[at]
        if first <= 0x7F:
            return Number(first), at + 1
        if first >= 0xE0 or 0xC0 <= first <= 0xC3:
            return None, at + 1
        if first in _VALUES:
            (value,) = struct.unpack_from(_VALUES[first], self._data, at + 1)
            return number_of(value), at + 1 + struct.calcsize(_VALUES[first])
        if first in _FIXED_EXTENSIONS:
            return None, at + 2 + _FIXED_EXTENSIONS[first]
        if first in _EXTENSIONS:
            size, after = self._length(at + 1, _EXTENSIONS[first])
            return self._bytes(after + 1, size)
        return self._sized(at, first, depth)

    def _sized(self, at: int, first: int, depth: int) -> tuple[object, int]:
        size, after = self._size_of(at, first)
        if 0xC4 <= first <= 0xC6:
            return self._bytes(after, size)
        if 0xA0 <= first <= 0xBF or 0xD9 <= first <= 0xDB:
            text, after = self._bytes(after, size)
            return _text(text), after
        if 0x90 <= first <= 0x9F or first in {0xDC, 0xDD}:
            return self._list(after, size, depth)
        return self._map(after, size, depth)

    def _list(self, after: int, size: int, depth: int) -> tuple[object, int]:
        items = list[object]()
        for _ in range(size):
            item, after = self.read(after, depth - 1)
            items.append(item)
        return items, after

    def _map(self, after: int, size: int, depth: int) -> tuple[object, int]:
        pairs = list[tuple[str, object]]()
        for _ in range(size):
            key, after = self.read(after, depth - 1)
            value, after = self.read(after, depth - 1)
            pairs.append((key if isinstance(key, str) else "", value))
        return Pairs(pairs), after

    def _size_of(self, at: int, first: int) -> tuple[int, int]:
        if first in _LENGTHS:
            return self._length(at + 1, _LENGTHS[first])
        return first & (0x1F if first >= 0xA0 else 0x0F), at + 1

    def _length(self, at: int, form: str) -> tuple[int, int]:
        (size,) = struct.unpack_from(form, self._data, at)
        return int(size), at + struct.calcsize(form)

    def _bytes(self, at: int, size: int) -> tuple[bytes, int]:
        if at + size > len(self._data):
            raise NotThisError
        return self._data[at : at + size], at + size


def _text(data: bytes) -> str | bytes:
    """As text, or as it is: older writers put bytes there."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
