"""What the money checks read of an order, straight from the tables. Used by E8, E9 and E20."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from payments.models import Attempt, LedgerEntry, Payment, ProviderEvent
from security.canary.sinks import MissingEvidence
from shop.catalog.models import Variant
from shop.jobs.models import Job
from shop.orders.links import order_of_token
from shop.orders.models import Order, OrderLine
from shop.scope.lab import Desk


@dataclass(frozen=True)
class OrderState:
    """An order with its payment and newest session."""

    id: str
    state: str
    total: int
    goods: int
    """Price by the catalogue times quantity, over the lines."""
    payment_id: str
    payment_state: str
    amount: int
    session_id: str
    captured: int


def order_of(desk: Desk, store_id: str, token: str) -> OrderState:
    """The order behind a token. Raises MissingEvidence when there is none, or no session of it."""
    order_id = order_of_token(desk.shop.settings.keys, store_id, token)
    with desk.shop.db.read() as session:
        order = session.get(Order, (store_id, order_id)) if order_id else None
        if order is None:
            raise MissingEvidence("an order that was placed is not in the database")
        payment = session.scalars(
            select(Payment).where(Payment.store_id == store_id, Payment.reference == order.id)
        ).one()
        attempt = session.scalars(
            select(Attempt)
            .where(Attempt.store_id == store_id, Attempt.payment_id == payment.id)
            .order_by(Attempt.created_at.desc())
        ).first()
        lines = session.execute(
            select(OrderLine.quantity, Variant.price)
            .join(Variant, (Variant.store_id == OrderLine.store_id) & (Variant.sku == OrderLine.sku))
            .where(OrderLine.store_id == store_id, OrderLine.order_id == order.id)
        ).all()
        captured = session.scalar(
            select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
                LedgerEntry.payment_id == payment.id
            )
        )
    if attempt is None or attempt.session_id is None:
        raise MissingEvidence("the provider made no session for an honest order")
    return OrderState(
        order.id,
        order.state,
        order.total_minor,
        sum(quantity * price for quantity, price in lines),
        payment.id,
        payment.state,
        payment.amount_minor,
        attempt.session_id,
        int(captured or 0),
    )


def count_events(desk: Desk) -> int:
    """How many events the inbox has."""
    with desk.shop.db.read() as session:
        return int(session.scalar(select(func.count()).select_from(ProviderEvent)) or 0)


def count_jobs(desk: Desk, order_id: str) -> int:
    """How many jobs (mails) an order has left in the outbox."""
    with desk.shop.db.read() as session:
        jobs = session.scalars(select(Job)).all()
    return sum(order_id in str(vars(job)) for job in jobs)


def count_orders(desk: Desk) -> int:
    """How many orders there are."""
    with desk.shop.db.read() as session:
        return int(session.scalar(select(func.count()).select_from(Order)) or 0)
