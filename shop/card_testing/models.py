"""The table of declines: each try that a card issuer or the provider refused, once, with keyed hashes of who tried."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, Hashed, UTCDateTime, utcnow
from shop.db.base import Base, StoreOwned


class CardDecline(StoreOwned, Base):
    """One refused try of a card. Nothing in it can be read back to a person, an address or a card."""

    __tablename__ = "card_decline"
    id: Mapped[str] = mapped_column(String(100), primary_key=True, info=INTERNAL)
    """The provider's charge, or its payment where none was made: told of twice, it is one try."""
    order_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    cart_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    """The browser's basket."""
    network_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)
    email_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    account_id: Mapped[str | None] = mapped_column(String(26), info=INTERNAL)
    card_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        Index("ix_card_decline_at", "store_id", "at"),
        Index("ix_card_decline_card", "store_id", "card_hash", "at"),
        Index("ix_card_decline_order", "store_id", "order_id"),
    )
