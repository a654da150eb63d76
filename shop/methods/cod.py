"""Cash on delivery: concluded at the order button, without a provider. Staff write down what happened at the door.

Functions take a session and never commit.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from payments.by_hand import collect
from payments.columns import utcnow
from payments.methods import Method
from payments.models import Payment
from payments.states import PaymentState
from payments.states import advance as advance_payment
from shop.audit.actor import Actor
from shop.context import Shop
from shop.jobs.outbox import enqueue_mail
from shop.orders import holds
from shop.orders.listener import OrderListener, empty_basket
from shop.orders.models import Order, OrderPayment
from shop.orders.states import OrderState, advance


class AtTheDoor(StrEnum):
    """What the carrier tells."""

    COLLECTED = "collected"
    """Handed over, and the whole amount collected."""
    RETURNED = "returned"
    """Not taken, or never there: the goods are back."""


class NotRecorded(Exception):
    """The order waits for nothing at the door (any more); nothing was changed."""


def conclude(session: Session, order: Order) -> None:
    """A new order that is paid at the door: it stands, its basket is empty, its customer gets a mail."""
    advance(session, order, OrderState.ON_DELIVERY, cause="cash on delivery")
    empty_basket(session, order)
    enqueue_mail(session, order.store_id, order.id, "order_cod", order.locale)


def record(
    session: Session,
    shop: Shop,
    store_id: str,
    order_id: str,
    what: AtTheDoor,
    *,
    actor: Actor,
    request_id: str,
) -> None:
    """Write down what happened at the door; the caller has checked the person's right. Locks order, then payment.

    Collected money goes into the ledger, once. Raises NotRecorded.
    """
    order = session.get(Order, (store_id, order_id), with_for_update=True, populate_existing=True)
    link = session.get(OrderPayment, (store_id, order_id))
    if order is None or link is None or order.state != OrderState.ON_DELIVERY:
        raise NotRecorded
    payment = session.get_one(Payment, (store_id, link.payment_id), with_for_update=True)
    if payment.method != Method.COD or payment.state != PaymentState.PENDING:
        raise NotRecorded
    if what is AtTheDoor.COLLECTED:
        collect(session, payment, OrderListener())
    else:
        _returned(session, order, payment)
    shop.audit.record(
        session,
        actor=actor,
        action=f"cod.{what.value}",
        subject=f"order/{store_id}/{order_id}",
        store_id=store_id,
        fields=("amount",) if what is AtTheDoor.COLLECTED else (),
        request_id=request_id,
    )


def _returned(session: Session, order: Order, payment: Payment) -> None:
    advance_payment(session, payment, PaymentState.EXPIRED, cause="not taken at the door")
    advance(session, order, OrderState.RETURNED, cause="not taken at the door")
    holds.release(session, order, has_basket=False)
    order.held_until = utcnow()
