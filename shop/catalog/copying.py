"""Writing very many rows fast. The catalogue's seeding imports it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, insert, text
from sqlalchemy.orm import Session

from payments.database import Database


def insert_rows(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; by COPY on PostgreSQL. Does not commit."""
    if not rows:
        return
    if session.connection().dialect.name == "sqlite":
        session.execute(insert(table), rows)
        return
    columns = tuple(rows[0])
    copy_rows(session, table.name, columns, ([_plain(row[name]) for name in columns] for row in rows))


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """PostgreSQL's COPY into `table`. Names come from our own code; values are strings, numbers and booleans."""
    driver = session.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def analyze(db: Database) -> None:
    """Let the database count its tables, so that its planner knows how large they have become."""
    db.write(lambda session: session.execute(text("ANALYZE")))


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
