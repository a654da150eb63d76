"""Payments that were confirmed after a stop: a person gives them back, or lets them go on."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.authorisation import is_captured
from payments.capture import want_void, wanted_end
from payments.ledger import refundable, want_refund
from payments.models import Payment
from payments.settle import let_go_on
from payments.states import PaymentState
from shop.audit.actor import Actor
from shop.cards.service import NotTurned, Turn
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment


class Decision(StrEnum):
    """What a person decides."""

    GIVE_BACK = "give_back"
    """All that is left of it goes back. Until the day's books are closed the provider makes a void of it by itself: it
    then never shows on the card's statement (docs.stripe.com/refunds)."""
    RELEASE = "release"
    """It is a good payment: the order goes on as paid."""


def after_stop(session: Session, store_id: str) -> Sequence[tuple[Order, Payment]]:
    """Orders that wait for a decision, oldest first."""
    query = (
        select(Order, Payment)
        .join(OrderPayment, (OrderPayment.store_id == Order.store_id) & (OrderPayment.order_id == Order.id))
        .join(Payment, (Payment.store_id == OrderPayment.store_id) & (Payment.id == OrderPayment.payment_id))
        .where(Order.store_id == store_id, Payment.state == PaymentState.AFTER_STOP.value)
        .order_by(Order.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def decide(
    session: Session,
    shop: Shop,
    store_id: str,
    order_id: str,
    decision: Decision,
    *,
    actor: Actor,
    request_id: str = "-",
) -> None:
    """Carry a decision out; the caller has checked the person's right. Locks order, then payment; never commits.

    Raises NotTurned when the payment waits for none (any more), when nothing is left to give back, and for a release by
    anyone but staff.
    """
    if decision is Decision.RELEASE and actor.kind != "staff":
        raise NotTurned(Turn.ONLY_STAFF_RELEASES)
    order = session.get(Order, (store_id, order_id), with_for_update=True)
    link = session.get(OrderPayment, (store_id, order_id))
    if order is None or link is None:
        raise NotTurned(Turn.NO_ORDER)
    payment = session.get_one(Payment, (store_id, link.payment_id), with_for_update=True)
    if payment.state != PaymentState.AFTER_STOP or payment.provider_id is None:
        raise NotTurned(Turn.DECIDED)
    if wanted_end(session, payment) is not None:
        raise NotTurned(Turn.DECIDED)  # somebody lets the reservation go: nothing may be sold by it any more
    if decision is Decision.RELEASE:
        let_go_on(session, payment, OrderListener())
    else:
        _give_back(session, payment, payment.provider_id)
    shop.audit.record(
        session,
        actor=actor,
        action=f"after_stop.{decision.value}",
        subject=f"order/{store_id}/{order_id}",
        store_id=store_id,
        request_id=request_id,
    )


def _give_back(session: Session, payment: Payment, provider_payment: str) -> None:
    """What was taken is refunded, without what went back already (by the provider's own screen, say): the provider
    refuses more than is left. What was only reserved is let go, and no money moves at all."""
    if not is_captured(session, payment):
        want_void(session, payment, provider_payment, reason="after_stop")
        return
    left = min(payment.amount_minor, refundable(session, payment))
    if left <= 0:
        raise NotTurned(Turn.NOTHING_LEFT)
    want_refund(session, payment, provider_payment, left, reason="after_stop")
