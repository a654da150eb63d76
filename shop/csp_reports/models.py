"""The table of reports: one row for each kind, counted."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, BigIntegerId, UTCDateTime, utcnow
from shop.db.base import Base


class CSPReport(Base):
    """One kind of report. No address that a person typed or was given, no piece of a page, no browser's name."""

    __tablename__ = "csp_report"
    id: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, info=INTERNAL)
    host: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    """The store's id."""
    page: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    """The route's pattern."""
    directive: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    blocked: Mapped[str] = mapped_column(String(120), info=INTERNAL)
    """The origin that was stopped, or a word like `inline`."""
    source: Mapped[str] = mapped_column(String(120), info=INTERNAL)
    """The origin, or the own script, that asked for it."""
    seen: Mapped[int] = mapped_column(Integer, default=1, info=INTERNAL)
    first_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    last_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("host", "page", "directive", "blocked", "source"),
        Index("ix_csp_report_last", "last_at"),
    )
