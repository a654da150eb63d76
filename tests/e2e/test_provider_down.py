"""The provider does not answer, or its script is blocked: no charge is claimed or denied, the order goes on later."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.books import Books
from tests.e2e.shopper import SUCCESS, Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty

pytestmark = pytest.mark.browser

PAID = re.compile("ご注文ありがとうございます")
RESUME = "main form button.button--main"


def test_unreachable_at_confirm_keeps_the_order_and_resumes_it_later(
    shopper: Shopper, books: Books, system: System
) -> None:
    shopper.prepare(_sku(shopper))
    system.sandbox.fault("*", "refuse", times=None)
    shopper.confirm()
    expect(shopper.page).to_have_url(re.compile("/orders/.*/(pay|wait)"))
    expect(shopper.page.locator("main")).to_contain_text("決済会社から返事がなく")
    expect(shopper.page.locator("main")).to_contain_text(
        "請求は発生していません"
    )  # nobody could have paid yet
    assert books.order.state == "placed"
    system.sandbox.control("faults", method="DELETE")
    shopper.page.goto(f"{shopper.origin}/orders/{books.token(books.order)}/pay")
    if not shopper.page.locator("#pay").count():
        shopper.page.locator(RESUME).click()
    shopper.pay(SUCCESS)
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_an_answer_lost_at_confirm_makes_no_second_session(
    shopper: Shopper, books: Books, system: System
) -> None:
    shopper.prepare(_sku(shopper))
    system.sandbox.fault("checkout.sessions.create", "lost_answer")
    shopper.confirm()
    shopper.pay(SUCCESS)
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    assert len(books.attempts(books.order)) == 1
    assert books.charges(books.order) == [books.order.total_minor]


def test_unreachable_at_the_payment_page_neither_claims_nor_denies_a_charge(
    style: Shopper, books: Books, system: System
) -> None:
    style.prepare(_sku(style))
    style.confirm()
    expect(style.page.locator("#pay-button")).to_be_enabled()
    system.sandbox.fault("*", "refuse", times=None)
    style.page.goto(style.page.url + "?back=1")
    main = style.page.locator("main")
    expect(main).to_contain_text("お支払いの状態を確認できません")
    expect(main).not_to_contain_text("請求は")
    system.sandbox.control("faults", method="DELETE")
    style.page.locator(RESUME).click()
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)
    assert len(books.attempts(books.order)) == 1


def test_unreachable_at_return_keeps_checking_and_offers_help_without_script_too(
    cocomo: Shopper, books: Books, system: System
) -> None:
    cocomo.prepare(_sku(cocomo))
    cocomo.confirm()
    expect(cocomo.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))
    system.sandbox.fault("*", "refuse", times=None)
    cocomo.page.goto(f"{cocomo.origin}/orders/{books.token(books.order)}/return")
    cocomo.page.locator("main form button").click()
    expect(cocomo.page.locator("[role=alert]:visible")).to_contain_text("決済会社に確認できませんでした")
    expect(cocomo.page.locator("main")).not_to_contain_text("請求は発生していません")
    expect(cocomo.page.locator("main")).to_contain_text(books.order.number)


def test_a_blocked_script_leads_to_the_providers_page_by_itself(
    style: Shopper, books: Books, system: System
) -> None:
    style.page.route("**/stripe.js", lambda route: route.abort())
    style.prepare(_sku(style))
    style.confirm()
    expect(style.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))
    assert books.payable(books.order) == 1
    style.pay_on_page(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_a_script_that_cannot_draw_its_fields_leads_to_the_providers_page_too(
    style: Shopper, system: System
) -> None:
    broken = "window.Stripe = () => { throw new Error('broken'); };"
    style.page.route("**/stripe.js", lambda route: route.fulfill(body=broken, content_type="text/javascript"))
    style.prepare(_sku(style))
    style.confirm()
    expect(style.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))


def _sku(shopper: Shopper) -> str:
    return plenty("style" if shopper.is_token else "cocomo", nth=12)
