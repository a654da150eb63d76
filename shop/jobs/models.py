"""Tables of the queue: jobs written in the business transaction, and schedules."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, UTCDateTime, new_id, utcnow
from shop.db.base import Base


class Job(Base):
    """Something to do outside the transaction that wanted it. Holds ids only, nothing personal."""

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(20), info=INTERNAL)
    store_id: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    subject_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    detail: Mapped[str] = mapped_column(String(40), default="", info=INTERNAL)
    """For a mail its template; else empty."""
    locale: Mapped[str] = mapped_column(String(5), default="ja", info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="waiting", info=INTERNAL)
    """waiting, done, parked (tried too often; a person looks)."""
    run_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    """Not before; a worker that takes the job moves this ahead, which is its lease."""
    tries: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)
    reason: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    done_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (
        Index("ix_outbox_due", "state", "run_at"),
        Index("uq_outbox_once", "kind", "store_id", "subject_id", "detail", unique=True),
    )


class Schedule(Base):
    """Something to do again and again. One node at a time does it."""

    __tablename__ = "schedule"
    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=INTERNAL)
    next_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    last_result: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)
