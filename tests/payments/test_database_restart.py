"""After the database server was restarted, rested connections are replaced before anybody meets an error."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from payments import database
from payments.database import Database


@pytest.mark.postgres
def test_a_connection_that_died_while_it_rested_is_replaced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_IDLE_S", 0.0)
    db = Database(postgres_url)
    with db.read() as session:
        first = session.scalar(text("SELECT pg_backend_pid()"))
    _end(postgres_url, first)
    with db.read() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) not in {None, first}
    db.dispose()


def _end(url: str, pid: int | None) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    engine.dispose()
