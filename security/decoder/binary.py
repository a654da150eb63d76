"""What is packed in bytes: compressed data, zip, SQLite, pickle, trees of values. Used by `decode`.

Standard library alone. Nothing is loaded or run: pickles are read opcode by opcode, databases in memory without their
triggers or views.
"""

from __future__ import annotations

import bz2
import io
import lzma
import pickletools  # nosec B403  # it reads opcodes and loads nothing
import plistlib
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from .. import pan
from ..finder.match import FEWEST, MOST
from ..finder.odd_groups import is_no_scale
from . import bson, cbor, charsets, message_pack, pdf, pictures, protobuf, trees
from .budget import Budget
from .view import Packed, View

_GZIP, _ZIP, _BZIP2, _XZ, _SQLITE = (
    b"\x1f\x8b\x08",
    b"PK\x03\x04",
    b"BZh",
    b"\xfd7zXZ\0",
    b"SQLite format 3\0",
)
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_PLIST = b"bplist00"
_LARGEST = 4 << 20
_LARGEST_DECLARED = 1 << 40
_LARGEST_TOKEN = 64 << 10
_DEEPEST = 32
_PIECE = 16 << 10
_ORDINARY, _STORED, _TABLE_TOKENS = 0, 3, 10  # kinds of columns, by PRAGMA table_xinfo
_ZIP_ENTRY, _ENTRY_TOKENS, _MEMBER_TOKENS = b"PK\x01\x02", 4, 8


def may_be(text: bytes) -> bool:
    """Whether `unpacked` may find something in bytes that are a text too. A fast look."""
    return text[:1] in _FIRST_BYTES or text[-1:] == b"."


def unpacked(data: bytes, budget: Budget) -> Iterator[Found]:
    """What `data` holds, if it begins like something packed. Damaged data give what could be had of them."""
    for is_it, unpack in _KINDS_OF_A_REQUEST:
        if is_it(data):
            yield from unpack(data, budget)
            return


def raw_inflated(data: bytes, budget: Budget) -> bytes | None:
    """What deflate without a frame gives of it, as in the queries of SAML; None unless it is text that may hold one."""
    if len(data) < 16 or data[0] & 0x06 == 0x06 or not budget.spend(len(data), tokens=1):
        return None
    try:
        output = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _LARGEST_TOKEN)
    except zlib.error:
        return None
    return output if pan.may_hold(output) and charsets.is_text(output) else None


def is_lzma(head: bytes) -> bool:
    """Whether it begins as the format before xz does: properties, a dictionary's size, a length or none."""
    if len(head) < 14 or head[0] != 0x5D or head[1:3] != b"\0\0":
        return False
    size = int.from_bytes(head[5:13], "little")
    return head[13] == 0 and (size == (1 << 64) - 1 or size < _LARGEST_DECLARED)


def is_packed(data: bytes, budget: Budget | None = None) -> bool:
    """Whether `data` begins like something packed; where much else begins so too, whether it is that to its end."""
    budget = budget or Budget()
    for is_it, unpack in _KINDS:
        if is_it(data):
            return unpack is not _tree or any(True for _ in _tree(data, budget))
    return protobuf.may_be(data) and any(isinstance(each, View) for each in protobuf.values(data, budget))


def may_be_packed(head: bytes) -> bool:
    """Whether a file that begins with `head` may be packed."""
    first = head[:1]
    return first in _FIRST_BYTES or first in _PICKLES or bson.may_begin(head) or protobuf.may_be(head)


def database_of(data: bytes) -> sqlite3.Connection:
    """The SQLite database, in memory, told of the old journal: it would want its WAL beside it."""
    database = sqlite3.connect(":memory:")
    database.deserialize(data[:18] + b"\x01\x01" + data[20:])
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def _inflated(data: bytes, budget: Budget) -> Iterator[Packed]:
    window_bits = zlib.MAX_WBITS | (16 if data.startswith(_GZIP) else 0)
    yield from _decompressed(data, lambda: zlib.decompressobj(window_bits), budget)


def _unbzipped(data: bytes, budget: Budget) -> Iterator[Packed]:
    yield from _decompressed(data, bz2.BZ2Decompressor, budget)


def _unxzed(data: bytes, budget: Budget) -> Iterator[Packed]:
    yield from _decompressed(data, lambda: lzma.LZMADecompressor(memlimit=64 << 20), budget)


