"""What the provider may report though it had said something else: the order, its goods and its sessions keep up."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from sqlalchemy import select

from payments.columns import utcnow
from payments.models import Attempt, Payment
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.provider import Charge, Refund, SessionStatus
from payments.settle import apply_refund, apply_session
from shop.context import Shop
from shop.jobs.worker import Worker
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from shop.orders.refund_plan import Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer
from tests.shop.till import attempts_of, orders_of, pay_for


def _payment(shop: Shop) -> Payment:
    with shop.db.read() as session:
        return session.scalars(select(Payment)).one()


def _paid_after_all(shop: Shop, attempt: Attempt) -> None:
    """The provider reports a session as paid that it had called ended."""
    provider, payment = shop.providers["style"], _payment(shop)
    told = provider.retrieve_session(attempt.session_id or "")
    charge = Charge("ch_late", told.amount, Money(0), True, True, "card", "visa", "4242", utcnow())
    paid = dataclasses.replace(
        told,
        status=SessionStatus.COMPLETE,
        paid=True,
        payment_id="pi_late",
        payment_status="succeeded",
        charge=charge,
    )
    apply_session(shop.db, OrderListener(), "style", payment.id, paid, provider, cause="test")


def test_an_order_that_was_paid_late_leaves_no_other_session_to_be_paid(
    style: Buyer, paying_shop: Shop, paying_app: Flask
) -> None:
    token = style.buy()
    provider = paying_shop.providers["style"]
    provider.expire_session(attempts_of(paying_shop)[0].session_id or "")
    style.post(f"/orders/{token}/pay", {})
    first, second = attempts_of(paying_shop)
    assert provider.retrieve_session(second.session_id or "").status is SessionStatus.OPEN
    _paid_after_all(paying_shop, first)
    Worker(paying_app, paying_shop).turn()
    assert provider.retrieve_session(second.session_id or "").status is SessionStatus.EXPIRED
    assert [order.state for order in orders_of(paying_shop)] == ["paid"]


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_of_the_whole_that_fails_before_it_was_heard_of_is_for_a_person(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox, status: str
) -> None:
    style.buy()
    [order] = orders_of(paying_shop)
    pay_for(paying_shop, sandbox, order)
    wanted = Request(Wish(everything=True), RefundReason.DAMAGED, "", "key", "someone", "req-test")
    paying_shop.db.write(lambda session: refund_order(session, paying_shop, "style", order.id, wanted))
    with paying_shop.db.read() as session:
        row = session.scalars(select(RefundRow)).one()
    told = Refund("re_1", row.provider_payment, Money(row.amount_minor), status, None, row.id)
    apply_refund(
        paying_shop.db, OrderListener(), "style", row.payment_id, told, paying_shop.providers["style"]
    )
    with paying_shop.db.read() as session:
        assert session.get_one(Order, ("style", order.id)).state == "review"
        assert session.get_one(RefundRow, ("style", row.id)).state == "failed"
    assert _payment(paying_shop).state == "review"
