"""The table of counters."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, Hashed, UTCDateTime
from shop.db.base import Base


class LimitCounter(Base):
    """How often one key was used in one fixed window. The key is a keyed hash of rule and user."""

    __tablename__ = "limit_counter"
    key_hash: Mapped[str] = mapped_column(Hashed, primary_key=True, info=INTERNAL)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=INTERNAL)
    uses: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    over_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    """From then on it counts no more and is swept."""

    __table_args__ = (Index("ix_limit_counter_over", "over_at"),)
