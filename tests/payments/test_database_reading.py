"""What reads can't write: the database itself says no, and it costs a page no trip to the server."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, delete, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.database import Database
from payments.models import TokenBucket

_ROW = {"name": "read", "tokens_milli": 1, "updated_at": utcnow()}
WRITES: dict[str, Executable] = {
    "insert": insert(TokenBucket).values(_ROW),
    "delete": delete(TokenBucket),
    "text": text("UPDATE token_bucket SET tokens_milli = 0"),
    "table": text("CREATE TABLE left_behind (id INTEGER)"),
}


def _buckets(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(TokenBucket)) or 0


@pytest.mark.parametrize("name", WRITES)
def test_reading_changes_nothing(db: Database, name: str) -> None:
    with db.read() as session, pytest.raises(DBAPIError):
        session.execute(WRITES[name])
    assert _buckets(db) == 0


def test_an_object_added_while_reading_is_not_written(db: Database) -> None:
    with db.read() as session:
        session.add(TokenBucket(**_ROW))
        with pytest.raises(DBAPIError):
            session.flush()
    assert _buckets(db) == 0


def test_writing_goes_on_between_readings_on_the_same_connection(db: Database) -> None:
    def work(session: Session) -> None:
        session.add(TokenBucket(**_ROW | {"name": f"row {_buckets(db)}"}))

    for count in range(1, 4):
        db.write(work)
        assert _buckets(db) == count


def test_reading_twice_asks_the_server_twice_and_no_more(db: Database) -> None:
    _buckets(db)
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    connections: list[object] = []
    event.listen(db.engine, "connect", lambda *given: connections.append(given))
    for _page in range(2):
        _buckets(db)
    assert (len(said), len(connections)) == (2, 0)
