"""Lists of orders for staff, newest first; by key, not by page number: the last page costs as much as the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Payment
from shop.orders.models import Order, OrderPayment

PAGE = 50


@dataclass(frozen=True)
class Row:
    """One line of a list: nothing about the person."""

    order: Order
    payment: Payment


@dataclass(frozen=True)
class Page:
    """Rows, and the key with which the next page begins (None: this is the last)."""

    rows: list[Row]
    after: str | None


@dataclass(frozen=True)
class Filter:
    """Which orders; empty means all. `hashes` are keyed hashes of an e-mail address."""

    stores: Sequence[str]
    state: str | None = None
    email_hashes: Sequence[str] = ()
    number: str | None = None


def page(session: Session, wanted: Filter, *, after: str | None = None, size: int = PAGE) -> Page:
    """One page. An `after` that is no key of ours counts as none."""
    query = (
        select(Order, Payment)
        .join(OrderPayment, (OrderPayment.store_id == Order.store_id) & (OrderPayment.order_id == Order.id))
        .join(Payment, (Payment.store_id == OrderPayment.store_id) & (Payment.id == OrderPayment.payment_id))
        .where(Order.store_id.in_(wanted.stores))
    )
    if wanted.state:
        query = query.where(Order.state == wanted.state)
    if wanted.email_hashes:
        query = query.where(Order.email_hash.in_(wanted.email_hashes))
    if wanted.number:
        query = query.where(Order.number == wanted.number)
    if (key := _read(after)) is not None:
        moment, order_id = key
        is_older = (Order.placed_at < moment) | (Order.id < order_id)
        query = query.where(Order.placed_at <= moment, is_older)
    rows = session.execute(query.order_by(Order.placed_at.desc(), Order.id.desc()).limit(size + 1))
    found = [Row(order, payment) for order, payment in rows]
    last = found[size - 1].order if len(found) > size else None
    return Page(found[:size], f"{last.placed_at.timestamp():.6f}~{last.id}" if last else None)


def _read(after: str | None) -> tuple[dt.datetime, str] | None:
    moment, _, order_id = (after or "").partition("~")
    try:
        return dt.datetime.fromtimestamp(float(moment), dt.UTC), order_id
    except (ValueError, OverflowError, OSError):
        return None
