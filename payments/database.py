"""The engine and the one function that owns write transactions. `payments` and `shop` import it.

SQLite allows one writer at a time and its busy handler lets some writers starve, so writers queue at a lock
file (flock) before BEGIN IMMEDIATE. PostgreSQL has row locks; what it refuses as a serialization failure or a
deadlock is run again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.orm import Session

T = TypeVar("T")

_TRIES = 6
_IDLE_S = 1.0
_RETRYABLE = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgres", "postgresql", "postgresql+psycopg")


class Database:
    """One engine with its two ways in: `read()` for queries, `write(work)` for everything that changes rows."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        """`url` is SQLAlchemy's form: sqlite:///path or postgresql+psycopg://… Nothing is opened yet.

        Raises ValueError for any other.
        """
        if fault := url_fault(url):
            raise ValueError(fault)
        parsed = make_url(url)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine: Engine = create_engine(parsed, pool_size=pool_size, max_overflow=8, hide_parameters=True)
        writes: dict[str, bool] = {"writes": True}
        if not self.is_sqlite:
            writes["postgresql_readonly"] = (
                False  # BEGIN READ WRITE: else the server refuses changes (_read_only)
            )
        self._writing = self.engine.execution_options(**writes)
        # PostgreSQL reads what is committed, statement by statement, in a transaction or not: BEGIN and ROLLBACK
        # round every page would be two more trips to the server. SQLite's reads keep one snapshot.
        self._reading = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self.file: Path | None = None
        """SQLite's own."""
        self._lock_path: Path | None = None
        if self.is_sqlite:
            assert parsed.database is not None  # nosec B101  # url_fault has looked
            self.file = Path(parsed.database)
            self._lock_path = Path(parsed.database + ".lock")
            _prepare_sqlite(self.engine)
        else:
            _read_only(self.engine)
            _ask_idle_connections(self.engine)

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session for queries; the database refuses what changes rows. Each query sees what is committed then."""
        with Session(self._reading, autoflush=False) as session:
            yield session

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and commit it; its result comes back.

        `work` may run several times (after a serialization failure or a deadlock), so it must do nothing but
        use its session: no mail, no provider call. Objects stay readable after the commit.
        """
        for attempt in range(_TRIES):
            try:
                with self._writer(), Session(self._writing, expire_on_commit=False) as session:
                    result = work(session)
                    session.commit()
                    return result
            except DBAPIError as error:
                if attempt == _TRIES - 1 or not _is_retryable(error):
                    raise
                time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311  (jitter, not a secret)
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def migration_connection(self) -> Iterator[Connection]:
        """A connection in a write transaction, for changes of the schema; committed at the end.

        SQLite changes a table by making it anew, and dropping the old one would drop or forbid the rows that point
        at it. So foreign keys are off until the end, and then all are checked at once (sqlite.org/lang_altertable).
        """
        with self._writer(), self._writing.connect() as connection:
            if not self.is_sqlite:
                with connection.begin():
                    yield connection
                return
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    if driver.execute("PRAGMA foreign_key_check").fetchone() is not None:
                        raise RuntimeError("a migration left rows that point at nothing")
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    @contextlib.contextmanager
    def _writer(self) -> Iterator[None]:
        if self._lock_path is None:
            yield
            return
        try:
            handle = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        except (
            OSError
        ) as error:  # a full disk, a folder that may not be written: the database is not to be had
            raise OperationalError("lock file", None, error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def dispose(self) -> None:
        """Close every pooled connection (at exit and before a fork)."""
        self.engine.dispose()


def url_fault(url: str) -> str | None:
    """Why `url` names no database that the shop can use, without its text: it may hold a password. None if it does."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "not sqlite:///path or postgresql://host/name"
    if parsed.drivername not in _DRIVERS:
        return "not sqlite:///path or postgresql://host/name"
    return _file_fault(parsed) if parsed.get_backend_name() == "sqlite" else None


def _file_fault(url: URL) -> str | None:
    """A folder is never made: a path that was mistyped would begin an empty shop somewhere else."""
    if url.host or url.query:
        return "SQLite takes a path alone: sqlite:///var/shop.sqlite, or sqlite:////srv/shop.sqlite"
    if not url.database or url.database == ":memory:":
        return "SQLite needs a file: several processes share the database"
    path = Path(url.database)
    try:
        if path.is_dir():
            return "SQLite needs a file, and a folder is there"
        if not path.parent.is_dir():
            return "the folder for SQLite's file is not there: mend the path, or make the folder"
    except OSError as error:
        return f"SQLite's file can't be reached: {error.strerror}"
    return None


def fault_of(error: Exception) -> str | None:
    """What the driver said, in a line, when the database itself failed: no server, no room, no such table.

    None for every other error.
    """
    # A file that is no database, or a torn one, is told by the class above all others, and by nothing narrower.
    if not (isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError):
        return None
    return str(error.orig).strip().partition("\n")[0]


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes")
        # Straight to the driver: SQLAlchemy's own way costs as much as a small select.
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA query_only=OFF" if writes else "PRAGMA query_only=ON")
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def _read_only(engine: Engine) -> None:
    """On PostgreSQL a connection reads unless its transaction says otherwise: once at connect, not at every page."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        connection.commit()


def _ask_idle_connections(engine: Engine) -> None:
    """Before a connection that idled is used, ask whether its server is still there: it may have been restarted.

    pool_pre_ping asks every time, which costs a page as much as its query. A connection that fails in use makes
    SQLAlchemy drop all older ones, so at most what runs at that moment fails.
    """

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info.get("idle_since", time.monotonic()) < _IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the connection did not outlive its pause") from error


def _is_retryable(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    return code in _RETRYABLE or "database is locked" in str(error.orig)
