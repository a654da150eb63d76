"""The way back from the provider: before its news, without it, by the back button, after success, too late."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from payments.columns import utcnow
from payments.reconcile import reconcile
from shop.orders.listener import OrderListener
from tests.e2e.books import Books
from tests.e2e.shopper import SUCCESS, Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

PAID = re.compile("ご注文ありがとうございます")
NOT_FINISHED = "前のお支払いは完了していません"


def test_the_return_page_finds_out_by_itself_when_no_webhook_comes(
    shopper: Shopper, books: Books, system: System
) -> None:
    system.sandbox.fault("webhook", "drop", times=None)
    shopper.prepare(_sku(shopper))
    shopper.confirm()
    shopper.pay(SUCCESS)
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_the_return_page_goes_on_asking_until_the_provider_answers(
    shopper: Shopper, books: Books, system: System
) -> None:
    system.sandbox.fault("webhook", "drop", times=None)
    shopper.prepare(_sku(shopper))
    shopper.confirm()
    _stand_where_cards_are_typed(shopper, system)
    session_id = books.attempts(books.order)[0].session_id
    assert session_id is not None
    system.sandbox.pay(session_id)
    system.sandbox.fault("checkout.sessions.retrieve", "refuse", times=None)
    shopper.page.goto(f"{shopper.origin}/orders/{books.token(books.order)}/return")
    with shopper.page.expect_response("**/check") as asked:
        expect(shopper.page.locator("h1")).to_have_text("お支払いを確認しています")
    assert not asked.value.json()["reached"]
    system.sandbox.control("faults", method="DELETE")
    expect(shopper.page.locator("h1")).to_have_text(PAID)


def test_a_closed_browser_loses_nothing_the_webhook_brings_the_payment_and_the_mail(
    shopper: Shopper, books: Books, system: System
) -> None:
    _pay_and_close(shopper, books, system)
    wait_until(lambda: books.order.state == "paid", "the order is paid")
    wait_until(
        lambda: any(books.order.number in text for text in system.mail_texts()),
        "the mail that names the order",
    )


def test_a_closed_browser_and_lost_webhooks_lose_nothing_reconciling_brings_the_payment(
    style: Shopper, books: Books, system: System
) -> None:
    system.sandbox.fault("webhook", "drop", times=None)
    _pay_and_close(style, books, system)
    provider = books.shop.providers["style"]
    reconcile(books.shop.db, provider, OrderListener(), utcnow() - dt.timedelta(minutes=5))
    assert books.order.state == "paid"


def test_the_providers_cancel_link_keeps_basket_and_session(
    cocomo: Shopper, books: Books, system: System
) -> None:
    cocomo.prepare(_sku(cocomo), quantity=2)
    cocomo.confirm()
    _stand_where_cards_are_typed(cocomo, system)
    at_provider = cocomo.page.url
    cocomo.page.locator("a.back").click()
    expect(cocomo.page.locator(".notice")).to_contain_text(NOT_FINISHED)
    assert cocomo.page.evaluate("fetch('/cart/count.json').then(a => a.json())") == {"count": 2}
    cocomo.page.locator("main form button.button--main").click()
    expect(cocomo.page).to_have_url(at_provider)
    assert len(books.attempts(books.order)) == 1


def test_the_browsers_back_button_and_a_second_press_lead_to_the_same_session(
    cocomo: Shopper, books: Books, system: System
) -> None:
    cocomo.prepare(_sku(cocomo))
    cocomo.confirm()
    _stand_where_cards_are_typed(cocomo, system)
    at_provider = cocomo.page.url
    cocomo.page.go_back()
    expect(cocomo.page).to_have_url(re.compile("/checkout/confirm$"))
    cocomo.confirm()
    expect(cocomo.page).to_have_url(at_provider)
    assert len(books.attempts(books.order)) == 1


def test_back_after_success_shows_the_order_and_never_a_form(shopper: Shopper, books: Books) -> None:
    shopper.prepare(_sku(shopper))
    shopper.confirm()
    shopper.pay(SUCCESS)
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    shopper.page.goto(f"{shopper.origin}/orders/{books.token(books.order)}/pay")
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    expect(shopper.page.locator("#pay-form, main form[action*='/pay']")).to_have_count(0)


def test_the_back_button_after_success_in_our_own_page_shows_the_order(style: Shopper) -> None:
    style.prepare(_sku(style))
    style.confirm()
    style.pay(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)
    style.page.go_back()
    expect(style.page.locator("h1")).to_have_text(PAID)
    expect(style.page.locator("#pay-form")).to_have_count(0)


def test_a_session_that_ended_while_the_card_was_typed_is_offered_anew(style: Shopper, books: Books) -> None:
    style.prepare(_sku(style))
    style.confirm()
    expect(style.card_frame().locator('input[autocomplete="cc-number"]')).to_be_visible()
    session_id = books.attempts(books.order)[0].session_id
    assert session_id is not None
    books.shop.providers["style"].expire_session(session_id)
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator(".notice")).to_contain_text(NOT_FINISHED)
    style.page.locator("main form button.button--main").click()
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]
    assert books.payable(books.order) == 0


def test_a_press_after_the_hold_ran_out_charges_nothing_and_says_so(style: Shopper, books: Books) -> None:
    style.prepare(_sku(style))
    style.confirm()
    expect(style.card_frame().locator('input[autocomplete="cc-number"]')).to_be_visible()
    order = books.order
    books.run_out(order)
    wait_until(lambda: books.order.state == "expired", "the worker ends the order")
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator("h1")).to_have_text("このご注文は取り消されました")
    assert books.charges(order) == []
    assert books.payable(order) == 0


def _sku(shopper: Shopper) -> str:
    return plenty("style" if shopper.is_token else "cocomo", nth=5)


def _stand_where_cards_are_typed(shopper: Shopper, system: System) -> None:
    if shopper.is_token:
        expect(shopper.card_frame().locator('input[autocomplete="cc-number"]')).to_be_visible()
    else:
        expect(shopper.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))


def _pay_and_close(shopper: Shopper, books: Books, system: System) -> None:
    """The money is taken, and the browser is gone before it comes back to us."""
    shopper.prepare(_sku(shopper))
    shopper.confirm()
    _stand_where_cards_are_typed(shopper, system)
    shopper.page.goto("about:blank")
    session_id = books.attempts(books.order)[0].session_id
    assert session_id is not None
    system.sandbox.pay(session_id)
