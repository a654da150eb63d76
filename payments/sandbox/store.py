"""The sandbox's SQLite store: API objects as JSON rows, and a few small tables beside them.

One connection under one lock: each piece of work is well below a millisecond, and one writer at a time is
what SQLite allows anyway. Everything made inside `transaction()` is kept together or not at all. No card
number and no security code may come here: callers hand over brand, last four digits and expiry only.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import no_such

Json = dict[str, Any]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, kind TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL, hidden TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (account, kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (json_extract(body, '$.payment_intent'), kind);
CREATE INDEX IF NOT EXISTS objects_expiring ON objects (json_extract(body, '$.expires_at'))
    WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE INDEX IF NOT EXISTS objects_by_setup ON objects (json_extract(body, '$.setup_intent'), kind);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (json_extract(body, '$.customer'), kind);
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (json_extract(body, '$.charge'), kind);
CREATE INDEX IF NOT EXISTS events_by_object ON objects (json_extract(body, '$.data.object.id'))
    WHERE kind = 'event';
CREATE INDEX IF NOT EXISTS objects_by_source ON objects (json_extract(body, '$.source'), kind);
CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER, body TEXT, created REAL
    NOT NULL, request_id TEXT NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, event TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT
    NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, status INTEGER, error TEXT, fault TEXT,
    created REAL NOT NULL, finished REAL);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, next_at);
CREATE INDEX IF NOT EXISTS deliveries_of_endpoint ON deliveries (endpoint, state, next_at);
CREATE INDEX IF NOT EXISTS deliveries_of_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS authentications (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, intent TEXT NOT NULL, state TEXT NOT NULL,
    expires_at REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS authentications_open ON authentications (state, expires_at);
CREATE TABLE IF NOT EXISTS alarms (
    object TEXT NOT NULL, what TEXT NOT NULL, account TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (object, what));
CREATE INDEX IF NOT EXISTS alarms_due ON alarms (at);
"""
_EMPTYING = (
    "DELETE FROM objects",
    "DELETE FROM idempotency",
    "DELETE FROM deliveries",
    "DELETE FROM authentications",
    "DELETE FROM alarms",
)


class Store:
    """Opens or makes the store. `path` None makes a temporary one that goes away on `close`."""

    def __init__(self, path: Path | None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if path is None else None
        file = (
            path if path is not None else Path(str(self._temporary and self._temporary.name)) / "sandbox.db"
        )
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_SCHEMA}")

    def close(self) -> None:
        with self._lock:
            self._connection.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Holds the lock and keeps the block's writes together. An exception undoes them, those of a nested
        block alone when the outer one goes on."""
        with self._lock:
            outermost = self._depth == 0
            name = f"nested_{self._depth}"
            self._connection.execute("BEGIN IMMEDIATE" if outermost else f"SAVEPOINT {name}")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._connection.execute("ROLLBACK")
                else:
                    self._connection.execute(f"ROLLBACK TO {name}")
                    self._connection.execute(f"RELEASE {name}")
                raise
            else:
                self._connection.execute("COMMIT" if outermost else f"RELEASE {name}")
            finally:
                self._depth -= 1

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Runs one writing statement in the open or an own transaction; the number of rows it touched."""
        with self.transaction():
            return self._connection.execute(sql, values).rowcount

    def insert(self, account: str, body: Json, **hidden: Any) -> Json:
        """Stores a new API object. `hidden` holds what Stripe never answers, such as a signing secret."""
        self.run(
            "INSERT INTO objects (id, account, kind, created, body, hidden) VALUES (?, ?, ?, ?, ?, ?)",
            (body["id"], account, body["object"], body.get("created", 0), _dump(body), _dump(hidden)),
        )
        return body

    def save(self, body: Json) -> Json:
        self.run("UPDATE objects SET body = ? WHERE id = ?", (_dump(body), body["id"]))
        return body

    def find(self, account: str, kind: str, object_id: str) -> Json | None:
        rows = self.rows(
            "SELECT body FROM objects WHERE id = ? AND account = ? AND kind = ?", (object_id, account, kind)
        )
        return _load(rows[0]["body"]) if rows else None

    def get(self, account: str, kind: str, object_id: str, param: str = "id") -> Json:
        """The object, or ApiError `resource_missing` when this account has none with that id."""
        body = self.find(account, kind, object_id)
        if body is None:
            raise no_such(kind, object_id, param)
        return body

    def hidden(self, object_id: str) -> Json:
        rows = self.rows("SELECT hidden FROM objects WHERE id = ?", (object_id,))
        return _load(rows[0]["hidden"]) if rows else {}

    def save_hidden(self, object_id: str, **hidden: Any) -> None:
        merged = {**self.hidden(object_id), **hidden}
        self.run("UPDATE objects SET hidden = ? WHERE id = ?", (_dump(merged), object_id))

    def delete(self, object_id: str) -> None:
        self.run("DELETE FROM objects WHERE id = ?", (object_id,))

    def empty(self) -> None:
        """Forgets everything."""
        with self.transaction():
            for statement in _EMPTYING:
                self.run(statement)


def _dump(body: Json) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _load(text: str) -> Json:
    body: Json = json.loads(text)
    return body
