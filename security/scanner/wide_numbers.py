"""Numbers that files of known kinds hold as integers or doubles behind a mark of their own. Used by `scan`.

Compiled Python and Java, Ruby's Marshal, sheets of Excel, values of a browser's database: their texts are seen as they
stand. A mark may be chance in other files, so that each is looked for in its own kind alone. `bson_numbers` is alike.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ..decoder import bare_numbers
from ..decoder.budget import Budget
from ..finder.match import match_of
from . import compound, holes
from .archives import UnreadableError

_WINDOW, _OVERLAP = 1 << 20, 64
_LARGEST = 64 << 20
_LEAST, _MOST = 10**11, 10**16  # ids of 64 bits have more digits

# Python's marshal (its marshal.c): fifteen bits to each two bytes.
_MARSHAL = re.compile(rb"[l\xec]([\x03\x04])\0\0\0((?:.[\0-\x7f]){3,4})", re.DOTALL)
# Ruby's Marshal: a long integer by the number of its words, five added.
_RUBY = re.compile(rb"l\+([\x07-\x09])(.{4,8})", re.DOTALL)
# V8's serialization, as IndexedDB keeps it.
_V8 = re.compile(rb"N(.{8})", re.DOTALL)
# BrtCellReal of MS-XLSB: column and style, then the number.
_XLSB = re.compile(rb"\x05\x10.{8}(.{8})", re.DOTALL)
# MS-XLS: NUMBER and FORMULA behind row, column and format.
_XLS = re.compile(rb"(?:\x03\x02\x0e\0|\x06\0[\x16-\xff].).{6}(.{8})", re.DOTALL)
# So many integers at once behind one another are a table; a list of cards has more than so few of them.
_LONG_ROW, _SOME, _BESIDE = 8, 4, 64
_BOOKS = frozenset({"Workbook", "Book"})
# Of ELF what is run or linked; a process' core is read.
_PROGRAM = re.compile(
    rb"\x7fELF.{12}[\1-\3]\0|\x7fELF.{13}[\1-\3]|MZ|\xca\xfe\xba\xbe|..\r\n[\0-\x03]\0\0\0", re.DOTALL
)
_PYTHON = re.compile(rb"..\r\n[\0-\x03]\0\0\0", re.DOTALL)


def numbers(stream: BinaryIO, head: bytes) -> Iterator[tuple[str, str]]:
    """Where each large number stands, and its digits. `stream` is at its beginning. Raises UnreadableError."""
    for is_it, read in _KINDS:
        if is_it(head):
            for at, value in read(stream):
                if value is not None and _LEAST <= value < _MOST:
                    yield f"byte {at}", str(value)
            return


def of_chips(stream: BinaryIO, head: bytes) -> Iterator[tuple[str, str]]:
    """Where the tags of a chip stand in bytes that are no text, and the number of each (EMV Book 3, annex B).

    In a program's code they are instructions: those of Python's that store a name are a tag and its length.
    """
    if _PROGRAM.match(head):
        return
    solid = holes.without(stream)
    at, kept = 0, b""
    while window := (solid or stream).read(_WINDOW):
        block = kept + window
        for start, digits in bare_numbers.in_tags(block, Budget(tokens=len(block))):
            yield f"byte {solid.offset(at + start) if solid else at + start}", digits
        kept = block[-_OVERLAP:]
        at += len(block) - len(kept)


_Numbers = Iterator[tuple[int, int | None]]


def _marked(
    pattern: re.Pattern[bytes], value: Callable[[re.Match[bytes]], int | None]
) -> Callable[[BinaryIO], _Numbers]:
    def read(stream: BinaryIO) -> _Numbers:
        at, kept = 0, b""
        while window := stream.read(_WINDOW):
            block = kept + window
            start = 0
            # One mark may stand within what looks like another's number.
            while found := pattern.search(block, start):
                yield at + found.start(), value(found)
                start = found.start() + 1
            kept = block[-_OVERLAP:]
            at += len(block) - len(kept)

    return read


def _of_python(digits: bytes) -> int:
    parts = (int.from_bytes(digits[at : at + 2], "little") for at in range(0, len(digits), 2))
    return sum(part << 15 * at for at, part in enumerate(parts))


def _constants(stream: BinaryIO) -> _Numbers:
    """Those of compiled Python, but for tables of large integers, some of which fit by chance."""
    row, end = list[tuple[int, int]](), 0
    for at, after, value in _places(stream):
        if row and at - end > _BESIDE:
            yield from _of_row(row)
            row = []
        row.append((at, value))
        end = after
    yield from _of_row(row)


def _places(stream: BinaryIO) -> Iterator[tuple[int, int, int]]:
    for found in _MARSHAL.finditer(_whole(stream)):
        digits = found[2][: 2 * found[1][0]]
        # No longer than it need be.
        if len(digits) == 2 * found[1][0] and digits[-2:] != b"\0\0":
            yield found.start(), found.start() + 5 + len(digits), _of_python(digits)


def _of_row(row: list[tuple[int, int]]) -> _Numbers:
    cards = [(at, value) for at, value in row if match_of(str(value), 0, len(str(value)))]
    yield from cards if len(row) < _LONG_ROW or _SOME * len(cards) >= len(row) else ()


def _of_ruby(found: re.Match[bytes]) -> int:
    return int.from_bytes(found[2][: 2 * (found[1][0] - 5)], "little")


def _double(found: re.Match[bytes]) -> int | None:
    value: float = struct.unpack("<d", found[1])[0]
    return int(value) if _LEAST <= value < _MOST and value.is_integer() else None


def _of_book(stream: BinaryIO) -> _Numbers:
    data = _whole(stream)
    yield from _marked(_XLS, _double)(io.BytesIO(compound.stream(data, _BOOKS)))


_SIZES = {
    3: 4,
    4: 4,
    5: 8,
    6: 8,
    7: 2,
    8: 2,
    9: 4,
    10: 4,
    11: 4,
    12: 4,
    15: 3,
    16: 2,
    17: 4,
    18: 4,
    19: 2,
    20: 2,
}
_TEXT, _LONG, _DOUBLE = 1, 5, 6


def _of_java(stream: BinaryIO) -> _Numbers:
    """The constants of a class (JVM specification, 4.4)."""
    data, at, number = _whole(stream), 10, 1
    while number < int.from_bytes(data[8:10], "big") and at < len(data):
        kind, size = data[at], _SIZES.get(data[at], 0)
        value = data[at + 1 : at + 1 + size]
        if kind == _TEXT:
            size = 2 + int.from_bytes(data[at + 1 : at + 3], "big")
        elif not size:
            return
        elif kind == _LONG:
            yield at, int.from_bytes(value, "big", signed=True)
        elif kind == _DOUBLE and len(value) == size:
            whole: float = struct.unpack(">d", value)[0]
            yield at, int(whole) if _LEAST <= whole < _MOST and whole.is_integer() else None
        number += 2 if kind in {_LONG, _DOUBLE} else 1
        at += 1 + size


def _whole(stream: BinaryIO) -> bytes:
    data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise UnreadableError("numbers of a file of its kind larger than 64 MiB")
    return data


_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO], _Numbers]], ...] = (
    (lambda head: bool(_PYTHON.match(head)), _constants),
    (lambda head: head.startswith(b"\x04\x08") and b"l+" in head, _marked(_RUBY, _of_ruby)),
    (lambda head: head.startswith(b"\xca\xfe\xba\xbe\0\0\0"), _of_java),
    (lambda head: head[:1] == b"\xff" and head[1:2] in {b"\x0d", b"\x0e", b"\x0f"}, _marked(_V8, _double)),
    (lambda head: head.startswith(b"\x81\x01\0"), _marked(_XLSB, _double)),
    (lambda head: head.startswith(compound.MARK), _of_book),
)
