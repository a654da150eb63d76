"""What a PostgreSQL database holds: every value of its tables, large objects, and its catalogue. Used by `sources`.

Needs psycopg, which is asked for only when it is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from .archives import UnreadableError

_ROWS = 1000
_PIECE, _OVERLAP = 1 << 20, 4 << 10
# The server's own objects have lower numbers (FirstNormalObjectId).
_WRITTEN = {
    "comment": "SELECT description FROM pg_description WHERE objoid >= 16384 ORDER BY objoid, objsubid",
    "default": "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef ORDER BY oid",
    "view": "SELECT pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v' AND oid >= 16384 ORDER BY oid",
    "function": "SELECT prosrc FROM pg_proc WHERE oid >= 16384 ORDER BY oid",
}


def values_of(address: str) -> Iterator[tuple[str, str | bytes]]:
    """Every value of every table as (schema.table.column, row N) and what is in it, by cursors of the server.

    Then large objects, and what the catalogue says (comments, defaults, views, functions).

    Reads one snapshot and writes nothing. Raises UnreadableError, also where psycopg is not installed.
    """
    try:
        import psycopg
    except ImportError as error:
        raise UnreadableError("psycopg is not installed") from error
    try:
        with closing(psycopg.connect(address)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            # Rows that a policy keeps from us are an error then, else they would be passed over.
            connection.execute("SET row_security = off")
            for schema, table in _tables(connection, "rm"):
                yield from _rows(connection, schema, table)
            yield from _large_objects(connection)
            yield from _catalogue(connection)
            if foreign := _tables(connection, "f"):
                raise UnreadableError(
                    f"{len(foreign)} foreign tables, whose rows are elsewhere, are not read"
                )
    except psycopg.Error as error:
        # The first line alone, and not the address: a password may stand in it.
        raise UnreadableError(f"database could not be read: {type(error).__name__}") from error


def _tables(connection: Any, kinds: str) -> list[tuple[str, str]]:
    query = (
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind::text = ANY(%s) AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    )
    return [(row[0], row[1]) for row in connection.execute(query, [list(kinds)])]


def _rows(connection: Any, schema: str, table: str) -> Iterator[tuple[str, str | bytes]]:
    from psycopg import sql

    with connection.cursor(name="scan") as cursor:
        cursor.itersize = _ROWS
        cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
        for number, row in enumerate(cursor, 1):
            columns = [column.name for column in cursor.description]
            for column, value in zip(columns, row, strict=True):
                if value is not None:
                    yield f"{schema}.{table}.{column}, row {number}", _value(value)


def _large_objects(connection: Any) -> Iterator[tuple[str, bytes]]:
    """Piece by piece; each begins with the end of the one before, for what lies across."""
    for (identity,) in connection.execute("SELECT oid FROM pg_largeobject_metadata ORDER BY 1").fetchall():
        at = 0
        while piece := connection.execute("SELECT lo_get(%s, %s, %s)", [identity, at, _PIECE]).fetchone()[0]:
            yield f"large object {identity}, from byte {at}", bytes(piece)
            if len(piece) < _PIECE:
                break
            at += _PIECE - _OVERLAP


def _catalogue(connection: Any) -> Iterator[tuple[str, str]]:
    """What people wrote into the database's description of itself."""
    for kind, query in _WRITTEN.items():
        for number, (text,) in enumerate(connection.execute(query), 1):
            if text:
                yield f"{kind} {number}", text


def _value(value: object) -> str | bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else str(value)
