"""What payment news does to an order, in the transaction that brings it. Wired by `shop.app`."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.capture import want_void
from payments.columns import utcnow
from payments.ledger import want_refund
from payments.methods import Method
from payments.models import Attempt, LedgerEntry, Payment, PaymentPromise
from payments.provider import Session as Told
from shop.card_testing import declines
from shop.cart.cart import take_out
from shop.fulfilment import parcels
from shop.jobs.outbox import enqueue, enqueue_mail
from shop.methods.policy import methods_of
from shop.orders import holds
from shop.orders.models import Order, OrderLine
from shop.orders.states import OrderState, advance

PART_REFUNDED_MAIL = "order_part_refunded"
_log = logging.getLogger("hitsuka.orders")


REMINDED_BEFORE = dt.timedelta(hours=24)
"""How long before its deadline a customer who has not paid is reminded, once."""
_UNPAID = {OrderState.PLACED, OrderState.WAITING, OrderState.ON_DELIVERY}


class OrderListener:
    """Implements `payments.listener.PaymentListener`; a payment's reference is its order's id."""

    def lock(self, session: Session, payment: Payment) -> None:
        _order(session, payment)

    def paid(self, session: Session, payment: Payment) -> None:
        """Goods in time: sold. Too late: held again if they are there, else the money goes back, with an apology. What
        its shopper has called off stays so: the money goes back."""
        order = _order(session, payment)
        if order.state == OrderState.CANCELED:
            _log.warning("paid after it was called off", extra={"order": order.id})
            assert payment.provider_id is not None
            want_refund(session, payment, payment.provider_id, payment.amount_minor, reason="called_off")
            return
        if order.state in _UNPAID or holds.is_held(session, order) or holds.hold_again(session, order):
            holds.take(session, order)
            advance(session, order, OrderState.PAID, cause="payment")
            empty_basket(session, order)
            enqueue_mail(session, order.store_id, order.id, "order_paid", order.locale)
            return
        _log.warning("paid after the goods were gone", extra={"order": order.id})
        assert payment.provider_id is not None
        advance(session, order, OrderState.REFUNDING, cause="goods gone")
        want_refund(session, payment, payment.provider_id, payment.amount_minor, reason="goods_gone")
        enqueue_mail(session, order.store_id, order.id, "order_apology", order.locale)

    def promised(self, session: Session, payment: Payment, promise: PaymentPromise) -> None:
        """The order is concluded: it waits for its money until the deadline, and so do the goods."""
        order = _order(session, payment)
        if order.state == OrderState.WAITING and promise.remaining_minor < payment.amount_minor:
            enqueue_mail(session, order.store_id, order.id, "order_partial", order.locale)
        if order.state != OrderState.PLACED:
            return
        terms = methods_of(order.store_id).of(Method(payment.method))
        advance(session, order, OrderState.WAITING, cause="number given")
        order.held_until = promise.deadline + (terms.grace if terms else dt.timedelta())
        empty_basket(session, order)
        enqueue_mail(session, order.store_id, order.id, "order_waiting", order.locale)
        remind = max(promise.deadline - REMINDED_BEFORE - utcnow(), dt.timedelta(hours=1))
        enqueue(
            session,
            "mail",
            order.store_id,
            order.id,
            detail="order_reminder",
            locale=order.locale,
            delay=remind,
        )

    def money_left(self, session: Session, payment: Payment, promise: PaymentPromise) -> None:  # noqa: ARG002  (the port's signature)
        """It belongs to the customer: the order stays as it is, and staff are told."""
        order = _order(session, payment)
        enqueue(session, "alert", order.store_id, order.id, detail="transfer_left")

    def authorised(self, session: Session, payment: Payment) -> None:
        """As good as sold: the goods leave the shelf. Too late for them: the reservation is let go, with an apology."""
        order = _order(session, payment)
        is_there = holds.is_held(session, order) or holds.hold_again(session, order)
        if order.state not in _UNPAID and not is_there:
            _log.warning("authorised after the goods were gone", extra={"order": order.id})
            assert payment.provider_id is not None
            advance(session, order, OrderState.CANCELED, cause="goods gone")
            want_void(session, payment, payment.provider_id, reason="goods_gone")
            enqueue_mail(session, order.store_id, order.id, "order_apology", order.locale)
            return
        holds.take(session, order)
        advance(session, order, OrderState.AUTHORISED, cause="card authorised")
        empty_basket(session, order)
        enqueue_mail(session, order.store_id, order.id, "order_authorised", order.locale)

    def captured(self, session: Session, payment: Payment) -> None:
        """The money is there: the parcel that waited for it may leave."""
        order = _order(session, payment)
        advance(session, order, OrderState.PAID, cause="money taken")
        parcel = parcels.wanted_parcel(session, order)
        if parcel is not None:
            parcels.send(session, order, parcel, cause="money taken")

    def voided(self, session: Session, payment: Payment) -> None:
        """No money will come: the order is called off, its goods are for sale again, once."""
        order = _order(session, payment)
        if order.state == OrderState.CANCELED:
            return
        advance(session, order, OrderState.CANCELED, cause="reservation let go")
        parcels.call_off(session, order, cause="reservation let go")
        holds.give_back(session, order)
        enqueue_mail(session, order.store_id, order.id, "order_canceled", order.locale)

    def capture_failed(self, session: Session, payment: Payment) -> None:
        """The parcel may not leave; a person looks."""
        order = _order(session, payment)
        parcels.hold_back(session, order, cause="money not taken")
        enqueue(session, "alert", order.store_id, order.id, detail="capture_failed")

    def declined(self, session: Session, payment: Payment, told: Told) -> None:
        """The shopper is busy with it: the hold may last a little longer. After too many tries there are no more."""
        order = _order(session, payment)
        holds.prolong(order, utcnow())
        if declines.note(session, order, told):
            _end_tries(session, order.store_id, order.id, told.attempt or told.id[-40:])
        for attempt, of_order in declines.unproved(session, order.store_id, utcnow()):
            _end_tries(session, order.store_id, of_order, attempt)

    def review(self, session: Session, payment: Payment) -> None:
        """Nothing is shipped and nothing released until a person has looked."""
        order = _order(session, payment)
        if order.state not in {OrderState.REVIEW, OrderState.CANCELED}:
            advance(session, order, OrderState.REVIEW, cause="payment disagrees")
        parcels.hold_back(session, order, cause="payment disagrees")
        enqueue(session, "alert", order.store_id, order.id, detail="payment_review")

    def after_stop(self, session: Session, payment: Payment) -> None:
        """Cards had been stopped: nothing is shipped until a person has decided. What is held stays held."""
        order = _order(session, payment)
        if order.state != OrderState.REVIEW:
            advance(session, order, OrderState.REVIEW, cause="paid after a stop")
        empty_basket(session, order)
        enqueue(session, "alert", order.store_id, order.id, detail="paid_after_stop")

    def still_payable(self, session: Session, payment: Payment, attempt: Attempt) -> None:
        """Paid already, or over: the worker ends it before somebody pays for nothing."""
        what = attempt.session_id or attempt.id
        enqueue(session, "end_sessions", payment.store_id, payment.reference, detail=what[-40:])

    def disputed(self, session: Session, payment: Payment) -> None:
        """It changes nothing of the order; a person answers."""
        enqueue(session, "alert", payment.store_id, payment.reference, detail="disputed")

    def warned(self, session: Session, payment: Payment) -> None:
        """A person decides whether to give the money back before there is a dispute."""
        enqueue(session, "alert", payment.store_id, payment.reference, detail="fraud_warning")

    def part_refunded(self, session: Session, payment: Payment, entry: LedgerEntry) -> None:
        """The customer hears of each part."""
        order = _order(session, payment)
        enqueue_mail(session, order.store_id, order.id, f"{PART_REFUNDED_MAIL}:{entry.id}", order.locale)

    def refunded(self, session: Session, payment: Payment) -> None:
        """All the money went back, by us or on the provider's screen. Goods that a review still held are free."""
        order = _order(session, payment)
        if order.state == OrderState.CANCELED:
            return  # it stays so, whatever money came and went
        advance(session, order, OrderState.REFUNDED, cause="refund")
        holds.release(session, order)
        enqueue_mail(session, order.store_id, order.id, "order_refunded", order.locale)


def _end_tries(session: Session, store_id: str, order_id: str, attempt: str) -> None:
    """No more cards in the order's session: once for each, so its attempt is named."""
    enqueue(session, "end_sessions", store_id, order_id, detail=attempt)


def empty_basket(session: Session, order: Order) -> None:
    """What was bought leaves the basket, when the order is concluded; what was added since stays."""
    skus = session.scalars(
        select(OrderLine.sku).where(OrderLine.store_id == order.store_id, OrderLine.order_id == order.id)
    ).all()
    take_out(session, order.store_id, order.cart_id, skus)


def _order(session: Session, payment: Payment) -> Order:
    """The payment's order, locked, as it is now."""
    return session.get_one(
        Order, (payment.store_id, payment.reference), with_for_update=True, populate_existing=True
    )
