"""Pressed twice, opened twice: one order, one session that can be paid, one charge."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from payments.states import AttemptState
from tests.e2e.books import Books
from tests.e2e.shopper import SUCCESS, Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

PAID = re.compile("ご注文ありがとうございます")


def test_a_double_click_on_the_order_button_makes_one_order(
    shopper: Shopper, books: Books, system: System
) -> None:
    shopper.prepare(_sku(shopper))
    shopper.page.locator("main form button.button--main").dblclick()
    _stand_where_cards_are_typed(shopper, system)
    assert len(books.attempts(books.order)) == 1


def test_the_same_form_sent_at_once_many_times_makes_one_order(style: Shopper, books: Books) -> None:
    style.prepare(_sku(style))
    ends = style.page.evaluate(
        """() => {
          const form = document.querySelector("form[data-once]");
          const send = () => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
          return Promise.all(Array.from({ length: 6 }, send)).then((answers) => answers.map((answer) => answer.url));
        }"""
    )
    assert len(books.orders) == 1
    assert len({re.sub("/(pay|wait).*", "", url) for url in ends}) == 1, ends
    wait_until(lambda: books.payable(books.order) == 1, "one session that can be paid")
    assert len(books.attempts(books.order)) == 1


def test_a_double_click_on_the_pay_button_charges_once(style: Shopper, books: Books) -> None:
    style.prepare(_sku(style))
    style.confirm()
    style.fill_card(style.card_frame().locator("html"), SUCCESS)
    style.page.locator("#pay-button").dblclick()
    expect(style.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_the_second_tab_that_confirms_gets_the_firsts_order(
    shopper: Shopper, books: Books, system: System
) -> None:
    shopper.prepare(_sku(shopper))
    second = Shopper(shopper.page.context.new_page(), shopper.origin)
    second.page.goto(f"{shopper.origin}/checkout/confirm")
    for tab in (shopper, second):
        tab.confirm()
        _stand_where_cards_are_typed(tab, system)
    assert shopper.page.url.partition("?")[0] == second.page.url.partition("?")[0]
    assert [attempt.state for attempt in books.attempts(books.order)] == [AttemptState.OPEN]


def test_two_tabs_that_pay_are_charged_once_and_both_end_at_the_order(style: Shopper, books: Books) -> None:
    style.prepare(_sku(style))
    style.confirm()
    second = Shopper(style.page.context.new_page(), style.origin)
    expect(style.page.locator("#pay-button")).to_be_enabled()
    second.page.goto(style.page.url)
    expect(second.page.locator("#pay-button")).to_be_enabled()
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)
    second.pay_in_fields(SUCCESS)
    expect(second.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_going_over_to_the_providers_page_ends_the_fields_of_the_other_tab(
    style: Shopper, books: Books, system: System
) -> None:
    style.prepare(_sku(style))
    style.confirm()
    expect(style.page.locator("#pay-button")).to_be_enabled()
    second = Shopper(style.page.context.new_page(), style.origin)
    second.page.goto(style.page.url)
    expect(second.page.locator("#pay-button")).to_be_enabled()
    second.page.locator("#other-page button").click()
    expect(second.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))
    assert books.payable(books.order) == 1
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator(".notice").first).to_contain_text("前のお支払いは完了していません")
    assert books.charges(books.order) == []
    second.pay_on_page(SUCCESS)
    expect(second.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def _sku(shopper: Shopper) -> str:
    return plenty("style" if shopper.is_token else "cocomo", nth=6)


def _stand_where_cards_are_typed(shopper: Shopper, system: System) -> None:
    if shopper.is_token:
        expect(shopper.card_frame().locator('input[autocomplete="cc-number"]')).to_be_visible()
    else:
        expect(shopper.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))
