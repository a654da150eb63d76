"""Tables of orders. Who ordered is sealed; what was ordered is a snapshot that no later price can change."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, PERSONAL, BigIntegerId, Hashed, Sealed, UTCDateTime, new_id, utcnow
from payments.history import Change
from payments.money import Money
from shop.db.base import Base, StoreOwned


class Order(StoreOwned, Base):
    """One confirmed order. `attempt_key` comes from the final page, so that a page makes one order at most."""

    __tablename__ = "order"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    number: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    attempt_key: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    cart_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    """The basket it came from: emptied when the order is paid, not before."""
    state: Mapped[str] = mapped_column(String(12), default="placed", info=INTERNAL)
    locale: Mapped[str] = mapped_column(String(5), info=INTERNAL)
    request_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    placed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    currency: Mapped[str] = mapped_column(String(3), default="JPY", info=INTERNAL)
    total_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, info=INTERNAL)
    """What the final page said: totals, tax per rate, delivery, terms. Nothing personal."""
    contact: Mapped[bytes] = mapped_column(Sealed, info=PERSONAL)
    email_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    address_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    phone_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)
    """Orders from before it existed get it from the worker (`shop.accounts.housekeeping.fill_phones`)."""
    account_id: Mapped[str | None] = mapped_column(String(26), info=INTERNAL)
    """Whose order it is, when a signed-in shopper placed or claimed it. An account that goes leaves its orders."""
    network_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)
    """Where it was placed from: a keyed hash of the client's address, for limits alone."""
    held_until: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    hold_prolonged: Mapped[bool] = mapped_column(Boolean, default=False, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("store_id", "attempt_key"),
        CheckConstraint("total_minor > 0", name="total"),
        Index("ix_order_held_until", "state", "held_until"),
        ForeignKeyConstraint(["store_id", "account_id"], ["account.store_id", "account.id"]),
        Index("ix_order_email", "store_id", "email_hash"),
        Index("ix_order_phone", "store_id", "phone_hash"),
        Index("ix_order_account", "store_id", "account_id", "placed_at", "id"),
        # What is still to be found by its telephone: empty soon, and then free to look at.
        Index(
            "ix_order_without_phone",
            "store_id",
            "id",
            sqlite_where=text("phone_hash IS NULL"),
            postgresql_where=text("phone_hash IS NULL"),
        ),
        Index("ix_order_placed", "placed_at", "id"),
    )

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)


class OrderLine(StoreOwned, Base):
    """One line as it was sold."""

    __tablename__ = "order_line"
    order_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    sku: Mapped[str] = mapped_column(String(40), primary_key=True, info=INTERNAL)
    position: Mapped[int] = mapped_column(SmallInteger, info=INTERNAL)
    product_slug: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    name_ja: Mapped[str] = mapped_column(String(240), info=INTERNAL)
    name_en: Mapped[str] = mapped_column(String(240), info=INTERNAL)
    quantity: Mapped[int] = mapped_column(SmallInteger, info=INTERNAL)
    unit_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    tax_rate: Mapped[int] = mapped_column(SmallInteger, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        ForeignKeyConstraint(["store_id", "sku"], ["variant.store_id", "variant.sku"]),
        CheckConstraint("quantity > 0", name="quantity"),
    )


class OrderHistory(Change, Base):
    """One change of an order's state, and why. Never altered."""

    __tablename__ = "order_history"
    order_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        Index("ix_order_history_order", "store_id", "order_id"),
    )


class OrderPayment(StoreOwned, Base):
    """Which payment pays an order. The arrow points down: `payments` does not know orders."""

    __tablename__ = "order_payment"
    order_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        UniqueConstraint("store_id", "payment_id"),
    )


class OrderRefund(StoreOwned, Base):
    """Who gave money of an order back, why, and how it divides over lines and tax rates. Never altered."""

    __tablename__ = "order_refund"
    refund_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    order_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    actor: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    request_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(20), info=INTERNAL)
    note: Mapped[bytes | None] = mapped_column(Sealed, info=PERSONAL)
    split: Mapped[dict[str, Any]] = mapped_column(JSON, info=INTERNAL)
    """`shop.orders.refund_plan.Plan` as JSON."""
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        ForeignKeyConstraint(["store_id", "refund_id"], ["refund.store_id", "refund.id"]),
        Index("ix_order_refund_order", "store_id", "order_id"),
    )


class Hold(StoreOwned, Base):
    """Goods promised to an order until they are paid or the time is over. Ends once: by `shop.orders.holds`."""

    __tablename__ = "hold"
    order_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    sku: Mapped[str] = mapped_column(String(40), primary_key=True, info=INTERNAL)
    quantity: Mapped[int] = mapped_column(SmallInteger, info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="active", info=INTERNAL)
    """active, released, taken, returned (it was taken, and the order was called off)."""
    email_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    address_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    network_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        ForeignKeyConstraint(["store_id", "sku"], ["variant.store_id", "variant.sku"]),
        Index("ix_hold_email", "store_id", "sku", "email_hash"),
        Index("ix_hold_address", "store_id", "sku", "address_hash"),
        Index("ix_hold_network", "store_id", "sku", "network_hash"),
    )


class HoldHistory(Base):
    """One change of a hold's state. Never altered."""

    __tablename__ = "hold_history"
    id: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, info=INTERNAL)
    store_id: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    order_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    sku: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    before: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    after: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id", "sku"], ["hold.store_id", "hold.order_id", "hold.sku"]),
        Index("ix_hold_history_of", "store_id", "order_id"),
    )
