"""Guards before a database: no card number is written into it. For SQLAlchemy, or for any DB-API connection.

Each is usable alone. The parameters of a statement are judged, and its text, where careless code puts values. Sealed
columns hold ciphertext: guard what is sealed before it is sealed.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .refused import CardNumberRefused, require_clean
from .remembered import Remembered, is_short

__all__ = ["CardNumberRefused", "GuardedConnection", "guard_engine", "require_clean_statement"]


def require_clean_statement(statement: str, parameters: object) -> None:
    """Raise CardNumberRefused when a statement or one of its parameters holds a card number."""
    _require_clean_text(statement)
    for name, value in _values(parameters):
        if type(value) in _NO_TEXT:
            continue
        if is_short(value) and value in _clean:
            continue
        require_clean(value, f"parameter {name}")
        if is_short(value):
            _clean.note(value)


# What can hold no number; a subclass might.
_NO_TEXT = frozenset({bool, type(None), datetime.datetime, datetime.date, datetime.timedelta})
# The ids of a transaction stand in many of its rows.
_clean = Remembered()


@functools.lru_cache(maxsize=1024)
def _require_clean_text(statement: str) -> None:
    """The same statements come again and again; one that is refused is judged each time."""
    require_clean(statement, "text of a statement")


def _values(parameters: object) -> Iterator[tuple[str, object]]:
    if isinstance(parameters, Mapping):
        yield from ((str(name), value) for name, value in parameters.items())
    elif isinstance(parameters, (list, tuple)):
        for number, value in enumerate(parameters, 1):
            if isinstance(value, (list, tuple, Mapping)):
                yield from _values(value)
            else:
                yield str(number), value


_READS = re.compile(
    r"\s*(?:select|pragma|begin|commit|rollback|savepoint|release|set|show)\b(?!.*\binto\b)", re.I | re.S
)


@functools.lru_cache(maxsize=1024)
def _only_reads(statement: str) -> bool:
    return _READS.match(statement) is not None


def guard_engine(engine: Any, *, writes_only: bool = False) -> Callable[[], None]:
    """Judge every statement that a SQLAlchemy engine executes; calling what it gives ends that. Needs SQLAlchemy.

    With `writes_only` those that only read pass unjudged: they keep nothing, and there are many of them.
    """
    from sqlalchemy import event

    def judge(
        connection: object,
        cursor: object,
        statement: str,
        parameters: object,
        context: object,
        executemany: bool,
    ) -> None:
        del connection, cursor, context, executemany  # the event's shape
        if not (writes_only and _only_reads(statement)):
            require_clean_statement(statement, parameters)

    event.listen(engine, "before_cursor_execute", judge)
    return lambda: event.remove(engine, "before_cursor_execute", judge)


class GuardedConnection:
    """Wraps a DB-API connection (PEP 249): its cursors judge what they execute; all else is the connection's own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self, *arguments: Any, **options: Any) -> GuardedCursor:
        """A cursor that judges."""
        return GuardedCursor(self._connection.cursor(*arguments, **options))

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        """The short cut that sqlite3 and psycopg have."""
        require_clean_statement(statement, parameters)
        return self._connection.execute(statement, parameters)


class GuardedCursor:
    """A cursor of GuardedConnection."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        """Judge, then execute."""
        require_clean_statement(statement, parameters)
        return self._cursor.execute(statement, parameters)

    def executemany(self, statement: str, rows: Iterable[Any]) -> Any:
        """Judge every row, then execute."""
        kept = list(rows)
        for row in kept:
            require_clean_statement(statement, row)
        return self._cursor.executemany(statement, kept)
