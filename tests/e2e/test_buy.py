"""The good day in both types, and a decline."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.shopper import Shopper
from tests.servers.system import System
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

PAID = re.compile("ご注文ありがとうございます")


def _first_product(shopper: Shopper) -> str:
    shopper.page.goto(shopper.origin + "/")
    link = shopper.page.locator('main a[href*="/products/"]').first.get_attribute("href")
    assert link is not None
    return link.rsplit("/", 1)[-1]


def test_token_type_pays_in_the_providers_fields_on_our_page(style: Shopper, system: System) -> None:
    before = len(system.mails)
    style.add(_first_product(style))
    style.to_final_page()
    style.confirm()
    style.pay_in_fields("4242424242424242")
    expect(style.page.locator("h1")).to_have_text(PAID)
    wait_until(lambda: len(system.mails) == before + 1, "the mail")


def test_redirect_type_pays_on_the_providers_page(cocomo: Shopper, system: System) -> None:
    before = len(system.mails)
    cocomo.add(_first_product(cocomo))
    cocomo.to_final_page()
    cocomo.confirm()
    expect(cocomo.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))
    cocomo.pay_on_page("4242424242424242")
    expect(cocomo.page.locator("h1")).to_have_text(PAID)
    wait_until(lambda: len(system.mails) == before + 1, "the mail")


def test_a_declined_card_is_followed_by_another_on_the_same_order(style: Shopper) -> None:
    style.add(_first_product(style))
    style.to_final_page()
    style.confirm()
    style.pay_in_fields("4000000000009995")
    expect(style.page.locator("#pay-message")).to_contain_text("限度額")
    order = style.page.url
    style.pay_in_fields("4242424242424242")
    expect(style.page.locator("h1")).to_have_text(PAID)
    assert style.page.url.split("/orders/")[1].split("/")[0] == order.split("/orders/")[1].split("/")[0]
