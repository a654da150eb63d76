"""Guards before a database: no card number is written into it. For SQLAlchemy, or for any DB-API connection.

Each is usable alone. The parameters of a statement are judged, and its text, where careless code puts values. Sealed
columns hold ciphertext: guard what is sealed before it is sealed.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from .refused import CardNumberRefused, require_clean
from .remembered import Remembered, is_short

__all__ = ["CardNumberRefused", "GuardedConnection", "guard_engine", "require_clean_statement"]


def require_clean_statement(statement: object, parameters: object) -> None:
    """Raise CardNumberRefused when a statement or one of its parameters holds a card number.

    A statement may be an object that a driver composes one of (`psycopg.sql`): it is judged by how it is shown.
    """
    if isinstance(statement, (str, bytes)):
        _require_clean_text(statement)
    else:
        require_clean(statement, "text of a statement")
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
def _require_clean_text(statement: str | bytes) -> None:
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


class _Guarded:
    """Stands before a connection or cursor of PEP 249: all that writes nothing is that one's own.

    What would write by a way that nobody judges raises NotImplementedError.
    """

    def __init__(self, inner: Any) -> None:
        object.__setattr__(self, "_inner", inner)

    def __getattr__(self, name: str) -> Any:
        if name in _UNJUDGED:
            raise NotImplementedError(
                f"{name}() writes what nobody judges here: use execute() or executemany()"
            )
        return getattr(self._inner, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._inner, name, value)

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._inner.__exit__(*error)

    def execute(self, statement: object, *parameters: Any, **options: Any) -> Any:
        """Judge, then execute. A connection has this too in sqlite3 and psycopg, and the next two in sqlite3."""
        require_clean_statement(statement, (*parameters, *options.values()))
        return self._ours(self._inner.execute(statement, *parameters, **options))

    def executemany(self, statement: object, rows: Iterable[Any], **options: Any) -> Any:
        """Judge every row, then execute."""
        kept = list(rows)
        require_clean_statement(statement, kept)
        return self._ours(self._inner.executemany(statement, kept, **options))

    def executescript(self, statements: str) -> Any:
        """Judge a script's text, then execute."""
        require_clean_statement(statements, ())
        return self._ours(self._inner.executescript(statements))

    def _ours(self, given: Any) -> Any:
        """What a statement gives: often the cursor, by which the next is executed."""
        if given is self._inner:
            return self
        return GuardedCursor(given) if hasattr(given, "executemany") else given


# Of sqlite3, psycopg and psycopg2.
_UNJUDGED = frozenset({"blobopen", "copy", "copy_expert", "copy_from", "deserialize", "lobject"})


class GuardedConnection(_Guarded):
    """Wraps a DB-API connection (PEP 249): it and its cursors judge what they execute; all else is its own."""

    def cursor(self, *arguments: Any, **options: Any) -> GuardedCursor:
        """A cursor that judges."""
        return GuardedCursor(self._inner.cursor(*arguments, **options))


class GuardedCursor(_Guarded):
    """A cursor of GuardedConnection."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inner)

    def __next__(self) -> Any:
        return next(self._inner)

    def callproc(self, name: str, parameters: Sequence[Any] = ()) -> Any:
        """Judge what a stored procedure is called with, then call it."""
        require_clean_statement(name, parameters)
        return self._inner.callproc(name, parameters)

    def stream(self, statement: object, *parameters: Any, **options: Any) -> Any:
        """Judge, then execute row by row (psycopg)."""
        require_clean_statement(statement, (*parameters, *options.values()))
        return self._inner.stream(statement, *parameters, **options)
