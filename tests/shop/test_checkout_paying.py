"""From the placed order to its end, by request: paid once, too late or not at all, whatever the provider does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.inbox import apply_events
from payments.making import Made
from payments.models import Attempt, Payment
from payments.provider import UIMode
from payments.sessions import end_sessions
from payments.states import AttemptState, PaymentState
from shop.cart.models import CartLine
from shop.checkout import payment
from shop.checkout.payment import make
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order, OrderLine
from shop.orders.queries import order_view
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field, plenty
from tests.shop.starting import start_payment
from tests.shop.till import (
    SKU,
    attempts_of,
    change_variant,
    end_order,
    hear_of,
    orders_of,
    pay_for,
    stock_of,
)

OTHER = plenty("style", nth=1)


def test_paid_after_the_hold_ran_out_gets_the_goods_if_they_are_there(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    order = _paid_too_late(paying_shop, sandbox)
    on_hand, held = stock_of(paying_shop)
    hear_of(paying_shop, order)
    assert orders_of(paying_shop)[0].state == "paid"
    assert stock_of(paying_shop) == (on_hand - 1, held)


def test_paid_after_the_goods_went_gets_the_money_back_and_an_apology(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    change_variant(paying_shop, SKU, on_hand=1)
    token = style.buy()
    order = _paid_too_late(paying_shop, sandbox)
    change_variant(paying_shop, SKU, on_hand=0)
    hear_of(paying_shop, order)
    assert orders_of(paying_shop)[0].state == "refunding"
    assert "返金" in style.get(f"/orders/{token}").text
    with paying_shop.db.read() as session:
        mails = session.scalars(select(Job.detail).where(Job.kind == "mail").order_by(Job.id)).all()
    assert mails == ["order_expired", "order_apology"]


def _paid_too_late(shop: Shop, sandbox: Sandbox) -> Order:
    """An order that was ended while a payment of it was on its way: the provider says paid, we said expired."""
    (order,) = orders_of(shop)
    session_id = attempts_of(shop)[0].session_id
    assert session_id is not None

    def end(session: Session) -> None:
        from payments.states import advance
        from shop.orders import holds
        from shop.orders.states import OrderState
        from shop.orders.states import advance as advance_order

        locked = session.get_one(Order, (order.store_id, order.id))
        payment = session.scalars(select(Payment).where(Payment.reference == order.id)).one()
        advance(session, payment, PaymentState.EXPIRED, cause="test")
        advance_order(session, locked, OrderState.EXPIRED, cause="test")
        holds.release(session, locked)
        from shop.jobs.outbox import enqueue_mail

        enqueue_mail(session, "style", order.id, "order_expired", "ja")

    shop.db.write(end)
    sandbox.pay(session_id, "success")
    return order


def test_an_ended_order_cannot_be_paid(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> None:
    token = style.buy()
    (order,) = orders_of(paying_shop)
    end_order(paying_shop, order)
    session = paying_shop.providers["style"].retrieve_session(attempts_of(paying_shop)[0].session_id or "")
    assert session.status == "expired"
    assert style.get(f"/orders/{token}/pay").headers["Location"] == f"/orders/{token}"
    page = style.get(f"/orders/{token}").text
    assert "取り消されました" in page
    assert "pay-form" not in page


def test_after_success_no_payment_form_comes_again(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> None:
    token = style.buy()
    pay_for(paying_shop, sandbox, orders_of(paying_shop)[0])
    for path in ("pay", "return", "wait"):
        answer = style.get(f"/orders/{token}/{path}")
        assert answer.status_code == 303, path
        assert answer.headers["Cache-Control"] == "no-store"
    assert "ご注文ありがとうございます" in style.get(f"/orders/{token}").text


def test_two_tabs_that_want_to_pay_share_one_session(style: Buyer, paying_shop: Shop) -> None:
    token = style.buy()
    for _tab in range(2):
        style.post(f"/orders/{token}/pay", {})
    assert [attempt.state for attempt in attempts_of(paying_shop)] == [AttemptState.OPEN]


def test_changing_to_the_providers_page_leaves_one_session_payable(style: Buyer, paying_shop: Shop) -> None:
    token = style.buy()
    style.post(f"/orders/{token}/pay/page", {}, form_on=f"/orders/{token}/pay")
    style.post(f"/orders/{token}/pay", {})
    provider = paying_shop.providers["style"]
    states = [
        provider.retrieve_session(attempt.session_id or "").status for attempt in attempts_of(paying_shop)
    ]
    assert states == ["expired", "expired", "open"]


def test_two_tabs_that_found_no_open_session_make_one(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    style.buy()
    (order,) = orders_of(paying_shop)
    provider = paying_shop.providers["style"]
    provider.expire_session(attempts_of(paying_shop)[0].session_id or "")
    hear_of(paying_shop, order)
    with paying_shop.db.read() as session:
        seen = order_view(session, "style", order.id)
    assert seen is not None

    def start() -> None:
        start_payment(
            paying_shop, seen, ui_mode=UIMode.ELEMENTS, locale="ja", request_id="test", now=utcnow()
        )

    ended = end_sessions

    def end_and_be_overtaken(*arguments: Any) -> PaymentState:
        state = ended(*arguments)
        monkeypatch.setattr(payment, "end_sessions", ended)
        start()  # the other tab does all of it between this one's two steps
        return state

    monkeypatch.setattr(payment, "end_sessions", end_and_be_overtaken)
    start()
    sessions = [provider.retrieve_session(attempt.session_id or "") for attempt in attempts_of(paying_shop)]
    assert [session.status for session in sessions] == ["expired", "open"]


def test_a_session_that_ended_at_the_provider_is_followed_by_a_new_one(
    style: Buyer, paying_shop: Shop
) -> None:
    token = style.buy()
    provider = paying_shop.providers["style"]
    provider.expire_session(attempts_of(paying_shop)[0].session_id or "")
    page = style.get(f"/orders/{token}/pay")
    assert page.status_code == 200
    assert "pay-form" not in page.text
    assert len(attempts_of(paying_shop)) == 1, "GET makes nothing"
    style.post(f"/orders/{token}/pay", {})
    assert [attempt.state for attempt in attempts_of(paying_shop)] == [
        AttemptState.EXPIRED,
        AttemptState.OPEN,
    ]


@pytest.mark.parametrize("kind", ["refuse", "500", "lost_answer"])
def test_a_provider_that_fails_at_confirm_leaves_an_order_that_can_be_resumed(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox, kind: str
) -> None:
    page = style.final_page()
    sandbox.fault("checkout.sessions.create", kind, times=2)
    answer = style.confirm(page)
    assert answer.status_code == 303
    assert [order.state for order in orders_of(paying_shop)] == ["placed"]
    assert len(orders_of(paying_shop)) == 1
    followed = style.get(answer.headers["Location"])
    assert followed.status_code in {200, 303}
    assert "請求されました" not in followed.text


def test_a_provider_that_fails_at_the_payment_page_claims_no_charge_and_denies_none(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    token = style.buy()
    sandbox.fault("*", "refuse", times=None)
    answer = style.get(f"/orders/{token}/pay")
    assert answer.status_code == 503
    assert "お支払いの状態を確認できません" in answer.text
    assert "請求は発生していません" not in answer.text
    sandbox.control("faults", method="DELETE")
    assert "pay-form" in style.get(f"/orders/{token}/pay").text


def test_a_session_that_the_worker_made_first_is_the_one_that_is_used(
    cocomo: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    page = cocomo.final_page()
    sandbox.fault("checkout.sessions.create", "refuse", times=None)
    cocomo.confirm(page)
    sandbox.control("faults", method="DELETE")
    (order,) = orders_of(paying_shop)
    with paying_shop.db.read() as session:
        seen = order_view(session, "cocomo", order.id)
    assert seen is not None
    assert seen.attempt is not None
    assert seen.attempt.state == AttemptState.WAITING
    paying_shop.db.write(lambda session: session.execute(update(Attempt).values(next_try_at=utcnow())))
    make(paying_shop, paying_shop.providers["cocomo"], seen.attempt)
    started = start_payment(
        paying_shop, seen, ui_mode=UIMode.HOSTED_PAGE, locale="ja", request_id="test", now=utcnow()
    )
    assert started.outcome is Made.OPEN
    assert started.session is not None
    assert started.session.url is not None
    assert len(attempts_of(paying_shop)) == 1


def test_the_return_page_decides_nothing_and_a_press_asks_the_provider(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    token = style.buy()
    sandbox.pay(attempts_of(paying_shop)[0].session_id or "", "success")
    assert "確認しています" in style.get(f"/orders/{token}/return").text
    assert orders_of(paying_shop)[0].state == "placed"
    answer = style.post(f"/orders/{token}/check", {}, form_on=f"/orders/{token}/return")
    assert answer.status_code == 303
    assert orders_of(paying_shop)[0].state == "paid"


def test_a_return_that_lies_pays_nothing(style: Buyer, paying_shop: Shop) -> None:
    token = style.buy()
    style.get(f"/orders/{token}/return?redirect_status=succeeded&payment_status=paid&session_id=cs_test_x")
    style.post(f"/orders/{token}/check", {"state": "paid"}, form_on=f"/orders/{token}/return")
    assert orders_of(paying_shop)[0].state == "placed"


def test_a_declined_card_keeps_order_goods_and_session(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    token = style.buy()
    held = stock_of(paying_shop)
    sandbox.pay(attempts_of(paying_shop)[0].session_id or "", "decline:insufficient_funds")
    token_field = hidden_field(style.get(f"/orders/{token}/pay").text, "csrf_token")
    answer = style.post_bare(f"/orders/{token}/check", {}, X_CSRFToken=token_field, Accept="application/json")
    (attempt,) = attempts_of(paying_shop)
    told = {"state": "placed", "reached": True, "decline": "funds", "attempt": attempt.id}
    assert answer.get_json() == told
    assert stock_of(paying_shop) == held
    assert [attempt.state for attempt in attempts_of(paying_shop)] == [AttemptState.OPEN]


def test_a_paid_order_takes_out_of_the_basket_what_was_bought_and_leaves_the_rest(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    style.add(OTHER)
    pay_for(paying_shop, sandbox, orders_of(paying_shop)[0])
    with paying_shop.db.read() as session:
        assert session.scalars(select(CartLine.sku)).all() == [OTHER]
        assert session.scalars(select(OrderLine.sku)).all() == [SKU]
        assert session.scalars(select(Hold.state)).all() == ["taken"]


def test_events_alone_bring_a_payment_whose_shopper_never_came_back(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    from payments.reconcile import reconcile

    style.buy()
    sandbox.pay(attempts_of(paying_shop)[0].session_id or "", "success")
    provider = paying_shop.providers["style"]
    reconcile(paying_shop.db, provider, OrderListener(), since=utcnow() - dt.timedelta(minutes=5))
    apply_events(paying_shop.db, provider, OrderListener())
    assert orders_of(paying_shop)[0].state == "paid"
