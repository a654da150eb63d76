"""Write transactions: nobody starves, nothing is lost, what the database refuses is run again."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.orm import Session

from payments import database as database_module
from payments.columns import utcnow
from payments.database import Database
from payments.models import TokenBucket
from tests.concurrency.together import together

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES, WRITES = 4, 50
PATIENCE_S = 120.0


def _put(db: Database, *names: str) -> None:
    db.write(
        lambda session: session.add_all(
            TokenBucket(name=name, tokens_milli=0, updated_at=utcnow()) for name in names
        )
    )


def _value(db: Database, name: str) -> int:
    with db.read() as session:
        return session.get_one(TokenBucket, name).tokens_milli


def test_four_processes_write_at_once_and_none_starves(db: Database, database_url: str) -> None:
    _put(db, "counter")
    command = [sys.executable, "-m", "tests.concurrency.writer", database_url, str(WRITES)]
    writers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _process in range(PROCESSES)
    ]
    ended = [(writer.communicate(timeout=480), writer.returncode) for writer in writers]

    assert [code for _output, code in ended] == [0] * PROCESSES, [output[1] for output, _code in ended]
    assert _value(db, "counter") == PROCESSES * WRITES
    assert max(float(output[0]) for output, _code in ended) < PATIENCE_S


@pytest.mark.postgres
def test_two_transactions_in_a_deadlock_both_end_well(postgres_url: str) -> None:
    db = Database(postgres_url)
    _put(db, "one", "two")
    tries: list[str] = []
    both_hold_one = threading.Barrier(2)

    def raise_both(first: str, second: str) -> None:
        def work(session: Session) -> None:
            is_first_try = first not in tries
            tries.append(first)
            _raise(session, first)
            if is_first_try:
                both_hold_one.wait(240)
            _raise(session, second)

        db.write(work)

    together([lambda: raise_both("one", "two"), lambda: raise_both("two", "one")])

    assert len(tries) == 3, "one of the two was run again"
    assert (_value(db, "one"), _value(db, "two")) == (2, 2)
    db.dispose()


def _raise(session: Session, name: str) -> None:
    session.execute(
        update(TokenBucket)
        .where(TokenBucket.name == name)
        .values(tokens_milli=TokenBucket.tokens_milli + 1)
        .execution_options(synchronize_session=False)
    )


def test_a_refused_write_leaves_nothing_behind(db: Database) -> None:
    _put(db, "counter")

    def work(session: Session) -> None:
        _raise(session, "counter")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        db.write(work)
    assert _value(db, "counter") == 0
    _put(db, "after")


@pytest.mark.postgres
def test_a_connection_whose_server_was_restarted_is_replaced_unseen(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(postgres_url)
    with db.read() as session:
        session.execute(select(TokenBucket.name)).all()
    _end_all_connections(postgres_url)
    monkeypatch.setattr(database_module, "_IDLE_S", 0.0)

    with db.read() as session:
        assert session.execute(select(TokenBucket.name)).all() == []
    db.dispose()


def _end_all_connections(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
