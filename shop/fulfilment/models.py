"""Tables of what leaves the house. Which parcel it is tells where a person lives, so its number is sealed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, PERSONAL, Sealed, UTCDateTime, new_id, utcnow
from payments.history import Change
from shop.db.base import Base, StoreOwned


class Fulfilment(StoreOwned, Base):
    """How far an order has left the house. Made when staff first touch it; none is the same as waiting."""

    __tablename__ = "fulfilment"
    order_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    state: Mapped[str] = mapped_column(String(12), default="waiting", info=INTERNAL)

    __table_args__ = (ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),)


class FulfilmentHistory(Change, Base):
    """One change of it, and why. Never altered."""

    __tablename__ = "fulfilment_history"
    order_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        Index("ix_fulfilment_history_order", "store_id", "order_id"),
    )


class Shipment(StoreOwned, Base):
    """One parcel. Its id comes from the form, so a second press is the same parcel."""

    __tablename__ = "shipment"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    order_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    """wanted (its money is being taken: it must not leave yet), sent, failed (it may not leave)."""
    capture_id: Mapped[str | None] = mapped_column(String(26), info=INTERNAL)
    carrier: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    tracking: Mapped[bytes | None] = mapped_column(Sealed, info=PERSONAL)
    lines: Mapped[dict[str, Any]] = mapped_column(JSON, info=INTERNAL)
    """Pieces by SKU."""
    released: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=INTERNAL)
    """What will not be delivered and was not charged: `shop.orders.refund_plan.Plan` as JSON."""
    actor: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    request_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        ForeignKeyConstraint(["store_id", "capture_id"], ["capture.store_id", "capture.id"]),
        Index("ix_shipment_order", "store_id", "order_id"),
    )
