"""What lies inside files: members of archives, values of SQLite databases. Used by `scan`. Standard library alone."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, cast

DEPTH = 4
_LARGEST = 512 << 20
_SPOOL = 16 << 20
_WINDOW = 1 << 20
_SQLITE = b"SQLite format 3\0"


class UnreadableError(Exception):
    """The file's own format keeps us from looking at all of it; the message says why, in one line."""


def members(stream: BinaryIO, head: bytes, depth: int) -> Iterator[tuple[str, BinaryIO]]:
    """Name and content of each member, if `stream` is a gzip or zip file. `depth` is how many more may nest.

    Raises UnreadableError for damaged, encrypted, too deeply nested or too large ones.
    """
    is_gzip, is_zip = head.startswith(b"\x1f\x8b\x08"), head.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    if not (is_gzip or is_zip):
        return
    if depth <= 0:
        raise UnreadableError("archives nested too deeply")
    try:
        if is_gzip:
            yield "gunzipped", _unpacked(cast("BinaryIO", gzip.GzipFile(fileobj=stream)))
        else:
            yield from _zip_members(stream)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        gzip.BadGzipFile,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise UnreadableError(f"archive could not be read: {error}") from error


def _zip_members(stream: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise UnreadableError(f"archive member {info.filename} is encrypted")
            if not info.is_dir():
                with archive.open(info) as member:
                    yield info.filename, _unpacked(cast("BinaryIO", member))


def _unpacked(packed: BinaryIO) -> BinaryIO:
    """The whole content; a file on disk only while it is being looked at, and only if it is large."""
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115  (the caller closes it)
    try:
        while window := packed.read(_WINDOW):
            spool.write(window)
            _require_size(spool.tell())
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return cast("BinaryIO", spool)


def _require_size(size: int) -> None:
    if size > _LARGEST:
        raise UnreadableError("archive member larger than 512 MiB")


def is_sqlite(path: Path) -> bool:
    """Whether the file is an SQLite database, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(_SQLITE)) == _SQLITE


def sqlite_values(path: Path) -> Iterator[tuple[str, str]]:
    """Every value of every table as (table.column, row N) and text. Raises UnreadableError.

    The scan of the file's bytes sees deleted rows too; this sees numbers kept as integers and says where.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.text_factory = bytes
            tables = [
                _text(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            for table in tables:
                yield from _table_values(database, table)
    except sqlite3.Error as error:
        raise UnreadableError(f"database could not be read: {error}") from error


def _table_values(database: sqlite3.Connection, table: str) -> Iterator[tuple[str, str]]:
    quoted = table.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  # nosec B608  (a name from the file itself, quoted)
    columns = [column[0] for column in rows.description]
    for number, row in enumerate(rows, 1):
        for column, value in zip(columns, row, strict=True):
            if value is not None:
                yield f"{table}.{column}, row {number}", _text(value)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
