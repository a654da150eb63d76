"""What lies inside files: members of archives, parts of mails, values of SQLite databases. Used by `scan`.

Standard library alone. What cannot be opened raises UnreadableError: nothing is passed over in silence.
"""

from __future__ import annotations

import gzip
import io
import itertools
import lzma
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from ..decoder import binary, charsets, pdf
from ..decoder.budget import Budget
from . import archives, bson_numbers, holes, mails, streams, unread, wide_numbers
from .archives import Members, UnreadableError, unpacked

DEPTH = 5
_LARGEST_COPY = 64 << 20
_WINDOW = 1 << 20
_SQLITE = b"SQLite format 3\0"
_END_OF_ZIP = 1 << 10
_PDF_MARK_WITHIN = 1024
_TAR_MAGIC_AT = 257


def rewindable(stream: BinaryIO, size: int) -> tuple[BinaryIO, bytes]:
    """`stream` at its beginning, kept in a file without a name where it cannot go back, and its first bytes."""
    if not stream.seekable():
        stream = unpacked(stream)
    head = stream.read(size)
    stream.seek(0)
    return stream, head


def members(stream: BinaryIO, head: bytes, depth: int) -> Members:
    """Name and content of each member, if `stream` is an archive or mail. `depth` is how many more may nest.

    Raises UnreadableError for damaged, encrypted, too deeply nested or too large ones, and kinds that are not read.
    """
    if reason := unread.reason(stream, head):
        raise UnreadableError(reason)
    opened = _opener_for(head)
    if opened is None and _has_zip_behind(stream):
        opened = archives.zip_members
    if opened is None:
        return
    if depth <= 0:
        raise UnreadableError("archives nested too deeply")
    try:
        yield from opened(stream)
    except (
        *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, gzip.BadGzipFile),
        *(EOFError, NotImplementedError, RuntimeError),
    ) as error:
        raise UnreadableError(f"archive could not be read: {error}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise UnreadableError(f"archive could not be read: {error}") from error


def _has_zip_behind(stream: BinaryIO) -> bool:
    """Whether a zip archive follows something else, a program that unpacks itself say: its directory is at the end."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _END_OF_ZIP))
    tail = stream.read(_END_OF_ZIP)
    stream.seek(0)
    return b"PK\x05\x06" in tail and zipfile.is_zipfile(stream)


def _opener_for(head: bytes) -> Callable[[BinaryIO], Members] | None:
    for magic, opener in _OPENERS.items():
        if head.startswith(magic):
            return opener
    if _is_tar(head):
        return archives.tar_members
    if binary.is_lzma(head):
        return archives.xz_members
    if _is_pdf(head):
        return _pdf_parts
    return mails.encoded_parts if mails.may_be(head) else None


def is_archive(head: bytes) -> bool:
    """Whether all that is to be seen of it are its members."""
    return head.startswith(tuple(_OPENERS)) or _is_tar(head) or binary.is_lzma(head)


def is_mail(head: bytes) -> bool:
    """Whether it is a mail or a mailbox: what is encoded in it is seen in its parts."""
    return not is_archive(head) and mails.may_be(head)


def may_hold_streams(head: bytes) -> bool:
    """Whether compressed streams may lie within it: it is no text, nor one of the kinds above."""
    return not _is_text(head) and not is_archive(head) and not _is_pdf(head)


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and (head.isascii() or charsets.is_text(head.rpartition(b"\n")[0]))


def _is_pdf(head: bytes) -> bool:
    """Whether it begins as one does, or within some bytes that are no text: a program's text may speak of it."""
    return head.startswith(pdf.MARK) or (pdf.MARK in head[:_PDF_MARK_WITHIN] and not _is_text(head))


def streams_within(stream: BinaryIO | holes.WithoutHoles, head: bytes) -> Members:
    """Each compressed stream within it, by the byte where it begins. Raises UnreadableError."""
    missed = set[str]()
    try:
        for at, content in itertools.chain(
            streams.bare(stream, head), streams.inside(stream, archives.LARGEST, missed.add)
        ):
            yield f"at byte {stream.offset(at) if isinstance(stream, holes.WithoutHoles) else at}", content
    except streams.TooMuchError:
        raise UnreadableError("more than 512 MiB of packed data lie within") from None
    if missed:
        raise UnreadableError(f"packed data lie within ({', '.join(sorted(missed))}), which are not read")


def _is_tar(head: bytes) -> bool:
    return head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar"


def _pdf_parts(stream: BinaryIO) -> Members:
    """The texts of a PDF's pages, and its other streams, files that it holds among them."""
    data = stream.read(_LARGEST_COPY + 1)
    if len(data) > _LARGEST_COPY:
        raise UnreadableError("a PDF larger than 64 MiB")
    if pdf.is_encrypted(data):
        raise UnreadableError("an encrypted PDF")
    missed = set[str]()
    contents = list(pdf.streams(data, missed.add))
    for number, content in enumerate(contents, 1):
        if not pdf.shows(content):
            yield f"stream {number}", io.BytesIO(content)
    words = [each for content in (data, *contents) for each in pdf.wide_strings(content)]
    yield "strings", io.BytesIO("\n".join(words).encode("utf-8", "replace"))
    budget = Budget(characters=4 * archives.LARGEST, tokens=archives.LARGEST)
    for number, text in enumerate(pdf.texts(contents, budget), 1):
        yield f"text {number}", io.BytesIO(text.encode("utf-8", "replace"))
    if budget.over:
        missed.add("size")
    if missed:
        raise UnreadableError(f"streams of a PDF could not be read: {', '.join(sorted(missed))}")


_OPENERS: dict[bytes, Callable[[BinaryIO], Members]] = {
    b"\x1f\x8b\x08": archives.gzip_members,
    b"BZh": archives.bzip2_members,
    b"\xfd7zXZ\0": archives.xz_members,
    b"PK\x03\x04": archives.zip_members,
    b"PK\x05\x06": archives.zip_members,
    archives.AR: archives.ar_members,
}


def packed(stream: BinaryIO, head: bytes) -> bytes | None:
    """All of a small file that is a pickle, msgpack or bare zlib, which are taken apart as a whole; else None."""
    if not binary.may_be_packed(head) or head.startswith(pdf.MARK):
        return None
    data = stream.read(_WINDOW + 1)
    return data if len(data) <= _WINDOW and binary.is_packed(data) else None


def values(stream: BinaryIO, head: bytes) -> Iterator[tuple[str, bytes | str]]:
    """Place and content of what a file's own format keeps otherwise than as text. `stream` is at its beginning."""
    if is_sqlite(head):
        yield from sqlite_values(stream)
    elif content := packed(stream, head):
        yield "unpacked", content
    for numbers in (bson_numbers.numbers, wide_numbers.numbers):
        stream.seek(0)
        yield from numbers(stream, head)
    stream.seek(0)
    if may_hold_streams(head):
        yield from wide_numbers.of_chips(stream, head)
        stream.seek(0)


def is_sqlite(head: bytes) -> bool:
    """Whether a file is an SQLite database, by its first bytes."""
    return head.startswith(_SQLITE)


def sqlite_values(stream: BinaryIO) -> Iterator[tuple[str, bytes | str]]:
    """Every value of every table as (table.column, row N) and what is in it. Raises UnreadableError.

    The scan of the file's bytes sees deleted rows too; this sees numbers kept as integers and says where.
    """
    try:
        with closing(_database(stream)) as database:
            database.text_factory = bytes
            tables = [
                _text(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            for table in tables:
                yield from _table_values(database, table)
    except sqlite3.Error as error:
        raise UnreadableError(f"database could not be read: {error}") from error


def _database(stream: BinaryIO) -> sqlite3.Connection:
    """The file itself with its journal where it has a name, else (in an archive) a copy in memory."""
    name = getattr(stream, "name", None)
    if isinstance(name, (str, Path)) and Path(name).is_file():
        return sqlite3.connect(f"{Path(name).resolve().as_uri()}?mode=ro", uri=True)
    data = stream.read(_LARGEST_COPY + 1)
    if len(data) > _LARGEST_COPY:
        raise UnreadableError("a database larger than 64 MiB within something else")
    return binary.database_of(data)


def _table_values(database: sqlite3.Connection, table: str) -> Iterator[tuple[str, bytes | str]]:
    quoted = '"' + table.replace('"', '""') + '"'
    if not (in_file := binary.columns_in_file(database, quoted)):
        return
    rows = database.execute(f"SELECT {', '.join(in_file)} FROM {quoted}")  # noqa: S608  # nosec B608  # names from the file itself, quoted
    columns = [column[0] for column in rows.description]
    for number, row in enumerate(rows, 1):
        for column, value in zip(columns, row, strict=True):
            if value is not None:
                yield f"{table}.{column}, row {number}", value if isinstance(value, bytes) else str(value)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
