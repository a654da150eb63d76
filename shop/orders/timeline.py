"""One order's life as one list: the shopper, staff, provider, money and mails, in the order in which it happened.

It reads ids, states and amounts alone; nothing about the person is opened for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from payments.models import Attempt, BalanceReturn, LedgerEntry, Payment, PaymentHistory, ProviderEvent
from payments.models import Refund as RefundRow
from payments.money import Money
from shop.fulfilment.models import FulfilmentHistory, Shipment
from shop.jobs.models import Job
from shop.orders.models import Order, OrderHistory, OrderRefund
from shop.orders.refund_plan import Plan


class Source(StrEnum):
    """Who or what a moment tells of."""

    SHOPPER = "shopper"
    ORDER = "order"
    PAYMENT = "payment"
    SESSION = "session"
    PROVIDER = "provider"
    MONEY = "money"
    STAFF = "staff"
    FULFILMENT = "fulfilment"
    PARCEL = "parcel"
    MAIL = "mail"


@dataclass(frozen=True)
class Moment:
    """Something that happened. `what` is a stable code (a state, an event's type), `detail` an id or a cause."""

    at: dt.datetime
    source: Source
    what: str
    detail: str = ""
    amount: Money | None = None
    actor: str = ""
    refund: Plan | None = None


def timeline(session: Session, order: Order, payment: Payment) -> list[Moment]:
    """Everything that is known of an order, the oldest first."""
    placed = Moment(order.placed_at, Source.SHOPPER, "placed", order.request_id, order.total)
    attempts = session.scalars(
        select(Attempt).where(Attempt.store_id == payment.store_id, Attempt.payment_id == payment.id)
    ).all()
    moments: Iterable[Moment] = (
        placed,
        *_states(session, order, payment),
        *(Moment(one.created_at, Source.SESSION, one.state, one.session_id or one.id) for one in attempts),
        *_events(session, payment, [one.session_id for one in attempts if one.session_id]),
        *_money(session, payment),
        *_refunds(session, order),
        *_returns(session, payment),
        *_parcels(session, order),
        *_mails(session, order),
    )
    return sorted(moments, key=lambda moment: moment.at)


def _states(session: Session, order: Order, payment: Payment) -> Iterator[Moment]:
    orders = select(OrderHistory).where(
        OrderHistory.store_id == order.store_id, OrderHistory.order_id == order.id
    )
    payments = select(PaymentHistory).where(
        PaymentHistory.store_id == payment.store_id, PaymentHistory.payment_id == payment.id
    )
    for change in session.scalars(orders):
        yield Moment(change.at, Source.ORDER, change.after, change.cause)
    for paid in session.scalars(payments):
        yield Moment(paid.at, Source.PAYMENT, paid.after, paid.cause)


def _events(session: Session, payment: Payment, sessions: list[str]) -> Iterator[Moment]:
    is_its = or_(
        ProviderEvent.reference == f"{payment.store_id}.{payment.id}",
        ProviderEvent.object_id.in_(sessions),
    )
    query = select(ProviderEvent).where(
        ProviderEvent.provider == payment.provider, ProviderEvent.account == payment.account, is_its
    )
    for event in session.scalars(query):
        yield Moment(event.received_at, Source.PROVIDER, event.type, f"{event.id} {event.state}")


def _money(session: Session, payment: Payment) -> Iterator[Moment]:
    query = select(LedgerEntry).where(
        LedgerEntry.store_id == payment.store_id, LedgerEntry.payment_id == payment.id
    )
    for entry in session.scalars(query):
        amount = Money(entry.amount_minor, entry.currency)
        yield Moment(entry.at, Source.MONEY, entry.kind, entry.provider_object, amount)


def _refunds(session: Session, order: Order) -> Iterator[Moment]:
    query = (
        select(OrderRefund, RefundRow)
        .join(
            RefundRow,
            (RefundRow.store_id == OrderRefund.store_id) & (RefundRow.id == OrderRefund.refund_id),
        )
        .where(OrderRefund.store_id == order.store_id, OrderRefund.order_id == order.id)
    )
    for kept, row in session.execute(query):
        amount = Money(row.amount_minor, order.currency)
        plan = Plan.from_json(kept.split)
        yield Moment(kept.created_at, Source.STAFF, kept.reason, row.state, amount, kept.actor, plan)


def _returns(session: Session, payment: Payment) -> Iterator[Moment]:
    """What was transferred too much or too late, and is sent back: never the order's money."""
    query = select(BalanceReturn).where(
        BalanceReturn.store_id == payment.store_id, BalanceReturn.payment_id == payment.id
    )
    for row in session.scalars(query):
        amount = Money(-row.amount_minor, payment.currency)
        yield Moment(row.created_at, Source.MONEY, "balance_return", f"{row.state} {row.actor}", amount)


def _parcels(session: Session, order: Order) -> Iterator[Moment]:
    changes = select(FulfilmentHistory).where(
        FulfilmentHistory.store_id == order.store_id, FulfilmentHistory.order_id == order.id
    )
    sent = select(Shipment).where(Shipment.store_id == order.store_id, Shipment.order_id == order.id)
    for change in session.scalars(changes):
        yield Moment(change.at, Source.FULFILMENT, change.after, change.cause)
    for parcel in session.scalars(sent):
        pieces = ", ".join(f"{sku} × {quantity}" for sku, quantity in parcel.lines.items())
        yield Moment(parcel.created_at, Source.PARCEL, parcel.state, pieces, actor=parcel.actor)


def _mails(session: Session, order: Order) -> Iterator[Moment]:
    query = select(Job).where(Job.store_id == order.store_id, Job.subject_id == order.id, Job.kind == "mail")
    for job in session.scalars(query):
        yield Moment(job.done_at or job.created_at, Source.MAIL, job.detail, job.state)
