"""Read a message of Protocol Buffers (its public wire format) without its schema, also in gRPC's frames. Pure.

Used by `binary`. Without names, and with the integers of every kind of field alike, what is found is told by its form
alone: a message must be one from end to end, with its fields numbered as programs number them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..finder.match import FEWEST, MOST
from ..finder.odd_groups import is_no_scale
from .budget import Budget
from .charsets import is_text
from .trees import NotThisError, number_of
from .view import Packed, View

_DEEPEST = 12
_VARINT, _EIGHT, _SIZED, _FOUR = 0, 1, 2, 5
_LAST_FIELD = 127  # of those that are written in one byte or two, nearly all are
_LONGEST_VARINT = 10
_SHORTEST = 8
_FRAME = 5  # gRPC: whether it is compressed, and four bytes of length
_LARGEST = 10**16
_LONGEST_SURE = 16  # ids of 64 bits, drawn by lot or counted up, have 18 or 19 digits
FIRST_BYTES = frozenset(
    field << 3 | kind for field in range(1, 16) for kind in (_VARINT, _EIGHT, _SIZED, _FOUR)
)

Found = View | Packed


def may_be(data: bytes) -> bool:
    """Whether `data` begins with a field of a low number, and is no text, which others read."""
    return len(data) >= _SHORTEST and data[0] in FIRST_BYTES and not is_text(data)


def is_framed(data: bytes) -> bool:
    """Whether `data` begins with a message of gRPC in its frame, which says how long it is."""
    return data[:1] in {b"\0", b"\1"} and 0 < _size(data, 0) <= len(data) - _FRAME


def framed(data: bytes) -> Iterator[Packed]:
    """The messages in gRPC's frames."""
    at = 0
    while size := _size(data, at):
        yield Packed(data[at + _FRAME : at + _FRAME + size], None, "grpc")
        at += _FRAME + size


def _size(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 1 : at + _FRAME], "big")


def values(data: bytes, budget: Budget) -> list[Found]:
    """Numbers, texts and bytes in the fields, nothing when `data` is no message from end to end."""
    try:
        return list(_Message(data, budget).fields(_DEEPEST))
    except (NotThisError, struct.error, IndexError):
        return []


class _Message:
    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data, self._budget, self._at = data, budget, 0

    def fields(self, depth: int) -> Iterator[Found]:
        """What the fields hold, in order; raises NotThisError, IndexError."""
        before = 1
        while self._at < len(self._data):
            tag = self._varint()
            # Programs write the fields in the order of their numbers.
            if not before <= tag >> 3 <= _LAST_FIELD or not self._budget.spend(0, tokens=1):
                raise NotThisError
            before = tag >> 3
            yield from self._field(tag & 7, depth)

    def _field(self, kind: int, depth: int) -> Iterator[Found]:
        if kind == _SIZED:
            yield from self._sized(self._taken(self._varint()), depth)
        elif kind == _VARINT:
            value = self._varint()
            yield from _numbers(value, value >> 1)  # as it is, and as sint64 has it
        elif kind == _EIGHT:
            data = self._taken(8)
            whole = int.from_bytes(data, "little")
            # Larger ones are doubles sooner, the first digits of which would be those of cards.
            yield from _numbers(whole if whole < _LARGEST else 0, number_of(struct.unpack("<d", data)[0]))
        elif kind == _FOUR:
            self._taken(4)
        else:
            raise NotThisError

    def _sized(self, data: bytes, depth: int) -> Iterator[Found]:
        """A text, bytes, a row of small numbers, or a message."""
        if FEWEST <= len(data) <= MOST and max(data) < 10:
            digits = "".join(map(str, data))
            yield View(digits, None, "protobuf", sure=is_no_scale(digits))
        elif is_text(data):
            yield Packed(data, None, "protobuf")
        elif depth > 0 and data and data[0] in FIRST_BYTES:
            try:
                yield from list(_Message(data, self._budget).fields(depth - 1))
            except (NotThisError, struct.error, IndexError):
                yield Packed(data, None, "protobuf")
        else:
            yield Packed(data, None, "protobuf")

    def _varint(self) -> int:
        value = 0
        for at in range(_LONGEST_VARINT):
            byte = self._data[self._at + at]
            value |= (byte & 0x7F) << (7 * at)
            if byte < 0x80:
                if at and not byte:
                    raise NotThisError  # longer than it need be
                self._at += at + 1
                return value
        raise NotThisError

    def _taken(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise NotThisError
        self._at += size
        return self._data[self._at - size : self._at]


def _numbers(*values: object) -> Iterator[View]:
    for digits in map(str, values):
        if FEWEST <= len(digits) <= MOST and digits.isdigit():
            yield View(digits, None, "protobuf", sure=len(digits) <= _LONGEST_SURE)
