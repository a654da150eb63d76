"""The storefront in a real Chromium: adding with and without script, the card guard, accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from shop.app import create_app, create_shop
from shop.catalog.content import load_store
from shop.settings import load
from shop.stores import all_stores
from tests.e2e.reading import RULES
from tests.environment import make_environ
from tests.servers.processes import free_port

pytestmark = pytest.mark.browser

PRODUCT = next(p for p in load_store("style").products if p.variants[0].stock >= 5)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
CARD = "4242424242424242"  # the provider's published test number


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[int]:
    """The shop, answering on a free port of this machine."""
    path = tmp_path_factory.mktemp("browser") / "shop.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    number = free_port()
    urls = " ".join(f"{name}=http://{name}.localhost:{number}" for name in (*all_stores(), "staff"))
    shop = create_shop(load(make_environ(f"sqlite:///{path}", SHOP_URLS=urls)))
    server = make_server("127.0.0.1", number, create_app(shop=shop), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield number
    server.shutdown()
    thread.join()
    server.server_close()
    shop.db.dispose()


@pytest.fixture
def page(browser: Browser, port: int) -> Iterator[Page]:
    """A fresh profile. Anything on the console (a refused script, a blocked style) fails the test."""
    context = browser.new_context(base_url=f"http://style.localhost:{port}", locale="ja-JP")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [text for text in said if "status of 4" not in text] == []


@pytest.fixture
def plain(browser: Browser, port: int) -> Iterator[Page]:
    """A browser without script."""
    context = browser.new_context(base_url=f"http://style.localhost:{port}", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_adding_by_script_stays_on_the_page_and_counts(page: Page) -> None:
    page.goto(f"/products/{PRODUCT.slug}")
    page.get_by_role("button", name="カートに入れる").click()
    expect(page.locator("#toast")).to_contain_text("カートに入れました")
    expect(page.locator("[data-cart-count]")).to_contain_text("1")
    expect(page).to_have_url(re.compile(f"/products/{PRODUCT.slug}$"))
    page.locator("#toast a").click()
    expect(page.get_by_role("heading", name=PRODUCT.name_ja)).to_be_visible()


def test_the_count_survives_to_the_next_page(page: Page) -> None:
    page.goto(f"/products/{PRODUCT.slug}")
    page.locator("select[name=quantity]").select_option("2")
    page.get_by_role("button", name="カートに入れる").click()
    expect(page.locator("#toast p")).to_be_visible()
    page.goto("/en/")
    expect(page.locator("[data-cart-count]")).to_contain_text("2")


def test_a_refused_adding_says_why_on_the_page(page: Page) -> None:
    page.goto(f"/products/{PRODUCT.slug}")
    page.locator("select[name=quantity] option").last.evaluate("option => option.value = '99'")
    page.locator("select[name=quantity]").select_option(index=9)
    page.get_by_role("button", name="カートに入れる").click()
    expect(page.locator("#toast")).to_contain_text("在庫は")


def test_buying_works_without_script(plain: Page) -> None:
    plain.goto("/")
    plain.locator(".tile").first.click()
    plain.locator(".item__link").first.click()
    plain.locator("form[data-add] button[type=submit]").click()
    expect(plain.locator("h1")).to_have_text("カート")
    plain.locator("input[name=quantity]").fill("2")
    plain.get_by_role("button", name="変更").click()
    expect(plain.locator("input[name=quantity]")).to_have_value("2")
    plain.get_by_role("button", name="削除").click()
    expect(plain.locator("h1")).to_have_text("カートは空です")


def test_choosing_a_variant_shows_its_price_and_picture_without_script(plain: Page) -> None:
    product = next(
        p
        for p in load_store("style").products
        if len({v.price for v in p.variants}) > 1 and all(v.stock > 0 for v in p.variants)
    )
    plain.goto(f"/products/{product.slug}")
    for number, variant in enumerate(product.variants):
        plain.locator(f'input[value="{variant.sku}"]').check()
        expect(plain.locator(".buy__prices .price:visible")).to_contain_text(f"{variant.price:,}円")
        expect(plain.locator(".gallery__shot:visible")).to_have_count(1)
        expect(plain.locator(".gallery__shot").nth(number)).to_be_visible()


@pytest.mark.parametrize(
    "typed",
    [CARD, "4242 4242 4242 4242", "4242-4242-4242-4242", CARD.translate(FULL_WIDTH), f"番号は{CARD}です",
     "378282246310005", "4242\u30004242\u30004242\u30004242", "4242.4242.4242.4242"],
)  # fmt: skip
def test_a_card_number_typed_into_our_own_field_is_cleared_and_explained(page: Page, typed: str) -> None:
    page.goto("/")
    page.locator("#q").fill(typed)
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator("#card-guard")).to_contain_text("カード番号らしい数字")


def test_a_pasted_card_number_never_enters_the_field(page: Page) -> None:
    page.goto("/en/")
    page.locator("#q").evaluate(
        """(field, number) => {
            const data = new DataTransfer();
            data.setData("text", number);
            field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        CARD,
    )
    expect(page.locator("#card-guard")).to_contain_text("looked like a card number")
    expect(page.locator("#q")).to_have_value("")


