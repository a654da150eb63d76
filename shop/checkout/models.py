"""The draft of a checkout: what was typed so far, sealed, under the basket's opaque cookie."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, PERSONAL, Sealed, UTCDateTime, new_id, utcnow
from shop.db.base import Base, StoreOwned


class Draft(StoreOwned, Base):
    """One draft a basket. `attempt_key` is the id of the order that its final page would make."""

    __tablename__ = "draft"
    cart_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    contact: Mapped[bytes | None] = mapped_column(Sealed, info=PERSONAL)
    delivery_day: Mapped[dt.date | None] = mapped_column(Date, info=INTERNAL)
    delivery_slot: Mapped[str | None] = mapped_column(String(8), info=INTERNAL)
    method: Mapped[str | None] = mapped_column(String(20), info=INTERNAL)
    """How it shall be paid (`payments.methods`); None: nothing was chosen yet."""
    attempt_key: Mapped[str] = mapped_column(String(40), default=new_id, info=INTERNAL)
    updated_at: Mapped[dt.datetime] = mapped_column(
        UTCDateTime, default=utcnow, onupdate=utcnow, info=INTERNAL
    )

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "cart_id"], ["cart.store_id", "cart.id"], ondelete="CASCADE"),
    )
