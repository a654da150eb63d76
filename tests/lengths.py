"""PostgreSQL refuses a text that is longer than its column; SQLite keeps it. In tests both refuse.

A storm on PostgreSQL once stood still over a note that was too long, after every test on SQLite had been green.
"""

from __future__ import annotations

from sqlalchemy import String, event, inspect
from sqlalchemy.orm import Session


def refuse_overlong_texts() -> None:
    """From now on, for every database of this process."""
    if not event.contains(Session, "before_flush", _refuse):
        event.listen(Session, "before_flush", _refuse)


def _refuse(session: Session, _context: object, _instances: object) -> None:
    for row in [*session.new, *session.dirty]:
        for column in inspect(row).mapper.columns:
            room = column.type.length if isinstance(column.type, String) else None
            value = getattr(row, inspect(row).mapper.get_property_by_column(column).key)
            if room is not None and isinstance(value, str) and len(value) > room:
                raise AssertionError(f"{column} holds {room} characters, and was given {len(value)}")
