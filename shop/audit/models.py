"""The audit table. Rows are only ever added; the chain proves it, and triggers of the migration refuse the rest."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, BigIntegerId, UTCDateTime
from shop.db.base import Base

SUBJECT_LENGTH = 120
FIELDS_LENGTH = 400


class AuditEntry(Base):
    """One row of the chain: ids and names of fields, never a person's data. It points at nothing and outlives its
    subject."""

    __tablename__ = "audit_entry"
    number: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, autoincrement=False, info=INTERNAL)
    """From 1, without a gap."""
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    actor_kind: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    actor_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    action: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH), info=INTERNAL)
    store_id: Mapped[str | None] = mapped_column(String(16), info=INTERNAL)
    fields: Mapped[str] = mapped_column(String(FIELDS_LENGTH), info=INTERNAL)
    """Names, parted by spaces."""
    request_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    outcome: Mapped[str] = mapped_column(String(20), info=INTERNAL)
    key_id: Mapped[str] = mapped_column(String(8), info=INTERNAL)
    """Fingerprint of the key that made `mac`."""
    mac: Mapped[str] = mapped_column(String(64), info=INTERNAL)

    __table_args__ = (Index("ix_audit_entry_subject", "subject", "number"),)
