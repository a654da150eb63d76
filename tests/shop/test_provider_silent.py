"""The provider gives no answer when an order is placed: its shopper is told so, and has a way on."""

from __future__ import annotations

import pytest
from flask import Flask

from payments.columns import utcnow
from payments.models import Attempt
from shop.checkout.payment import make
from shop.context import Shop
from shop.jobs.worker import Worker
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer
from tests.shop.till import attempts_of, orders_of

SILENT = {
    "ja": ("決済会社から返事がなく", "請求は発生していません", "別のお支払い方法を選ぶ"),
    "en": ("is not answering", "Nothing has been charged", "Choose another way to pay"),
}
IN_LINE = {"ja": "順番にご案内しています", "en": "We will be with you shortly"}


@pytest.fixture(autouse=True)
def _no_fault_is_left(sandbox: Sandbox) -> None:
    sandbox.control("faults", method="DELETE")


def _silent_order(buyer: Buyer, sandbox: Sandbox, kind: str) -> str:
    page = buyer.final_page()
    sandbox.fault("*", kind, times=None)
    answer = buyer.confirm(page)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/wait")
    return buyer.order_in(answer)


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("kind", ["refuse", "500", "lost_answer"])
@pytest.mark.parametrize("store", ["style", "cocomo"])
def test_who_waits_for_the_provider_is_told_so_and_has_a_way_on(
    paying_app: Flask, sandbox: Sandbox, kind: str, locale: str, store: str
) -> None:
    buyer = Buyer(paying_app, store, root="/en" if locale == "en" else "")
    page = buyer.final_page()
    sandbox.fault("checkout.sessions.create", kind, times=None)
    sandbox.fault("checkout.sessions.list", "refuse", times=None)
    answer = buyer.confirm(page)
    token = buyer.order_in(answer)
    shown = buyer.get(f"/orders/{token}/wait").text
    for words in SILENT[locale]:
        assert words in shown
    assert f'href="{buyer.root}/checkout/delivery"' in shown
    assert 'id="place"' not in shown
    known = buyer.get(f"/orders/{token}/state.json").get_json()
    assert (known["waiting"], known["silent"]) == (True, True)
    assert f"{buyer.root}/orders/{token}/state.json?shown=silent" in shown


@pytest.mark.parametrize(("shown", "goes_on"), [("silent", False), ("line", True)])
def test_a_page_that_says_what_holds_no_more_is_made_anew(
    style: Buyer, sandbox: Sandbox, shown: str, goes_on: bool
) -> None:
    token = _silent_order(style, sandbox, "refuse")
    known = style.get(f"/orders/{token}/state.json?shown={shown}").get_json()
    assert known["waiting"] is not goes_on
    assert f'data-pay="/orders/{token}/wait"' in style.get(f"/orders/{token}/wait").text


def test_who_waits_in_line_is_not_told_of_silence(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> None:
    page = style.final_page()
    sandbox.fault("checkout.sessions.create", "429", times=None)
    token = style.order_in(style.confirm(page))
    shown = style.get(f"/orders/{token}/wait").text
    assert 'id="place"' in shown
    assert "決済会社から返事がなく" not in shown
    assert style.get(f"/orders/{token}/state.json").get_json()["silent"] is False


def test_cash_on_delivery_is_a_way_on_while_the_provider_is_silent(
    style: Buyer, paying_app: Flask, paying_shop: Shop, sandbox: Sandbox
) -> None:
    _silent_order(style, sandbox, "refuse")
    assert style.delivery(method="cod").status_code == 303
    answer = style.confirm()
    assert (answer.status_code, style.get(f"/orders/{style.order_in(answer)}").status_code) == (303, 200)
    by_card, cash = sorted(orders_of(paying_shop), key=lambda order: order.placed_at)
    assert (by_card.state, cash.state) == ("expired", "on_delivery")
    sandbox.control("faults", method="DELETE")
    [attempt] = attempts_of(paying_shop)
    assert make(paying_shop, paying_shop.providers["style"], attempt).session is None
    Worker(paying_app, paying_shop).turn()
    assert [one.session_id for one in attempts_of(paying_shop)] == [None]


def test_what_was_given_up_is_told_with_its_cause(
    style: Buyer, paying_app: Flask, paying_shop: Shop, sandbox: Sandbox
) -> None:
    """A fault of the provider's own is its answer to this key for good: it ends soon, and a button makes a new one."""
    page = style.final_page()
    sandbox.fault("checkout.sessions.create", "500", times=1)
    token = style.order_in(style.confirm(page))
    for _try in range(2):
        paying_shop.db.write(lambda session: setattr(session.query(Attempt).one(), "next_try_at", utcnow()))
        Worker(paying_app, paying_shop).turn()
    shown = style.get(f"/orders/{token}/pay").text
    assert "お支払いの画面をご用意できませんでした" in shown
    assert "請求は発生していません" in shown
    assert style.post(f"/orders/{token}/pay", {}).status_code == 303
    assert "お支払いの画面をご用意できませんでした" not in style.get(f"/orders/{token}/pay").text