def _decompressed(data: bytes, start: Callable[[], object], budget: Budget) -> Iterator[Packed]:
    output, at = bytearray(), 0
    most = min(_LARGEST, max(0, budget.characters))
    stream: Any = start()
    try:
        while at < len(data) and len(output) <= most and budget.spend(_PIECE // 4, tokens=1):
            piece = data[at : at + _PIECE]
            output += stream.decompress(piece, most + 1 - len(output))
            at += len(piece) - len(stream.unused_data)
            if stream.eof:  # several may follow one another
                stream = start()
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        pass  # not what it seemed, or damaged: what came out is looked at
    if len(output) > most:
        budget.over = True
    if output:
        yield Packed(bytes(output), None, "compressed")


def _zip_members(data: bytes, budget: Budget) -> Iterator[Packed]:
    # Its directory is read at once, before anything can be asked.
    if not budget.spend(0, tokens=_ENTRY_TOKENS * data.count(_ZIP_ENTRY)):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if not budget.spend(0, tokens=_MEMBER_TOKENS):
                    return
                yield Packed(info.filename, None, "zip name")
                if not info.flag_bits & 1:
                    with archive.open(info) as member:
                        yield _bounded(member.read(min(_LARGEST, max(0, budget.characters)) + 1), budget)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return


def _bounded(content: bytes, budget: Budget) -> Packed:
    if len(content) > min(_LARGEST, max(0, budget.characters)):
        budget.over = True
    return Packed(content, None, "zip")


def _pdf_texts(data: bytes, budget: Budget) -> Iterator[Packed]:
    """What the pages show, and other streams as they are; what is packed otherwise than most are is not seen."""

    def missed(reason: str) -> None:
        budget.over |= reason == "size"

    most = min(_LARGEST, max(0, budget.characters))
    contents = list(pdf.streams(data, missed, most, _LARGEST_TOKEN // 2))
    for each in (data, *contents):
        for words in pdf.wide_strings(each) if budget.spend(len(each) // 16) else ():
            yield Packed(words, None, "pdf")
    for content in contents:
        if not pdf.shows(content) and pan.may_hold(content):
            yield Packed(content, None, "pdf")
    for text in pdf.texts(contents, budget):
        yield Packed(text, None, "pdf")


def _cells(data: bytes, budget: Budget) -> Iterator[Packed]:
    """The cells of an SQLite file."""
    try:
        with closing(database_of(data)) as database:
            database.text_factory = bytes
            database.set_progress_handler(lambda: not budget.spend(0, tokens=1), 1000)
            for table in _tables(database):
                if not budget.spend(0, tokens=_TABLE_TOKENS) or not (
                    columns := columns_in_file(database, table)
                ):
                    continue
                rows = database.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608  # nosec B608  # quoted, and nothing of ours is in there
                names = [column[0] for column in rows.description]
                for row in rows:
                    if not budget.spend(0, tokens=1):
                        return
                    yield from (
                        Packed(_cell(each), name, "sqlite")
                        for name, each in zip(names, row, strict=True)
                        if each is not None
                    )
    except (sqlite3.Error, OverflowError, ValueError):
        return


def _cell(value: object) -> bytes | str:
    return value if isinstance(value, bytes) else str(value)


def _tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %'"
    )
    return [_quoted(row[0]) for row in found]


def columns_in_file(database: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a quoted table, quoted too, whose values lie in the file: what others hold is reckoned as they are
    read, for as long as it may take. The connection gives texts as bytes."""
    found = database.execute(f"PRAGMA table_xinfo({table})")
    return [_quoted(row[1]) for row in found if row[6] in {_ORDINARY, _STORED}]


def _quoted(name: bytes) -> str:
    return '"' + name.decode("utf-8", "replace").replace('"', '""') + '"'


_OLD_PICKLES = b"(]}cIVSL"
_PICKLES = b"\x80" + _OLD_PICKLES
_REMEMBERED = re.compile(rb"q\0[ -~]")


def _is_pickle(data: bytes) -> bool:
    if data[-1:] != b"." or len(data) < 4:
        return False
    if data[0] == 0x80:
        return data[1] <= 5
    # Of protocol 0 each argument ends a line; of protocol 1 most have their length before them, and are remembered.
    return data[:1] in _OLD_PICKLES and (b"\n" in data[:200] or bool(_REMEMBERED.search(data, 0, 64)))


def _opcodes(data: bytes, budget: Budget) -> Iterator[Found]:
    """The strings and numbers that a pickle would build, without building anything."""
    last: str | None = None
    digits: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if not budget.spend(0, tokens=1):
                return
            if isinstance(argument, int) and 0 <= argument <= 9 and "INT" in opcode.name:
                digits.append(str(argument))
            elif digits:
                yield from _in_a_row(digits, last)
                digits = []
            if isinstance(argument, bytes):
                yield Packed(argument, last, "pickle")
            elif isinstance(argument, (str, int)) and not isinstance(argument, bool):
                yield Packed(str(argument), last, "pickle")
            elif isinstance(argument, float) and argument.is_integer():
                yield Packed(str(int(argument)), last, "pickle")
            last = argument if isinstance(argument, str) and len(argument) < 40 else last
    except (ValueError, OverflowError, IndexError):
        return


def _in_a_row(digits: list[str], name: str | None) -> Iterator[Found]:
    """A list of as many digits as a card's number has."""
    if FEWEST <= len(digits) <= MOST:
        number = "".join(digits)
        yield View(number, name, "pickle", sure=is_no_scale(number))


def _property_list(data: bytes, budget: Budget) -> Iterator[Found]:
    """Apple's binary form of them."""
    if len(data) > _LARGEST_TOKEN or not budget.spend(len(data), tokens=len(data) // 16):
        return
    try:
        document = plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    except (plistlib.InvalidFileException, ValueError, OverflowError, RecursionError):
        return
    if budget.spend(0, tokens=len(data) // 16):
        yield from trees.values(None, _tree_of(document, _DEEPEST, budget), "plist", budget)


def _tree_of(value: object, depth: int, budget: Budget) -> object:
    # One object may stand in many places, each of which is gone into: a few hundred bytes may be millions of values.
    if not budget.spend(0, tokens=1):
        return None
    if isinstance(value, dict):
        return trees.Pairs(
            [(str(key), _tree_of(each, depth - 1, budget)) for key, each in value.items()] if depth else []
        )
    if isinstance(value, list):
        return [_tree_of(each, depth - 1, budget) for each in value] if depth else []
    return trees.number_of(value) if isinstance(value, (int, float)) else value


def _pictured(data: bytes, budget: Budget) -> Iterator[Found]:
    for words in pictures.words(data):
        if not budget.spend(len(words), tokens=1):
            return
        yield Packed(words, None, "picture")


def _tree(data: bytes, budget: Budget) -> Iterator[Found]:
    """By each format that it is from end to end."""
    for reader in (message_pack, cbor):
        if reader.may_be(data) and (tree := reader.tree(data, budget)) is not None:
            yield from trees.values(None, tree, reader.NAME, budget)


def _document(data: bytes, budget: Budget) -> Iterator[Found]:
    tree = bson.tree(data, budget)
    if tree is not None:
        yield from trees.values(None, tree, "bson", budget)


Found = Packed | View
_Unpack = Callable[[bytes, Budget], Iterator[Found]]
_KINDS: tuple[tuple[Callable[[bytes], bool], _Unpack], ...] = (
    (lambda data: data.startswith((_GZIP, *_ZLIB)), _inflated),
    (lambda data: data.startswith(_BZIP2), _unbzipped),
    (lambda data: data.startswith(_XZ) or is_lzma(data), _unxzed),
    (lambda data: data.startswith(_ZIP), _zip_members),
    (lambda data: data.startswith(_SQLITE), _cells),
    (lambda data: data.startswith(pdf.MARK), _pdf_texts),
    (lambda data: data.startswith(_PLIST), _property_list),
    (_is_pickle, _opcodes),
    (lambda data: message_pack.may_be(data) or cbor.may_be(data), _tree),
    (bson.may_be, _document),
)
# What no file is taken apart for: its bytes show the same, or it is told by its form alone.
_KINDS_OF_A_REQUEST: tuple[tuple[Callable[[bytes], bool], _Unpack], ...] = (
    (lambda data: data.startswith(pictures.MARKS), _pictured),
    *_KINDS,
    (protobuf.is_framed, lambda data, _: protobuf.framed(data)),
    (protobuf.may_be, lambda data, budget: iter(protobuf.values(data, budget))),
)
_FIRST_BYTES = frozenset(
    [each[:1] for each in (_GZIP, *_ZLIB, _BZIP2, _XZ, b"\x5d", _ZIP, _SQLITE, pdf.MARK, _PLIST)]
    + [bytes([each]) for each in message_pack.FIRST_BYTES | cbor.FIRST_BYTES]
)
