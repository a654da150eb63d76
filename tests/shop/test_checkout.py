"""From the basket to a placed order, by request: one order a final page, nothing charged but what was shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.inbox import apply_events
from payments.making import Made
from payments.models import Attempt, Payment
from payments.provider import UIMode
from payments.sessions import end_sessions
from payments.settle import settle
from payments.states import AttemptState, PaymentState
from shop.cart.models import CartLine
from shop.catalog.models import Variant
from shop.checkout import payment
from shop.checkout.payment import make, start_payment
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.holds import UNITS_PER_CUSTOMER
from shop.orders.links import order_of_token, order_token
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order, OrderLine
from shop.orders.queries import order_view
from shop.orders.release import release
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field, plenty

SKU = plenty("style")
OTHER = plenty("style", nth=1)


def _orders(shop: Shop) -> list[Order]:
    with shop.db.read() as session:
        return list(session.scalars(select(Order).order_by(Order.placed_at)))


def _attempts(shop: Shop) -> list[Attempt]:
    with shop.db.read() as session:
        return list(session.scalars(select(Attempt).order_by(Attempt.created_at)))


def _change(shop: Shop, sku: str, **values: int) -> None:
    def work(session: Session) -> None:
        session.execute(
            update(Variant).where(Variant.store_id == "style", Variant.sku == sku).values(**values)
        )

    shop.db.write(work)


def _stock(shop: Shop, sku: str = SKU) -> tuple[int, int]:
    with shop.db.read() as session:
        variant = session.get_one(Variant, ("style", sku))
        return variant.on_hand, variant.held


def _settle(shop: Shop, order: Order) -> None:
    with shop.db.read() as session:
        payment = session.scalars(select(Payment).where(Payment.reference == order.id)).one()
    settle(shop.db, shop.providers["style"], OrderListener(), order.store_id, payment.id, cause="test")


def _pay(shop: Shop, sandbox: Sandbox, order: Order, card: str = "success") -> None:
    """Pay the newest session of an order on the provider's side, and hear of it."""
    session_id = _attempts(shop)[-1].session_id
    assert session_id is not None
    sandbox.pay(session_id, card)
    _settle(shop, order)


def _run_out(shop: Shop, order: Order) -> None:
    """Let the hold of an order run out."""

    def work(session: Session) -> None:
        session.get_one(Order, (order.store_id, order.id)).held_until = utcnow() - dt.timedelta(seconds=1)

    shop.db.write(work)


def _end(shop: Shop, order: Order) -> None:
    _run_out(shop, order)
    assert release(shop.db, shop.providers["style"], OrderListener(), "style", order.id, utcnow())


def test_confirming_places_the_order_holds_the_goods_and_opens_one_session(
    style: Buyer, paying_shop: Shop
) -> None:
    on_hand, held = _stock(paying_shop)
    token = style.buy(quantity=2)
    (order,) = _orders(paying_shop)
    assert order_of_token(paying_shop.settings.keys, "style", token) == order.id
    assert _stock(paying_shop) == (on_hand, held + 2)
    assert [attempt.state for attempt in _attempts(paying_shop)] == [AttemptState.OPEN]


