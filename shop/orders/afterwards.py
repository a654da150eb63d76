"""What came of an order once it was concluded, for its shopper: parcels that left, and what was charged in the end.

The order's page may be forwarded, so nothing of the person is opened: parcels' numbers are in the mails alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import LazyString
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.models import LedgerEntry
from payments.money import Money
from shop.delivery.slots import day_label
from shop.fulfilment import carriers
from shop.fulfilment.carriers import Carrier
from shop.fulfilment.models import Fulfilment, Shipment
from shop.orders.queries import OrderView

_JAPAN = ZoneInfo("Asia/Tokyo")
_OF_THE_SHOPPER = ("captured", "refunded", "returned")
"""Kinds of ledger entries that moved the shopper's money; a dispute's are between bank and shop."""


@dataclass(frozen=True)
class Parcel:
    """One that left the house."""

    day: str
    carrier: LazyString
    has_number: bool


@dataclass(frozen=True)
class Afterwards:
    """`state` is the fulfilment's; `charged` is None where it is simply the order's total, or nothing yet."""

    state: str
    parcels: list[Parcel]
    charged: Money | None


def afterwards(session: Session, view: OrderView, locale: str) -> Afterwards:
    """Three small queries. Never commits."""
    key = (view.order.store_id, view.order.id)
    known = session.get(Fulfilment, key)
    query = select(Shipment).where(
        Shipment.store_id == key[0], Shipment.order_id == key[1], Shipment.state == "sent"
    )
    return Afterwards(
        state=known.state if known is not None else "waiting",
        parcels=[_parcel(one, locale) for one in session.scalars(query.order_by(Shipment.created_at))],
        charged=_charged(session, view),
    )


def _parcel(parcel: Shipment, locale: str) -> Parcel:
    day = parcel.created_at.astimezone(_JAPAN).date()
    return Parcel(
        day_label(day, locale), carriers.label(Carrier(parcel.carrier)), parcel.tracking is not None
    )


def _charged(session: Session, view: OrderView) -> Money | None:
    query = select(func.sum(LedgerEntry.amount_minor)).where(
        LedgerEntry.store_id == view.payment.store_id,
        LedgerEntry.payment_id == view.payment.id,
        LedgerEntry.kind.in_(_OF_THE_SHOPPER),
    )
    net = int(session.scalar(query) or 0)
    return Money(net, view.order.currency) if 0 < net < view.order.total.minor else None
