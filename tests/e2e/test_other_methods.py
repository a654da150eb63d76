"""Buying without a card in Chromium: each way once, on a phone and on a desk, paid on the provider's panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from payments.columns import utcnow
from shop.cards.service import stop_cards
from shop.catalog.content import load_store
from shop.context import Shop
from tests.e2e.books import Books
from tests.e2e.reading import RULES
from tests.e2e.shopper import Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty
from tests.staff.desk import COMMAND
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(params=[390, 1280])
def sized(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A fresh profile on a phone, and on a desk."""
    dark: Literal["light", "dark"] = "dark" if request.param == 390 else "light"
    viewport = {"width": request.param, "height": 844}
    context = browser.new_context(viewport=viewport, locale="ja-JP", color_scheme=dark)  # type: ignore[arg-type]  # a TypedDict
    yield context.new_page()
    context.close()


def _sound(page: Page) -> None:
    """No fault that axe finds, and nothing wider than the screen."""
    page.evaluate("scrollTo(0, 0)")  # what stays in sight on a phone must not cover what is looked at
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _order(shopper: Shopper, method: str) -> None:
    """From the basket to the order's page, looking at each page on the way."""
    page = shopper.page
    shopper.add(_slug(shopper))
    page.goto(f"{shopper.origin}/checkout")
    for name, value in shopper.address.items():
        page.locator(f'[name="{name}"]').fill(value)
    page.locator('select[name="prefecture"]').select_option("東京都")
    page.locator("main form button.button--main").click()
    page.locator(f'input[name="method"][value="{method}"]').check()
    _sound(page)
    page.locator("main form button.button--main").click()
    expect(page.locator("h1")).to_have_text("最終確認")
    _sound(page)
    shopper.confirm()


def _slug(shopper: Shopper) -> str:
    store_id = "style" if shopper.is_token else "cocomo"
    sku = plenty(store_id)
    return next(product.slug for product in load_store(store_id).products if product.variants[0].sku == sku)


def _patient(shopper: Shopper) -> Shopper:
    shopper.address["email"] = "p" + shopper.address["email"].replace("@", "fill_never@")
    return shopper


def test_a_konbini_number_is_shown_and_paid_at_a_till(sized: Page, system: System) -> None:
    shopper = _patient(Shopper(sized, system.origins["style"]))
    _order(shopper, "konbini")
    expect(sized.locator("h1")).to_have_text("お支払いをお待ちしています")
    expect(sized.get_by_text("ローソン", exact=True)).to_be_visible()
    expect(sized.get_by_text("23:59まで")).to_be_visible()
    _sound(sized)
    mine = sized.url
    voucher = sized.locator("a", has_text="案内ページ").get_attribute("href") or ""
    payment = voucher.split("/konbini/")[1].split("/")[0]
    sized.goto(voucher)
    sized.locator("form button").first.click()
    expect(sized.locator("body")).to_contain_text("支払")
    assert system.sandbox.read(f"payment_intents/{payment}")["status"] == "succeeded"
    sized.goto(mine)
    _until(sized, "ご注文ありがとうございます")


def test_an_account_takes_a_part_and_then_the_rest(sized: Page, system: System) -> None:
    shopper = Shopper(sized, system.origins["cocomo"])
    _order(shopper, "customer_balance")
    expect(sized.locator("h1")).to_have_text("お支払いをお待ちしています")
    expect(sized.get_by_text("口座番号")).to_be_visible()
    _sound(sized)
    mine = sized.url
    guide = sized.locator("a", has_text="案内ページ").get_attribute("href") or ""
    payment = guide.split("/transfer/")[1].split("/")[0]
    system.sandbox.control(f"payments/{payment}/fund", {"amount": 500})
    _until(sized, "500円のご入金を確認しました", reload=mine)
    _sound(sized)
    system.sandbox.control(f"payments/{payment}/fund", {})
    _until(sized, "ご注文ありがとうございます", reload=mine)


def test_a_waiting_order_is_called_off_after_a_question(sized: Page, system: System) -> None:
    shopper = _patient(Shopper(sized, system.origins["style"]))
    _order(shopper, "konbini")
    expect(sized.locator("h1")).to_have_text("お支払いをお待ちしています")
    mine = sized.url
    voucher = sized.locator("a", has_text="案内ページ").get_attribute("href") or ""
    payment = voucher.split("/konbini/")[1].split("/")[0]
    ask = sized.get_by_role("link", name="このご注文を取り消す")
    ask.click()
    expect(sized.locator("h1")).to_have_text("このご注文を取り消しますか")
    _sound(sized)
    sized.get_by_role("link", name="取り消さずに戻る").click()
    expect(sized).to_have_url(mine)
    ask.click()
    sized.get_by_role("button", name="注文を取り消す").click()
    expect(sized.locator("h1")).to_have_text("このご注文は取り消されました")
    expect(sized.get_by_text("お申し出により")).to_be_visible()
    _sound(sized)
    assert system.sandbox.read(f"payment_intents/{payment}")["status"] == "canceled"
    sized.goto(f"{mine}/cancel")
    expect(sized).to_have_url(mine)  # there is nothing left to ask


def test_cash_on_delivery_is_concluded_at_once(sized: Page, system: System) -> None:
    shopper = Shopper(sized, system.origins["style"])
    _order(shopper, "cod")
    expect(sized.locator("h1")).to_have_text("ご注文ありがとうございます")
    expect(sized.get_by_text("配達員へ現金で")).to_be_visible()
    _sound(sized)


@pytest.mark.parametrize("store_id", ["style", "cocomo"])
def test_a_stop_of_cards_leads_over_to_what_works(
    page: Page, system: System, parts: Shop, books: Books, store_id: str
) -> None:
    del books  # its faults are cleared after the test
    parts.db.write(
        lambda session: stop_cards(session, parts, store_id, reason="test", actor=COMMAND, now=utcnow())
    )
    shopper = _patient(Shopper(page, system.origins[store_id]))
    _order(shopper, "konbini")
    expect(page.locator("h1")).to_have_text("お支払いをお待ちしています")


def _until(page: Page, text: str, *, reload: str = "") -> None:
    """Load the order's page until the worker has heard of the money."""

    def says() -> bool:
        page.goto(reload or page.url)
        return page.get_by_text(text).count() > 0

    wait_until(says, f"{page.url} says {text}")
