"""End orders whose hold ran out: first no session can be paid any more, then the goods are free. Never the reverse."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.database import Database
from payments.listener import PaymentListener
from payments.models import Payment
from payments.provider import PaymentError, Provider
from payments.sessions import end_sessions, is_payable
from payments.states import PaymentState
from payments.states import advance as advance_payment
from shop.jobs.outbox import enqueue_mail
from shop.orders import holds
from shop.orders.models import Order, OrderPayment
from shop.orders.states import OrderState, advance

_log = logging.getLogger("hitsuka.orders")


def due(session: Session, now: dt.datetime, *, limit: int = 100) -> list[tuple[str, str]]:
    """(store, order) of unpaid orders whose hold has run out."""
    query = (
        select(Order.store_id, Order.id)
        .where(Order.state == OrderState.PLACED.value, Order.held_until <= now)
        .order_by(Order.held_until)
        .limit(limit)
    )
    return [(row.store_id, row.id) for row in session.execute(query)]


def release(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    store_id: str,
    order_id: str,
    now: dt.datetime,
    *,
    given_up: bool = False,
) -> bool:
    """End one order that was not paid in time, or that its shopper gave up for another.

    False when it was paid after all, prolonged, or can't be known yet: then nothing changed."""
    with db.read() as session:
        link = session.get_one(OrderPayment, (store_id, order_id))
    try:
        if end_sessions(db, provider, listener, store_id, link.payment_id) is not PaymentState.PENDING:
            return False
    except PaymentError as error:
        code = error.code
        _log.warning("release waits for the provider", extra={"order": order_id, "reason": code})
        return False
    return db.write(lambda session: _free(session, store_id, order_id, link.payment_id, now, given_up))


def _free(
    session: Session, store_id: str, order_id: str, payment_id: str, now: dt.datetime, given_up: bool
) -> bool:
    order = session.get_one(Order, (store_id, order_id), with_for_update=True)
    payment = session.get_one(Payment, (store_id, payment_id), with_for_update=True)
    over = order.state == OrderState.PLACED and (given_up or order.held_until <= now)
    if not over or payment.state != PaymentState.PENDING or is_payable(session, payment):
        return False
    cause = "given up for another order" if given_up else "not paid in time"
    advance_payment(session, payment, PaymentState.EXPIRED, cause=cause)
    advance(session, order, OrderState.EXPIRED, cause=cause)
    holds.release(session, order)
    if not given_up:
        enqueue_mail(session, store_id, order_id, "order_expired", order.locale)
    return True