def test_pressing_again_finds_the_first_order(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page()
    first, second = style.confirm(page), style.confirm(page)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(_orders(paying_shop)) == 1
    assert len(_attempts(paying_shop)) == 1


def test_getting_the_pages_makes_nothing(style: Buyer, paying_shop: Shop) -> None:
    style.final_page()
    for path in ("/checkout", "/checkout/delivery", "/checkout/confirm"):
        style.get(path)
    assert _orders(paying_shop) == []


def test_a_second_purchase_with_the_same_basket_is_a_second_order(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    (first,) = _orders(paying_shop)
    _pay(paying_shop, sandbox, first)
    style.add()
    answer = style.confirm()
    assert answer.status_code == 303
    orders = _orders(paying_shop)
    assert [order.state for order in orders] == ["paid", "placed"]
    assert style.order_in(answer) == order_token(paying_shop.settings.keys, "style", orders[1].id)


def test_a_press_that_comes_after_the_payment_shows_the_paid_order(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    style.buy()
    (order,) = _orders(paying_shop)
    page = style.get("/checkout/confirm").text
    _between_reading_and_placing(monkeypatch, lambda: _pay(paying_shop, sandbox, order))
    answer = style.confirm(page)
    assert answer.headers["Location"].startswith("/orders/")
    assert [order.state for order in _orders(paying_shop)] == ["paid"]


def test_a_basket_changed_while_the_button_is_pressed_places_nothing(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = style.final_page()

    def change() -> None:
        paying_shop.db.write(lambda session: session.execute(update(CartLine).values(quantity=3)))

    _between_reading_and_placing(monkeypatch, change)
    assert style.confirm(page).headers["Location"] == "/checkout/confirm"
    assert _orders(paying_shop) == []


def _between_reading_and_placing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen after the view has read the basket and before the order is placed."""
    from shop.checkout import service, views

    def late(*arguments: Any, **named: Any) -> service.Placed:
        act()
        return service.confirm(*arguments, **named)

    monkeypatch.setattr(views, "confirm", late)


def test_another_quantity_ends_the_unpaid_order_and_places_a_new_one(style: Buyer, paying_shop: Shop) -> None:
    on_hand, held = _stock(paying_shop)
    style.buy()
    style.add(quantity=1)
    style.confirm()
    assert [order.state for order in _orders(paying_shop)] == ["expired", "placed"]
    assert [attempt.state for attempt in _attempts(paying_shop)] == [AttemptState.EXPIRED, AttemptState.OPEN]
    assert _stock(paying_shop) == (on_hand, held + 2)


def test_another_address_does_not_go_to_the_first_orders_address(style: Buyer, paying_shop: Shop) -> None:
    style.buy()
    style.address(street="千駄ヶ谷4-5-6", postal_code="151-0051")
    style.confirm()
    first, second = _orders(paying_shop)
    assert (first.state, second.state) == ("expired", "placed")
    assert first.address_hash != second.address_hash


def test_an_address_changed_in_another_tab_is_shown_before_anything_is_placed(
    style: Buyer, paying_shop: Shop
) -> None:
    page = style.final_page()
    style.address(street="千駄ヶ谷4-5-6", postal_code="151-0051")
    answer = style.confirm(page)
    assert answer.status_code == 409
    assert "千駄ヶ谷4-5-6" in answer.text
    assert _orders(paying_shop) == []


def test_an_earlier_order_that_cannot_be_ended_keeps_the_new_one_from_being_placed(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    style.add(quantity=1)
    page = style.get("/checkout/confirm").text
    sandbox.fault("*", "refuse", times=None)
    answer = style.confirm(page)
    assert answer.status_code == 503
    assert [order.state for order in _orders(paying_shop)] == ["placed"]
    sandbox.control("faults", method="DELETE")
    assert style.confirm(page).status_code == 303
    assert [order.state for order in _orders(paying_shop)] == ["expired", "placed"]


def test_an_order_whose_hold_ran_out_is_not_resumed_but_placed_anew(style: Buyer, paying_shop: Shop) -> None:
    style.buy()
    _run_out(paying_shop, _orders(paying_shop)[0])
    assert style.confirm().status_code == 303
    assert [order.state for order in _orders(paying_shop)] == ["expired", "placed"]


def test_a_new_price_is_shown_beside_the_old_and_asked_again(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page()
    before = int(hidden_field(page, "total"))
    with paying_shop.db.read() as session:
        price = session.get_one(Variant, ("style", SKU)).price
    _change(paying_shop, SKU, price=price + 500)
    answer = style.confirm(page)
    assert answer.status_code == 409
    assert f"{before:,}円" in answer.text
    assert f"{before + 500:,}円" in answer.text
    assert _orders(paying_shop) == []
    assert style.confirm(answer.text).status_code == 303
    assert [order.total_minor for order in _orders(paying_shop)] == [before + 500]


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": ""},
        {"digest": "0" * 32},
        {"digest": "x" * 5000},
        {"total": "1", "digest": "0" * 32},
        {"total": "-1", "digest": ""},
        {"total": "９" * 8, "digest": ""},
        {"total": "1e9", "digest": ""},
    ],
)
def test_a_tampered_page_places_nothing(style: Buyer, paying_shop: Shop, changes: dict[str, str]) -> None:
    page = style.final_page()
    assert style.confirm(page, **changes).status_code == 409
    assert _orders(paying_shop) == []


def test_a_tampered_total_alone_changes_no_amount(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> None:
    page = style.final_page()
    style.confirm(page, total="1")
    (order,) = _orders(paying_shop)
    assert order.total_minor == int(hidden_field(page, "total"))
    session = paying_shop.providers["style"].retrieve_session(_attempts(paying_shop)[0].session_id or "")
    assert session.amount.minor == order.total_minor


def test_sold_out_at_the_button_places_nothing_and_holds_nothing(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page(quantity=2)
    _change(paying_shop, SKU, on_hand=1)
    answer = style.confirm(page)
    assert answer.headers["Location"] == "/cart"
    assert "在庫がなくなった商品" in style.get("/cart").text
    assert _orders(paying_shop) == []
    assert _stock(paying_shop) == (1, 0)


def test_two_buyers_want_the_last_piece_and_one_gets_it(
    style: Buyer, paying_app: Flask, paying_shop: Shop
) -> None:
    _change(paying_shop, SKU, on_hand=1)
    rival = Buyer(paying_app, "style")
    page, rivals = style.final_page(), rival.final_page(email="rival@example.jp", street="神南9-9-9")
    assert style.order_in(style.confirm(page))
    assert rival.confirm(rivals).headers["Location"] == "/cart"
    assert len(_orders(paying_shop)) == 1
    assert _stock(paying_shop) == (1, 1)


def test_one_customer_cannot_hold_a_shelf_without_paying(
    style: Buyer, paying_app: Flask, paying_shop: Shop
) -> None:
    _change(paying_shop, SKU, on_hand=60)
    style.buy(quantity=UNITS_PER_CUSTOMER)
    again = Buyer(paying_app, "style")
    answer = again.confirm(again.final_page(street="神南9-9-9"))
    assert answer.headers["Location"] == "/cart"
    assert f"お一人さま{UNITS_PER_CUSTOMER}点まで" in again.get("/cart").text
    assert len(_orders(paying_shop)) == 1


def test_paid_after_the_hold_ran_out_gets_the_goods_if_they_are_there(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    order = _paid_too_late(paying_shop, sandbox)
    on_hand, held = _stock(paying_shop)
    _settle(paying_shop, order)
    assert _orders(paying_shop)[0].state == "paid"
    assert _stock(paying_shop) == (on_hand - 1, held)


def test_paid_after_the_goods_went_gets_the_money_back_and_an_apology(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    _change(paying_shop, SKU, on_hand=1)
    token = style.buy()
    order = _paid_too_late(paying_shop, sandbox)
    _change(paying_shop, SKU, on_hand=0)
    _settle(paying_shop, order)
    assert _orders(paying_shop)[0].state == "refunding"
    assert "返金" in style.get(f"/orders/{token}").text
    with paying_shop.db.read() as session:
        mails = session.scalars(select(Job.detail).where(Job.kind == "mail").order_by(Job.id)).all()
    assert mails == ["order_expired", "order_apology"]


def _paid_too_late(shop: Shop, sandbox: Sandbox) -> Order:
    """An order that was ended while a payment of it was on its way: the provider says paid, we said expired."""
    (order,) = _orders(shop)
    session_id = _attempts(shop)[0].session_id
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
    (order,) = _orders(paying_shop)
    _end(paying_shop, order)
    session = paying_shop.providers["style"].retrieve_session(_attempts(paying_shop)[0].session_id or "")
    assert session.status == "expired"
    assert style.get(f"/orders/{token}/pay").headers["Location"] == f"/orders/{token}"
    page = style.get(f"/orders/{token}").text
    assert "取り消されました" in page
    assert "pay-form" not in page


def test_after_success_no_payment_form_comes_again(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> None:
    token = style.buy()
    _pay(paying_shop, sandbox, _orders(paying_shop)[0])
    for path in ("pay", "return", "wait"):
        answer = style.get(f"/orders/{token}/{path}")
        assert answer.status_code == 303, path
        assert answer.headers["Cache-Control"] == "no-store"
    assert "ご注文ありがとうございます" in style.get(f"/orders/{token}").text


def test_two_tabs_that_want_to_pay_share_one_session(style: Buyer, paying_shop: Shop) -> None:
    token = style.buy()
    for _tab in range(2):
        style.post(f"/orders/{token}/pay", {})
    assert [attempt.state for attempt in _attempts(paying_shop)] == [AttemptState.OPEN]


def test_changing_to_the_providers_page_leaves_one_session_payable(style: Buyer, paying_shop: Shop) -> None:
    token = style.buy()
    style.post(f"/orders/{token}/pay/page", {}, form_on=f"/orders/{token}/pay")
    style.post(f"/orders/{token}/pay", {})
    provider = paying_shop.providers["style"]
    states = [
        provider.retrieve_session(attempt.session_id or "").status for attempt in _attempts(paying_shop)
    ]
    assert states == ["expired", "expired", "open"]


def test_two_tabs_that_found_no_open_session_make_one(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    style.buy()
    (order,) = _orders(paying_shop)
    provider = paying_shop.providers["style"]
    provider.expire_session(_attempts(paying_shop)[0].session_id or "")
    _settle(paying_shop, order)
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
    sessions = [provider.retrieve_session(attempt.session_id or "") for attempt in _attempts(paying_shop)]
    assert [session.status for session in sessions] == ["expired", "open"]


def test_a_session_that_ended_at_the_provider_is_followed_by_a_new_one(
    style: Buyer, paying_shop: Shop
) -> None:
    token = style.buy()
    provider = paying_shop.providers["style"]
    provider.expire_session(_attempts(paying_shop)[0].session_id or "")
    page = style.get(f"/orders/{token}/pay")
    assert page.status_code == 200
    assert "pay-form" not in page.text
    assert len(_attempts(paying_shop)) == 1, "GET makes nothing"
    style.post(f"/orders/{token}/pay", {})
    assert [attempt.state for attempt in _attempts(paying_shop)] == [AttemptState.EXPIRED, AttemptState.OPEN]


@pytest.mark.parametrize("kind", ["refuse", "500", "lost_answer"])
def test_a_provider_that_fails_at_confirm_leaves_an_order_that_can_be_resumed(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox, kind: str
) -> None:
    page = style.final_page()
    sandbox.fault("checkout.sessions.create", kind, times=2)
    answer = style.confirm(page)
    assert answer.status_code == 303
    assert [order.state for order in _orders(paying_shop)] == ["placed"]
    assert len(_orders(paying_shop)) == 1
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
    (order,) = _orders(paying_shop)
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
    assert len(_attempts(paying_shop)) == 1


def test_the_return_page_decides_nothing_and_a_press_asks_the_provider(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    token = style.buy()
    sandbox.pay(_attempts(paying_shop)[0].session_id or "", "success")
    assert "確認しています" in style.get(f"/orders/{token}/return").text
    assert _orders(paying_shop)[0].state == "placed"
    answer = style.post(f"/orders/{token}/check", {}, form_on=f"/orders/{token}/return")
    assert answer.status_code == 303
    assert _orders(paying_shop)[0].state == "paid"


def test_a_return_that_lies_pays_nothing(style: Buyer, paying_shop: Shop) -> None:
    token = style.buy()
    style.get(f"/orders/{token}/return?redirect_status=succeeded&payment_status=paid&session_id=cs_test_x")
    style.post(f"/orders/{token}/check", {"state": "paid"}, form_on=f"/orders/{token}/return")
    assert _orders(paying_shop)[0].state == "placed"


def test_a_declined_card_keeps_order_goods_and_session(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    token = style.buy()
    held = _stock(paying_shop)
    sandbox.pay(_attempts(paying_shop)[0].session_id or "", "decline:insufficient_funds")
    token_field = hidden_field(style.get(f"/orders/{token}/pay").text, "csrf_token")
    answer = style.post_bare(f"/orders/{token}/check", {}, X_CSRFToken=token_field, Accept="application/json")
    (attempt,) = _attempts(paying_shop)
    told = {"state": "placed", "reached": True, "decline": "funds", "attempt": attempt.id}
    assert answer.get_json() == told
    assert _stock(paying_shop) == held
    assert [attempt.state for attempt in _attempts(paying_shop)] == [AttemptState.OPEN]


def test_a_paid_order_takes_out_of_the_basket_what_was_bought_and_leaves_the_rest(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    style.add(OTHER)
    _pay(paying_shop, sandbox, _orders(paying_shop)[0])
    with paying_shop.db.read() as session:
        assert session.scalars(select(CartLine.sku)).all() == [OTHER]
        assert session.scalars(select(OrderLine.sku)).all() == [SKU]
        assert session.scalars(select(Hold.state)).all() == ["taken"]


def test_events_alone_bring_a_payment_whose_shopper_never_came_back(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    from payments.reconcile import reconcile

    style.buy()
    sandbox.pay(_attempts(paying_shop)[0].session_id or "", "success")
    provider = paying_shop.providers["style"]
    reconcile(paying_shop.db, provider, OrderListener(), since=utcnow() - dt.timedelta(minutes=5))
    apply_events(paying_shop.db, provider, OrderListener())
    assert _orders(paying_shop)[0].state == "paid"
