"""A shopper calls off an order that waits for its money: the promise goes first, then the order; money comes back."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from sqlalchemy import select

from payments.columns import utcnow
from payments.ledger import refundable
from payments.models import BalanceReturn
from payments.models import Refund as RefundRow
from payments.provider import Provider, Session, SessionStatus
from payments.refunds import send_refund, wanted_refunds
from payments.settle import apply_session
from shop.context import Shop
from shop.jobs.models import Job
from shop.mail.message import compose
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderHistory
from shop.orders.release import CALLED_OFF, release
from shop.staff.rights import Role
from tests.servers.sandbox import Sandbox
from tests.shop.bought import Bought
from tests.shop.buyer import Buyer, hidden_field
from tests.shop.till import orders_of, stock_of
from tests.staff.desk import signed_in

WAYS = ["konbini", "customer_balance"]


def _press(bought: Bought) -> int:
    return bought.buyer.post(f"/orders/{bought.token}/cancel", {}).status_code


def _causes(bought: Bought) -> list[tuple[str, str]]:
    with bought.shop.db.read() as session:
        query = select(OrderHistory).where(OrderHistory.order_id == bought.id).order_by(OrderHistory.id)
        return [(one.after, one.cause) for one in session.scalars(query)]


@pytest.mark.parametrize("method", WAYS)
def test_what_is_called_off_can_t_be_paid_and_its_goods_are_free_once(
    either_shop: Shop, either_app: Flask, either_style: Buyer, method: str
) -> None:
    before = stock_of(either_shop)
    bought = Bought(either_shop, either_style, method=method)
    assert f"/orders/{bought.token}/cancel" in either_style.get(f"/orders/{bought.token}").text
    asked = either_style.get(f"/orders/{bought.token}/cancel").text
    assert bought.order.number in asked
    assert bought.states == ("waiting", "pending")  # reading changes nothing
    assert _press(bought) == 303
    assert bought.states == ("canceled", "expired")
    assert stock_of(either_shop) == before
    told = either_shop.providers["style"].retrieve_session(bought.provider_id)
    assert (told.status, told.promise, told.paid) == (SessionStatus.EXPIRED, None, False)
    again = either_style.post_bare(
        f"/orders/{bought.token}/cancel", {"csrf_token": hidden_field(asked, "csrf_token")}
    )
    assert again.headers["Location"].endswith(f"/orders/{bought.token}")
    bought.hear()
    assert stock_of(either_shop) == before
    assert bought.states == ("canceled", "expired")
    assert _causes(bought)[-1] == ("canceled", "called off by its shopper")
    shown = either_style.get(f"/orders/{bought.token}").text
    assert "お申し出により" in shown
    assert "カードへの請求" not in shown
    assert either_style.get(f"/orders/{bought.token}/cancel").status_code == 303
    desk = signed_in(either_app, either_shop, Role.SUPPORT)
    assert "called off by its shopper" in desk.get(f"/orders/style/{bought.id}").text


def test_its_mail_tells_of_no_card_and_nobody_is_reminded(
    either_shop: Shop, either_app: Flask, either_style: Buyer
) -> None:
    bought = Bought(either_shop, either_style)
    assert _press(bought) == 303
    assert bought.mails.count("order_canceled") == 1
    mails = {
        name: _mail(either_shop, either_app, bought, name) for name in ("order_canceled", "order_reminder")
    }
    assert mails["order_reminder"] == []
    assert len(mails["order_canceled"]) == 2
    for text in mails["order_canceled"]:
        assert "お申し出により" in text
        assert "カードへの請求" not in text


def _mail(shop: Shop, app: Flask, bought: Bought, name: str) -> list[str]:
    """The parts of a mail that was wanted; none when nobody is to get it."""
    with shop.db.read() as session:
        job = session.scalars(select(Job).where(Job.detail == name, Job.subject_id == bought.id)).one()
    with app.app_context():
        message = compose(shop, job)
    return [part.get_content() for part in message.iter_parts()] if message is not None else []


def test_paid_at_the_till_meanwhile_wins(either_shop: Shop, either_style: Buyer, sandbox: Sandbox) -> None:
    bought = Bought(either_shop, either_style)
    sandbox.control(f"payments/{bought.provider_id}/pay", {"store": "lawson"})  # and no event has come
    answer = either_style.post(f"/orders/{bought.token}/cancel", {})
    assert answer.status_code == 303
    assert bought.states == ("paid", "paid")
    assert "取り消されていません" in either_style.get(f"/orders/{bought.token}").text
    assert "order_canceled" not in bought.mails


def test_a_part_that_was_transferred_comes_back_by_a_person(
    either_shop: Shop, either_app: Flask, either_style: Buyer, sandbox: Sandbox
) -> None:
    bought = Bought(either_shop, either_style, method="customer_balance")
    sandbox.control(f"payments/{bought.provider_id}/fund", {"amount": 300})
    bought.hear()
    assert "300円は返金いたします" in either_style.get(f"/orders/{bought.token}/cancel").text
    assert _press(bought) == 303
    assert bought.states == ("canceled", "expired")
    bought.hear()
    assert bought.promise.balance_minor == 300
    sandbox.fund(bought.promise.customer or "", bought.order.total_minor)  # and more, too late
    bought.hear()
    assert bought.states == ("canceled", "expired")
    assert bought.promise.balance_minor == 300 + bought.order.total_minor
    cashier = signed_in(either_app, either_shop, Role.FINANCE)
    path = f"/orders/style/{bought.id}"
    assert cashier.post(f"{path}/balance", {}, form_on=path).status_code == 303
    with either_shop.db.read() as session:
        back = session.scalars(select(BalanceReturn).where(BalanceReturn.payment_id == bought.payment.id))
        assert [one.amount_minor for one in back] == [300 + bought.order.total_minor]


@pytest.mark.parametrize(
    ("operation", "kind"), [("payment_intents.cancel", "refuse"), ("payment_intents.retrieve", "refuse")]
)
def test_without_an_answer_it_waits_as_before_and_can_be_pressed_again(
    either_shop: Shop, either_style: Buyer, sandbox: Sandbox, operation: str, kind: str
) -> None:
    held = stock_of(either_shop)
    bought = Bought(either_shop, either_style)
    sandbox.control("faults", {"operation": operation, "kind": kind, "times": None})
    answer = either_style.post(f"/orders/{bought.token}/cancel", {})
    assert answer.status_code == 503
    assert "まだ取り消せていません" in answer.text
    assert bought.states == ("waiting", "pending")
    assert stock_of(either_shop) == (held[0], held[1] + 1)
    sandbox.control("faults", method="DELETE")
    assert _press(bought) == 303
    assert bought.states == ("canceled", "expired")
    assert stock_of(either_shop) == held


class _Liar:
    """A provider that says an order's number is cancelled while a till takes the money for it."""

    def __init__(self, real: Provider, paid: Session) -> None:
        self._real, self._paid = real, paid

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def expire_session(self, _session_id: str) -> Session:
        return dataclasses.replace(
            self._paid,
            status=SessionStatus.EXPIRED,
            paid=False,
            promise=None,
            charge=None,
            payment_status="canceled",
        )


