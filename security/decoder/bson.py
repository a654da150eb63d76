"""Read BSON (bsonspec.org, version 1.1) as a tree. Pure; used by `binary`."""

from __future__ import annotations

import struct

from .budget import Budget
from .trees import NotThisError, Pairs, number_of

_DEEPEST = 32
_DOUBLE, _DOCUMENT, _ARRAY, _BINARY = 0x01, 0x03, 0x04, 0x05
_TEXTS = frozenset([0x02, 0x0D, 0x0E])
_INTEGERS = {0x10: 4, 0x09: 8, 0x12: 8}
# Kinds without anything for us, by their sizes.
_OTHERS = {0x06: 0, 0x0A: 0, 0xFF: 0, 0x7F: 0, 0x08: 1, 0x07: 12, 0x11: 8, 0x13: 16}
_KINDS = frozenset([_DOUBLE, _DOCUMENT, _ARRAY, _BINARY, *_TEXTS, *_INTEGERS, *_OTHERS])
_SHORTEST = 12


def may_be(data: bytes) -> bool:
    """Whether `data` says of itself that it is as long as it is, and ends as a document does."""
    return len(data) >= _SHORTEST and data[-1] == 0 and int.from_bytes(data[:4], "little") == len(data)


def may_begin(head: bytes) -> bool:
    """Whether a file that begins with `head` may be a document: a length, and the kind of its first element."""
    return len(head) >= _SHORTEST and head[3] == 0 and head[4] in _KINDS


def tree(data: bytes, budget: Budget) -> object:
    """What is in it, None when `data` is not one document from end to end."""
    try:
        return _Reader(data, budget).document(_DEEPEST)
    except (NotThisError, struct.error, IndexError, OverflowError, ValueError):
        return None


class _Reader:
    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data, self._budget, self._at = data, budget, 0

    def document(self, depth: int) -> Pairs:
        """The document that begins here."""
        if depth <= 0:
            raise NotThisError
        self._at += 4
        pairs = list[tuple[str, object]]()
        while kind := self._taken(1)[0]:
            if not self._budget.spend(0, tokens=1):
                raise NotThisError
            name = self._name()
            pairs.append((name, self._value(kind, depth)))
        return Pairs(pairs)

    def _value(self, kind: int, depth: int) -> object:
        if kind in _TEXTS:
            return self._taken(self._size())[:-1].decode()
        if kind in _INTEGERS:
            return number_of(int.from_bytes(self._taken(_INTEGERS[kind]), "little", signed=True))
        if kind == _DOUBLE:
            return number_of(struct.unpack("<d", self._taken(8))[0])
        if kind == _DOCUMENT:
            return self.document(depth - 1)
        if kind == _ARRAY:
            return [value for _, value in self.document(depth - 1).pairs]
        if kind == _BINARY:
            return self._taken(self._size() + 1)[1:]
        if kind not in _OTHERS:
            raise NotThisError
        self._taken(_OTHERS[kind])
        return None

    def _name(self) -> str:
        end = self._data.index(b"\0", self._at)
        name = self._data[self._at : end].decode()
        self._at = end + 1
        return name

    def _size(self) -> int:
        return int.from_bytes(self._taken(4), "little")

    def _taken(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise NotThisError
        self._at += size
        return self._data[self._at - size : self._at]
