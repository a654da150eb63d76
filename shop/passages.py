"""Passages: card numbers that reached the server and were refused. Counted with their place, never their value."""

from __future__ import annotations

import logging

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from payments.columns import INTERNAL, BigIntegerId, UTCDateTime, utcnow
from payments.database import Database
from security.guard import Passage
from shop.db.base import Base

_log = logging.getLogger("hitsuka.passage")


class PassageRow(Base):
    """One card number that arrived: when, at which host, in which part of the request."""

    __tablename__ = "passage"
    id: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, info=INTERNAL)
    at = mapped_column(UTCDateTime, default=utcnow, nullable=False, info=INTERNAL)
    host: Mapped[str] = mapped_column(String(100), info=INTERNAL)
    place: Mapped[str] = mapped_column(String(100), info=INTERNAL)


class Passages:
    """Writes passages down; the guard calls it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def record(self, passage: Passage) -> None:
        """Count one passage. The log line stays if the database can't be written."""
        _log.warning("a card number was refused", extra={"place": passage.place, "host": passage.host})

        def work(session: Session) -> None:
            session.add(PassageRow(host=passage.host[:100], place=passage.place[:100]))

        self._db.write(work)
