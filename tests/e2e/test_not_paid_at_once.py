"""The card is refused, or its owner must prove who they are: the order stays, nothing is charged, a way on is there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.books import Books
from tests.e2e.shopper import CHALLENGE, NO_FUNDS, SUCCESS, Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty

pytestmark = pytest.mark.browser

PAID = re.compile("ご注文ありがとうございます")
NOT_AUTHENTICATED = "本人認証が完了していません。請求は発生していません"


def test_a_refused_card_on_the_providers_page_is_followed_by_another_on_the_same_order(
    cocomo: Shopper, books: Books
) -> None:
    cocomo.prepare(plenty("cocomo"))
    cocomo.confirm()
    cocomo.pay_on_page(NO_FUNDS)
    expect(cocomo.page.locator("#problem")).to_be_visible()
    assert books.order.state == "placed"
    cocomo.pay_on_page(SUCCESS)
    expect(cocomo.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_a_passed_challenge_pays(shopper: Shopper, books: Books) -> None:
    shopper.prepare(plenty(_store(shopper), nth=1))
    shopper.confirm()
    shopper.pay(CHALLENGE)
    shopper.answer_challenge("pass")
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


@pytest.mark.parametrize("answer", ["fail", "cancel"])
def test_a_challenge_that_is_not_passed_charges_nothing_and_can_be_tried_again(
    style: Shopper, books: Books, answer: str
) -> None:
    style.prepare(plenty("style", nth=2))
    style.confirm()
    style.pay_in_fields(CHALLENGE)
    style.answer_challenge(answer)
    expect(style.page.locator("#pay-message")).to_contain_text(NOT_AUTHENTICATED)
    assert (books.order.state, books.charges(books.order)) == ("placed", [])
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_a_challenge_that_is_closed_says_so_only_after_asking_the_provider(
    style: Shopper, books: Books
) -> None:
    style.prepare(plenty("style", nth=3))
    style.confirm()
    style.pay_in_fields(CHALLENGE)
    expect(style.challenge().locator("#code")).to_be_visible()
    with style.page.expect_response("**/check") as asked:
        style.page.locator("dialog button").first.click()
    assert asked.value.json()["reached"]
    expect(style.page.locator("#pay-message")).to_contain_text(NOT_AUTHENTICATED)
    expect(style.page.locator("#pay-button")).to_be_enabled()
    assert (books.order.state, books.charges(books.order)) == ("placed", [])


def test_a_closed_challenge_while_the_provider_cannot_be_asked_claims_nothing(
    style: Shopper, books: Books, system: System
) -> None:
    style.prepare(plenty("style", nth=4))
    style.confirm()
    style.pay_in_fields(CHALLENGE)
    expect(style.challenge().locator("#code")).to_be_visible()
    system.sandbox.fault("checkout.sessions.retrieve", "refuse", times=None)
    style.page.locator("dialog button").first.click()
    expect(style.page.locator("#pay-message")).to_contain_text("結果をまだ確認できません")
    expect(style.page.locator("#pay-message")).not_to_contain_text("請求は発生していません")
    assert books.order.state == "placed"


def test_a_challenge_failed_on_the_providers_page_leads_on_with_another_card(
    cocomo: Shopper, books: Books
) -> None:
    cocomo.prepare(plenty("cocomo", nth=2))
    cocomo.confirm()
    cocomo.pay_on_page(CHALLENGE)
    cocomo.answer_challenge("fail")
    expect(cocomo.page.locator("#problem")).to_be_visible()
    cocomo.pay_on_page(SUCCESS)
    expect(cocomo.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def _store(shopper: Shopper) -> str:
    return "style" if shopper.is_token else "cocomo"