def test_a_card_number_put_in_by_a_program_is_not_sent(page: Page) -> None:
    page.goto("/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("#q").evaluate("(field, number) => { field.value = number; }", CARD)
    page.locator("#q").press("Enter")
    expect(page.locator("#card-guard")).to_contain_text("カード番号らしい数字")
    assert not [url for url in sent if "/search" in url]


@pytest.mark.parametrize(
    "typed",
    ["和紙", "090-1234-5678", "+81 90 1234 5678", "4901234567894", "150-0001", "2026-11-23 10:00", "4242424242424241",
     "1234567890123456", "ST-20261123-000042"],
)  # fmt: skip
def test_other_numbers_are_left_alone(page: Page, typed: str) -> None:
    page.goto("/")
    page.locator("#q").fill(typed)
    page.locator("#q").blur()
    expect(page.locator("#q")).to_have_value(typed)
    expect(page.locator("#card-guard")).to_be_empty()


def test_the_message_goes_when_something_else_is_typed(page: Page) -> None:
    page.goto("/")
    page.locator("#q").fill(CARD)
    expect(page.locator("#card-guard")).not_to_be_empty()
    page.locator("#q").fill("和紙")
    expect(page.locator("#card-guard")).to_be_empty()


def test_the_message_stays_while_the_rest_of_the_number_is_typed(page: Page) -> None:
    """4242… is a card number after fourteen digits already; two more follow."""
    page.goto("/")
    page.locator("#q").press_sequentially(CARD)
    expect(page.locator("#q")).to_have_value(CARD[14:])
    expect(page.locator("#card-guard")).not_to_be_empty()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("store_id", all_stores())
def test_main_pages_pass_axe(browser: Browser, port: int, store_id: str, scheme: str) -> None:
    product = load_store(store_id).products[0]
    context = browser.new_context(
        base_url=f"http://{store_id}.localhost:{port}",
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 390, "height": 844},
        reduced_motion="reduce",
    )
    page = context.new_page()
    paths = ["/", f"/categories/{product.category}", f"/products/{product.slug}", "/search?q=zzzz", "/cart"]
    for path in [*paths, "/card-data", "/en/guide/delivery", "/no-such-page"]:
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, (path, found.generate_report())
    page.goto(f"/products/{product.slug}")
    page.locator("form[data-add] button[type=submit]").click()
    expect(page.locator("#toast p")).to_be_visible()
    page.goto("/cart")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("root", ["", "/en"])
def test_no_page_scrolls_sideways(browser: Browser, port: int, width: int, root: str) -> None:
    for store_id in all_stores():
        context = browser.new_context(
            base_url=f"http://{store_id}.localhost:{port}", viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        product = load_store(store_id).products[0]
        paths = ["/", f"/categories/{product.category}", f"/products/{product.slug}", "/cart", "/card-data"]
        for path in [*paths, "/guide/law", "/guide/delivery", "/no-such-page"]:
            page.goto(root + path)
            wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not page.evaluate(wide), (store_id, path)
        context.close()


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_hidden_button_is_not_shown(page: Page) -> None:
    """The look-up button of the address form is for pages without script; `.button` says how to display."""
    page.goto("/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<a class=button id=x hidden>x</a>')"
    )
    expect(page.locator("#x")).to_be_hidden()
