"""End unpaid orders: first no session can be paid any more, then the goods are free. Never the reverse."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.database import Database
from payments.listener import PaymentListener
from payments.models import Payment
from payments.provider import PaymentError, Provider, Refused
from payments.review import needs_a_person
from payments.sessions import end_sessions, is_payable
from payments.settle import lock_payment
from payments.states import PaymentState
from payments.states import advance as advance_payment
from shop.jobs.models import Job
from shop.jobs.outbox import enqueue_mail
from shop.orders import holds
from shop.orders.models import Order, OrderPayment
from shop.orders.states import OrderState, advance

_log = logging.getLogger("hitsuka.orders")

_UNPAID = (OrderState.PLACED.value, OrderState.WAITING.value)
_MAILS = ("order_expired", "order_canceled")
UNPAID_MAILS_A_DAY = 3
"""To one address. Anyone can type a stranger's and not pay."""
DENIED_FOR = dt.timedelta(days=1)
"""So long may the provider deny an order's session (a wrong key, say) before a person must look."""


@dataclass(frozen=True)
class Ending:
    """Why an unpaid order ends, and what of it is said to whom."""

    to: OrderState
    cause: str
    of: tuple[str, ...] = _UNPAID
    mail: str | None = None
    is_early: bool = True
    """Whether it may end before its hold has run out."""


RAN_OUT = Ending(OrderState.EXPIRED, "not paid in time", mail="order_expired", is_early=False)
GIVEN_UP = Ending(OrderState.EXPIRED, "given up for another order")
CALLED_OFF = Ending(
    OrderState.CANCELED, "called off by its shopper", of=(OrderState.WAITING.value,), mail="order_canceled"
)
"""Unlike the others for good: what is paid after it goes back, even if the goods are still there."""


class Due(NamedTuple):
    """An unpaid order whose hold has run out."""

    store_id: str
    order_id: str
    held_until: dt.datetime


def due(session: Session, now: dt.datetime, *, after: Due | None = None, limit: int = 100) -> list[Due]:
    """Unpaid orders whose hold has run out, the oldest first. `after` goes on behind one of them, so that orders
    which can't be ended yet don't stand in the way of the others."""
    query = select(Order.store_id, Order.id, Order.held_until).where(
        Order.state.in_(_UNPAID), Order.held_until <= now
    )
    if after is not None:
        is_later = (Order.held_until == after.held_until) & (Order.id > after.order_id)
        query = query.where(
            Order.held_until >= after.held_until, (Order.held_until > after.held_until) | is_later
        )
    rows = session.execute(query.order_by(Order.held_until, Order.id).limit(limit))
    return [Due(row.store_id, row.id, row.held_until) for row in rows]


def release(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    store_id: str,
    order_id: str,
    now: dt.datetime,
    *,
    ending: Ending = RAN_OUT,
) -> bool:
    """End one order that was not paid in time, or that its shopper gave up for another or called off.

    False when it was paid after all, prolonged, or can't be known yet: then nothing changed."""
    with db.read() as session:
        link = session.get_one(OrderPayment, (store_id, order_id))
        order = session.get_one(Order, (store_id, order_id))
    if order.state not in ending.of:
        return False
    try:
        left = end_sessions(db, provider, listener, store_id, link.payment_id, for_good=True)
    except PaymentError as error:
        code = error.code
        _log.warning("release waits for the provider", extra={"order": order_id, "reason": code})
        if isinstance(error, Refused) and now - order.held_until > DENIED_FOR:
            reason = f"its session can't be ended: {code}"
            db.write(lambda session: _to_a_person(session, listener, store_id, link.payment_id, reason))
        return False
    if left is not PaymentState.PENDING:
        return False
    return db.write(lambda session: _free(session, store_id, order_id, link.payment_id, now, ending))


def _to_a_person(
    session: Session, listener: PaymentListener, store_id: str, payment_id: str, reason: str
) -> None:
    payment = lock_payment(session, listener, store_id, payment_id)
    if payment is not None and payment.state == PaymentState.PENDING:
        needs_a_person(session, payment, reason[:200], listener)


def _free(
    session: Session, store_id: str, order_id: str, payment_id: str, now: dt.datetime, ending: Ending
) -> bool:
    order = session.get_one(Order, (store_id, order_id), with_for_update=True)
    payment = session.get_one(Payment, (store_id, payment_id), with_for_update=True)
    over = order.state in ending.of and (ending.is_early or order.held_until <= now)
    if not over or payment.state != PaymentState.PENDING or is_payable(session, payment):
        return False
    was_placed = order.state == OrderState.PLACED
    advance_payment(session, payment, PaymentState.EXPIRED, cause=ending.cause)
    advance(session, order, ending.to, cause=ending.cause)
    holds.release(session, order, has_basket=was_placed)
    if ending.mail is not None and _mails_of_a_day(session, order, now) < UNPAID_MAILS_A_DAY:
        enqueue_mail(session, store_id, order_id, ending.mail, order.locale)
    return True


def _mails_of_a_day(session: Session, order: Order, now: dt.datetime) -> int:
    query = (
        select(func.count())
        .select_from(Order)
        .join(Job, (Job.store_id == Order.store_id) & (Job.subject_id == Order.id))
        .where(
            Order.store_id == order.store_id,
            Order.email_hash == order.email_hash,
            Order.placed_at > now - dt.timedelta(days=1),
            Job.kind == "mail",
            Job.detail.in_(_MAILS),
        )
    )
    return session.scalar(query) or 0
