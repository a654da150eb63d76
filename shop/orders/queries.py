"""Reading orders. Every query takes the store first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from payments.models import Attempt, Payment, PaymentPromise
from shop.orders.models import Order, OrderLine, OrderPayment

_OF_ATTEMPT_KEY = select(Order).where(
    Order.store_id == bindparam("store"), Order.attempt_key == bindparam("attempt_key")
)


@dataclass(frozen=True)
class OrderView:
    """An order with all that its page shows."""

    order: Order
    lines: list[OrderLine]
    payment: Payment
    attempt: Attempt | None
    """The newest session, open or not."""
    promise: PaymentPromise | None = None
    """The number or account that was given, for what is paid without a card."""


def order_view(session: Session, store_id: str, order_id: str) -> OrderView | None:
    """The order of this store, or None."""
    row = session.execute(
        select(Order, Payment)
        .join(OrderPayment, (OrderPayment.store_id == Order.store_id) & (OrderPayment.order_id == Order.id))
        .join(Payment, (Payment.store_id == OrderPayment.store_id) & (Payment.id == OrderPayment.payment_id))
        .where(Order.store_id == store_id, Order.id == order_id)
    ).first()
    if row is None:
        return None
    order, payment = row
    promise = None if payment.is_card else session.get(PaymentPromise, (store_id, payment.id))
    return OrderView(order, order_lines(session, order), payment, newest_attempt(session, payment), promise)


def order_lines(session: Session, order: Order) -> list[OrderLine]:
    """The lines as they were shown."""
    query = select(OrderLine).where(OrderLine.store_id == order.store_id, OrderLine.order_id == order.id)
    return list(session.scalars(query.order_by(OrderLine.position)))


def newest_attempt(session: Session, payment: Payment) -> Attempt | None:
    """The last session that was wanted for a payment."""
    query = select(Attempt).where(Attempt.store_id == payment.store_id, Attempt.payment_id == payment.id)
    return session.scalar(query.order_by(Attempt.created_at.desc(), Attempt.id.desc()).limit(1))


def order_of_attempt_key(session: Session, store_id: str, attempt_key: str) -> Order | None:
    """The order that a final page has already made."""
    return session.scalar(_OF_ATTEMPT_KEY, {"store": store_id, "attempt_key": attempt_key})
