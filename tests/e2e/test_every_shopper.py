"""Without script, by keyboard, on a phone, in English, with a lost cookie: everyone can buy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.books import Books
from tests.e2e.shopper import SUCCESS, Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty

pytestmark = pytest.mark.browser

PAID = re.compile("ご注文ありがとうございます")


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """A profile that runs no script at all."""
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("store", ["style", "cocomo"])
def test_without_script_one_buys_through_the_providers_page(
    plain_page: Page, system: System, books: Books, store: str
) -> None:
    shopper = Shopper(plain_page, system.origins[store])
    page = shopper.page
    page.goto(shopper.origin + "/")
    page.locator('main a[href*="/products/"]').first.click()
    page.locator('form[action$="/cart/add"] button[type=submit]').click()
    expect(page).to_have_url(re.compile("/cart"))
    shopper.to_final_page()
    shopper.confirm()
    if store == "style":
        expect(page.get_by_text("決済会社の入力欄を読み込んでいます…")).to_be_hidden()
        way_on = page.get_by_role("button", name="決済会社のページで支払う")
        expect(way_on).to_have_count(1)
        expect(way_on).to_have_class(re.compile("button--wide"))
        way_on.click()
    expect(page).to_have_url(re.compile(re.escape(system.sandbox.pages)))
    assert books.payable(books.order) == 1
    shopper.pay_on_page(SUCCESS)
    expect(page.locator("h1")).to_have_text("お支払いを確認しています")
    expect(page.get_by_text("確認中です…")).to_be_hidden()  # nothing asks by itself
    what_to_do = page.locator(
        "main noscript p"
    )  # by its place: Playwright looks for no text inside of noscript
    expect(what_to_do).to_be_visible()
    assert "「いま確認する」を押してください" in (what_to_do.text_content() or "")
    page.locator("main form button").click()
    expect(page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


@pytest.mark.parametrize("store", ["style", "cocomo"])
def test_english_stays_english_to_the_end(page: Page, system: System, store: str) -> None:
    shopper = Shopper(page, system.origins[store], locale="en")
    shopper.prepare(plenty(store, nth=13))
    _expect_english(page)
    shopper.confirm()
    if store == "style":
        expect(page.locator("#pay-button")).to_be_enabled()
        expect(page).to_have_url(re.compile("/en/orders/"))
        _expect_english(page)
    shopper.pay(SUCCESS)
    expect(page).to_have_url(re.compile(r"/en/orders/[^/]+$"))
    _expect_english(page)


def _expect_english(page: Page) -> None:
    text = page.locator("main").inner_text()
    mine = text.replace("試験", "").replace("花", "")
    address = re.sub("東京都.*", "", mine)
    assert not re.search("[ぁ-んァ-ヶ一-龠]", address), address


def test_a_purchase_by_keyboard_alone(style: Shopper, books: Books) -> None:
    style.prepare(plenty("style", nth=14))
    page = style.page
    _tab_to(page, "main form button.button--main")
    page.keyboard.press("Enter")
    expect(page.locator("#pay-button")).to_be_enabled()
    expect(style.card_frame().locator('input[autocomplete="cc-number"]')).to_be_visible()
    _tab_into_frame(page)
    for text in (SUCCESS, "1239", "123"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    _tab_to(page, "#pay-button")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def _tab_to(page: Page, selector: str) -> None:
    target = page.locator(selector).first
    for _press in range(80):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {selector}")


def _tab_into_frame(page: Page) -> None:
    for _press in range(80):
        if page.evaluate("document.activeElement.tagName") == "IFRAME":
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not reach the card fields")


@pytest.mark.parametrize("store", ["style", "cocomo"])
def test_a_phone_shows_every_step_in_its_width(browser: Browser, system: System, store: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="ja-JP"
    )
    shopper = Shopper(context.new_page(), system.origins[store])
    shopper.add(_slug(shopper))
    for path in ("/cart", "/checkout"):
        shopper.page.goto(shopper.origin + path)
        _expect_no_sideways_scroll(shopper.page)
    shopper.to_final_page()
    _expect_no_sideways_scroll(shopper.page)
    shopper.confirm()
    if store == "style":
        expect(shopper.page.locator("#pay-button")).to_be_enabled()
        _expect_no_sideways_scroll(shopper.page)
    shopper.pay(SUCCESS)
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    _expect_no_sideways_scroll(shopper.page)
    context.close()


def _slug(shopper: Shopper) -> str:
    shopper.page.goto(shopper.origin + "/")
    link = shopper.page.locator('main a[href*="/products/"]').first.get_attribute("href")
    assert link is not None
    return link.rsplit("/", 1)[-1]


def _expect_no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_a_lost_form_cookie_places_nothing_says_why_and_keeps_the_basket(
    style: Shopper, books: Books
) -> None:
    style.prepare(plenty("style", nth=15), quantity=2)
    style.page.context.clear_cookies(name="form")
    style.confirm()
    expect(style.page.locator("main")).to_contain_text("フォームの有効期限が切れました")
    assert books.orders == []
    style.page.goto(f"{style.origin}/checkout/confirm")
    style.confirm()
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)


def test_a_card_number_in_our_own_field_is_cleared_before_it_is_sent(style: Shopper, books: Books) -> None:
    before = books.passages()
    style.prepare(plenty("style", nth=16))
    style.page.goto(f"{style.origin}/checkout")
    field = style.page.locator('[name="street"]')
    field.fill(f"神宮前 {SUCCESS}")
    field.blur()
    expect(field).to_have_value("")
    expect(style.page.locator("#card-guard")).not_to_be_empty()
    assert books.passages() == before


def test_a_card_number_sent_without_script_is_refused_and_counted(
    plain_page: Page, system: System, books: Books
) -> None:
    before = books.passages()
    shopper = Shopper(plain_page, system.origins["style"])
    plain_page.goto(shopper.origin + "/")
    plain_page.locator('main a[href*="/products/"]').first.click()
    plain_page.locator('form[action$="/cart/add"] button[type=submit]').click()
    plain_page.goto(f"{shopper.origin}/checkout")
    plain_page.locator('[name="street"]').fill(SUCCESS)
    with plain_page.expect_response("**/checkout") as answer:
        plain_page.locator("main form button.button--main").click()
    assert answer.value.status == 422
    assert answer.value.headers["x-pan-guard"] == "refused"
    expect(plain_page.locator("body")).to_contain_text("カード番号")
    expect(plain_page.locator("body")).not_to_contain_text(SUCCESS)
    assert books.passages() == before + 1
