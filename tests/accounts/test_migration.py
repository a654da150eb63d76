"""The order table is made anew on SQLite, for the account's foreign key: what points at orders must live through it."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from payments.database import Database
from shop.db import migrate

ORDER = {
    "store_id": "style",
    "id": "o1",
    "number": "ST-1",
    "attempt_key": "a",
    "cart_id": "c",
    "state": "paid",
    "locale": "ja",
    "request_id": "r",
    "placed_at": "2026-01-01",
    "currency": "JPY",
    "total_minor": 100,
    "snapshot": "{}",
    "contact": b"sealed",
    "email_hash": "e",
    "address_hash": "a",
    "held_until": "2026-01-01",
    "hold_prolonged": False,
}


@pytest.fixture
def before(tmp_path: Path) -> Database:
    """A database of the former version with an order and its history."""
    db = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with db.migration_connection() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
    names = ", ".join(ORDER)
    with db.migration_connection() as connection:
        connection.execute(text("INSERT INTO store (id) VALUES ('style')"))
        values = ", ".join(f":{name}" for name in ORDER)
        connection.execute(text(f'INSERT INTO "order" ({names}) VALUES ({values})'), ORDER)
        connection.execute(
            text(
                "INSERT INTO order_history (store_id, order_id, before, after, cause, at)"
                " VALUES ('style', 'o1', 'placed', 'paid', 'payment', '2026-01-01')"
            )
        )
    return db


def test_orders_and_what_points_at_them_live_on(before: Database) -> None:
    migrate.upgrade(before)
    with before.read() as session:
        assert session.execute(text('SELECT id, contact, account_id FROM "order"')).all() == [
            ("o1", b"sealed", None)
        ]
        assert session.execute(text("SELECT order_id FROM order_history")).all() == [("o1",)]
    with pytest.raises(IntegrityError):  # foreign keys are on again, the new one too
        before.write(lambda session: session.execute(text("UPDATE \"order\" SET account_id = 'nobody'")))
    before.dispose()


def test_a_migration_that_leaves_orphans_is_undone(before: Database) -> None:
    def spoil() -> None:
        with before.migration_connection() as connection:
            connection.execute(text('DELETE FROM "order"'))

    with pytest.raises(RuntimeError, match="point at nothing"):
        spoil()
    with before.read() as session:
        assert session.scalar(text('SELECT count(*) FROM "order"')) == 1
    before.dispose()
