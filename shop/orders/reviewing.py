"""A person ends the review of a payment: it is good after all, or its money goes back. The provider is asked first.

What is good must agree with the order as it would have had to at first; whatever does not can only go back. An order
that was called off stays so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.authorisation import is_captured
from payments.capture import NotCapturable, want_void, wanted_end
from payments.ledger import refundable, want_refund
from payments.models import Payment, Refund
from payments.provider import Provider
from payments.provider import Session as Told
from payments.settle import disagreement, let_go_on, lock_payment, settle, settled_sessions
from payments.states import PaymentState
from shop.audit.actor import Actor
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment
from shop.orders.states import OrderState


class Verdict(StrEnum):
    """What a person decides."""

    GOOD = "good"
    GIVE_BACK = "give_back"


class NotDecided(Exception):
    """Nothing was changed; `code` says why: state, no_money, several, differs, canceled, under_way, nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Decided:
    """Who decides what, by which request."""

    verdict: Verdict
    actor: Actor
    request_id: str


def decide(shop: Shop, store_id: str, order_id: str, decided: Decided) -> None:
    """Ask the provider what there is, then carry the verdict out under the locks. The refusal is written down too.

    Raises NotDecided, or a PaymentError when the provider did not answer.
    """
    provider, listener = shop.providers[store_id], OrderListener()
    with shop.db.read() as session:
        link = session.get(OrderPayment, (store_id, order_id))
    if link is None:
        raise NotDecided("state")
    settle(shop.db, provider, listener, store_id, link.payment_id, cause="looked at by a person")
    told = _with_money(shop, provider, store_id, link.payment_id)
    try:
        shop.db.write(
            lambda session: _carry_out(
                session, shop, provider, store_id, order_id, link.payment_id, told, decided
            )
        )
    except NotDecided:
        shop.db.write(lambda session: _record(session, shop, store_id, order_id, decided, "refused"))
        raise


def _with_money(shop: Shop, provider: Provider, store_id: str, payment_id: str) -> list[Told]:
    """The sessions through which money came, or was reserved."""
    with shop.db.read() as session:
        session_ids = settled_sessions(session, store_id, payment_id)
    told = [provider.retrieve_session(session_id) for session_id in session_ids]
    return [one for one in told if one.payment_id and (one.paid or _is_reserved(one))]


def _is_reserved(told: Told) -> bool:
    return told.payment_status == "requires_capture"


def _carry_out(
    session: Session,
    shop: Shop,
    provider: Provider,
    store_id: str,
    order_id: str,
    payment_id: str,
    told: list[Told],
    decided: Decided,
) -> None:
    payment = lock_payment(session, OrderListener(), store_id, payment_id)
    if payment is None or payment.state != PaymentState.REVIEW:
        raise NotDecided("state")
    if not told:
        raise NotDecided("no_money")
    if decided.verdict is Verdict.GOOD:
        _accept(session, provider, session.get_one(Order, (store_id, order_id)), payment, told)
    else:
        _give_back(session, payment, told)
    _record(session, shop, store_id, order_id, decided, "done")


def _accept(session: Session, provider: Provider, order: Order, payment: Payment, told: list[Told]) -> None:
    if order.state == OrderState.CANCELED:
        raise NotDecided("canceled")
    if len(told) != 1:
        raise NotDecided("several")
    (one,) = told
    if disagreement(payment, one, provider, reserved=_is_reserved(one)) is not None:
        raise NotDecided("differs")
    if payment.provider_id not in {None, one.payment_id}:
        raise NotDecided("differs")
    if wanted_end(session, payment, one.payment_id) is not None:
        raise NotDecided("under_way")  # somebody lets the reservation go: nothing may be sold by it any more
    if is_captured(session, payment) and refundable(session, payment) <= 0:
        raise NotDecided("nothing")
    assert one.charge is not None
    payment.provider_id = one.payment_id
    payment.card_brand, payment.card_last4 = one.charge.brand, one.charge.last4
    payment.capture_before = one.charge.capture_before
    let_go_on(session, payment, OrderListener())


def _give_back(session: Session, payment: Payment, told: list[Told]) -> None:
    wanted, before = 0, _refunds(session, payment)
    for one in told:
        assert one.charge is not None
        assert one.payment_id is not None
        if one.charge.amount.currency != payment.currency:
            raise NotDecided("differs")
        if _is_reserved(one):
            _let_go(session, payment, one.payment_id)
            wanted += 1
            continue
        there = min(one.charge.amount.minor, refundable(session, payment))
        if there > 0:
            # One that failed before must not stand for this one.
            want_refund(session, payment, one.payment_id, there, reason=f"review {before}")
            wanted += 1
    if not wanted:
        raise NotDecided("nothing")


def _refunds(session: Session, payment: Payment) -> int:
    query = select(func.count()).where(Refund.store_id == payment.store_id, Refund.payment_id == payment.id)
    return session.scalar(query) or 0


def _let_go(session: Session, payment: Payment, provider_payment: str) -> None:
    try:
        want_void(session, payment, provider_payment, reason="review")
    except NotCapturable as refused:
        raise NotDecided(refused.code) from refused


def _record(
    session: Session, shop: Shop, store_id: str, order_id: str, decided: Decided, outcome: str
) -> None:
    shop.audit.record(
        session,
        actor=decided.actor,
        action=f"review.{decided.verdict.value}",
        outcome=outcome,
        subject=f"order/{store_id}/{order_id}",
        store_id=store_id,
        request_id=decided.request_id,
    )
