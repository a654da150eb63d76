"""What is known of a stop and of the way back: the state at the stop, and the records that the gate asks for."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, BigIntegerId, UTCDateTime, new_id
from shop.db.base import Base


class StopRecord(Base):
    """One record that belongs to one stop. Never altered; a newer one of its kind takes its place."""

    __tablename__ = "stop_record"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    stop_id: Mapped[int] = mapped_column(BigIntegerId, info=INTERNAL)
    store_id: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    """before (written by the stop itself), cause, diagnosis, consent."""
    content: Mapped[str] = mapped_column(Text, info=INTERNAL)
    """Canonical JSON, nothing personal."""
    recorded_by: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    stamp: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    """By AUDIT_KEY over all of it: a record slipped into the table counts for nothing."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "stop_id"], ["card_switch_history.store_id", "card_switch_history.id"]
        ),
        Index("ix_stop_record_stop", "stop_id", "kind"),
    )
