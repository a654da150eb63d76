"""What else than files the scanner reads: standard input, a process' memory, git's objects, PostgreSQL's rows."""

from __future__ import annotations

import re
import subprocess  # nosec B404  # git, by a fixed list of arguments
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urlsplit

from . import memory
from .archives import UnreadableError

_ROWS = 1000
_POSTGRES = re.compile(r"(postgres(?:ql)?)(?:\+\w+)?(?=://)")


def standard_input() -> BinaryIO:
    """The bytes that are piped in."""
    return cast("BinaryIO", sys.stdin.buffer)


def is_postgres(address: str) -> bool:
    """Whether it is the address of a PostgreSQL database, with or without the name of a driver."""
    return bool(_POSTGRES.match(address))


def without_password(address: str) -> str:
    """A database's address, fit to be shown."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"


def memory_of(pid: int) -> Iterator[tuple[str, int, bytes]]:
    """A process' readable memory: name of the mapping, address, bytes. Windows overlap. Raises UnreadableError."""
    try:
        yield from memory.read_memory(pid)
    except (memory.MemoryUnreadableError, ValueError) as error:
        raise UnreadableError(str(error)) from error


def objects_of(repository: str) -> Iterator[tuple[str, bytes]]:
    """Each commit, tag and file of a repository: short name with path, and what it holds. Raises UnreadableError."""
    listed = _git(repository, "rev-list", "--objects", "--all", "--reflog")
    names = dict(line.partition(" ")[::2] for line in listed.decode("utf-8", "surrogateescape").splitlines())
    batch = ["git", "-C", repository, "cat-file", "--batch"]
    with subprocess.Popen(batch, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as git:  # nosec B603  # a fixed list of arguments
        into, out = cast("IO[bytes]", git.stdin), cast("IO[bytes]", git.stdout)
        for identity, path in names.items():
            into.write(identity.encode() + b"\n")
            into.flush()
            kind, content = _read_object(out)
            if kind != "tree":
                yield f"{identity[:12]}:{path or kind}", content
        into.close()


def _read_object(out: IO[bytes]) -> tuple[str, bytes]:
    header = out.readline().decode().split()
    if len(header) != 3:
        raise UnreadableError("an object of the repository is missing")
    content = out.read(int(header[2]))
    out.read(1)
    return header[1], content


def _git(repository: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", repository, *arguments], capture_output=True, check=False)  # nosec B603 B607  # as above, and their own git
    except OSError as error:
        raise UnreadableError(f"git could not be run: {error.strerror}") from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise UnreadableError(f"git: {reason}")
    return done.stdout


def postgres_values(address: str) -> Iterator[tuple[str, str]]:
    """Every value of every table as (schema.table.column, row N) and text, by cursors of the server.

    Reads one snapshot and writes nothing. Raises UnreadableError, also where psycopg is not installed.
    """
    try:
        import psycopg
    except ImportError as error:
        raise UnreadableError("psycopg is not installed") from error
    try:
        with closing(psycopg.connect(_POSTGRES.sub("postgresql", address))) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for schema, table in _tables(connection):
                yield from _rows(connection, schema, table)
    except psycopg.Error as error:
        # The first line alone, and not the address: a password may stand in it.
        raise UnreadableError(f"database could not be read: {type(error).__name__}") from error


def _tables(connection: Any) -> list[tuple[str, str]]:
    query = (
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _rows(connection: Any, schema: str, table: str) -> Iterator[tuple[str, str]]:
    from psycopg import sql

    with connection.cursor(name="scan") as cursor:
        cursor.itersize = _ROWS
        cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
        for number, row in enumerate(cursor, 1):
            columns = [column.name for column in cursor.description]
            for column, value in zip(columns, row, strict=True):
                if value is not None:
                    yield f"{schema}.{table}.{column}, row {number}", _text(value)


def _text(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, (bytes, memoryview)) else str(value)