def test_money_for_what_was_called_off_goes_back_and_opens_nothing(
    either_shop: Shop, either_style: Buyer, sandbox: Sandbox
) -> None:
    before = stock_of(either_shop)
    bought = Bought(either_shop, either_style)
    provider = either_shop.providers["style"]
    sandbox.control(f"payments/{bought.provider_id}/pay", {"store": "lawson"})
    paid = provider.retrieve_session(bought.provider_id)
    liar: Provider = _Liar(provider, paid)  # type: ignore[assignment]  # all but one answer is the real one's
    assert release(either_shop.db, liar, OrderListener(), "style", bought.id, utcnow(), ending=CALLED_OFF)
    assert bought.states == ("canceled", "expired")
    for _again in range(2):
        apply_session(
            either_shop.db, OrderListener(), "style", bought.payment.id, paid, provider, cause="test"
        )
    assert bought.states == ("canceled", "refunding")
    with either_shop.db.read() as session:
        ((store_id, refund_id),) = wanted_refunds(session)
        assert session.get_one(RefundRow, (store_id, refund_id)).amount_minor == bought.order.total_minor
    assert send_refund(either_shop.db, provider, OrderListener(), store_id, refund_id)
    (refund,) = provider.refunds_of(bought.provider_id)
    sandbox.control(f"refunds/{refund.id}/complete", {})
    bought.hear()
    assert bought.states == ("canceled", "refunded")
    with either_shop.db.read() as session:
        assert refundable(session, bought.payment) == 0
    assert stock_of(either_shop) == before


def test_only_what_waits_can_be_called_off(
    style: Buyer, cocomo: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    token = style.buy()
    (order,) = orders_of(paying_shop)
    assert style.get(f"/orders/{token}/cancel").status_code == 303
    path = f"/orders/{token}/cancel"
    assert style.post(path, {}, form_on=f"/orders/{token}/pay").status_code == 303
    provider = paying_shop.providers["style"]
    assert not release(
        paying_shop.db, provider, OrderListener(), "style", order.id, utcnow(), ending=CALLED_OFF
    )
    with paying_shop.db.read() as session:
        assert session.get_one(Order, ("style", order.id)).state == "placed"
    bought = Bought(paying_shop, style)
    assert cocomo.get(f"/orders/{bought.token}/cancel").status_code == 404
    assert style.post_bare(f"/orders/{bought.token}/cancel", {}).status_code == 400
    assert style.post_bare(f"/orders/{bought.token}x/cancel", {}).status_code in {400, 404}
    assert bought.states == ("waiting", "pending")
