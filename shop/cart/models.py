"""Tables of the basket. It holds goods and numbers, nothing about a person."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, PUBLIC, SECRET, Hashed, UTCDateTime, new_id
from shop.db.base import Base, StoreOwned


class Cart(StoreOwned, Base):
    """One browser's basket in one store. The browser holds a token, the table only its SHA-256."""

    __tablename__ = "cart"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    token_hash: Mapped[str] = mapped_column(Hashed, info=SECRET)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (
        Index("uq_cart_token", "store_id", "token_hash", unique=True),
        # Old baskets are swept by time.
        Index("ix_cart_updated", "updated_at"),
    )


class CartLine(StoreOwned, Base):
    """So many of one variant. `seen_price` is what the shopper last saw, so that a change can be told."""

    __tablename__ = "cart_line"
    cart_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    sku: Mapped[str] = mapped_column(String(40), primary_key=True, info=PUBLIC)
    place: Mapped[int] = mapped_column(SmallInteger, info=INTERNAL)
    """Order of first adding."""
    quantity: Mapped[int] = mapped_column(SmallInteger, info=INTERNAL)
    seen_price: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    held: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0", info=INTERNAL)
    """How many of them this basket's own unpaid order holds: to this shopper they are not gone."""

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "cart_id"], ["cart.store_id", "cart.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["store_id", "sku"], ["variant.store_id", "variant.sku"]),
        CheckConstraint("quantity between 1 and 99", name="quantity"),
    )
