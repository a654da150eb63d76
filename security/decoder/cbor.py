"""Read CBOR (RFC 8949), also a sequence of it (RFC 8742), as a tree. Pure; used by `binary`."""

from __future__ import annotations

import struct

from .budget import Budget
from .trees import NotThisError, Number, Pairs, number_of

NAME = "cbor"
_DEEPEST = 32
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG = range(7)
_INDEFINITE, _BREAK = 31, 0xFF
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_BIG_NUMBERS = frozenset([2, 3])  # tags: bytes that are a number
# An array, a map, or one of these two behind a tag: what else CBOR may begin with, anything may.
_CONTAINERS = frozenset([*range(0x81, 0x9C), 0x9F, *range(0xA1, 0xBC), 0xBF, *range(0xC0, 0xDC)])
_WHOLE_NUMBER = 0x1B
FIRST_BYTES = _CONTAINERS | {_WHOLE_NUMBER}


def may_be(data: bytes) -> bool:
    """Whether `data` begins as an array, a map, a tag or a number of nine bytes does."""
    if len(data) < 8 or data[0] not in FIRST_BYTES:
        return False
    # As in msgpack, a number by itself may be any nine bytes.
    return data[0] != _WHOLE_NUMBER or (len(data) == 9 and data[1] == 0)


def tree(data: bytes, budget: Budget) -> object:
    """What is in it, None when `data` is not CBOR from end to end."""
    reader, found = _Reader(data, budget), list[object]()
    try:
        while reader.at < len(data):
            if reader.at and data[reader.at] not in _CONTAINERS:
                return None
            found.append(reader.read(_DEEPEST))
    except (NotThisError, struct.error, IndexError, OverflowError, ValueError):
        return None
    return found[0] if len(found) == 1 else found


class _Reader:
    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data, self._budget, self.at = data, budget, 0

    def read(self, depth: int) -> object:
        """The item that begins here; behind it the next one does."""
        if depth <= 0 or not self._budget.spend(0, tokens=1):
            raise NotThisError
        first = self._data[self.at]
        self.at += 1
        major, extra = first >> 5, first & 0x1F
        if major > _TAG:
            return self._simple(extra)
        if major in {_BYTES, _TEXT}:
            return self._string(major, extra, depth)
        if major in {_LIST, _MAP}:
            return self._items(major, extra, depth)
        value = self._argument(extra)
        if major == _TAG:
            return self._tagged(value, depth)
        return number_of(value if major == _UNSIGNED else -1 - value)

    def _argument(self, extra: int) -> int:
        if extra < 24:
            return extra
        width = _WIDTHS.get(extra)
        if width is None:
            raise NotThisError
        return int.from_bytes(self._taken(width), "big")

    def _taken(self, size: int) -> bytes:
        if self.at + size > len(self._data):
            raise NotThisError
        self.at += size
        return self._data[self.at - size : self.at]

    def _simple(self, extra: int) -> Number | None:
        if extra not in _FLOATS:
            self._argument(extra)
            return None
        (value,) = struct.unpack(_FLOATS[extra], self._taken(_WIDTHS[extra]))
        return number_of(value)

    def _string(self, major: int, extra: int, depth: int) -> str | bytes:
        if extra != _INDEFINITE:
            data = self._taken(self._argument(extra))
            return data.decode() if major == _TEXT else data
        pieces = list[object]()
        while not self._ends():
            pieces.append(self.read(depth - 1))
        if major == _TEXT:
            return "".join(each for each in pieces if isinstance(each, str))
        return b"".join(each for each in pieces if isinstance(each, bytes))

    def _items(self, major: int, extra: int, depth: int) -> object:
        items, each = list[object](), 2 if major == _MAP else 1
        count = None if extra == _INDEFINITE else each * self._argument(extra)
        while len(items) < count if count is not None else not self._ends():
            items.append(self.read(depth - 1))
        if major == _LIST:
            return items
        keys = (key if isinstance(key, str) else "" for key in items[::2])
        return Pairs(list(zip(keys, items[1::2], strict=False)))

    def _ends(self) -> bool:
        """Whether this is the end of something that did not say how long it is; passes it."""
        if self._data[self.at] != _BREAK:
            return False
        self.at += 1
        return True

    def _tagged(self, tag: int, depth: int) -> object:
        value = self.read(depth - 1)
        if tag in _BIG_NUMBERS and isinstance(value, bytes):
            return number_of(int.from_bytes(value[:16], "big"))
        return value
