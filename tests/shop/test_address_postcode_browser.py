"""The postcode script in a real browser: it fills what is empty, never what a person typed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from shop.address.postcode import BadPostcode, lookup_json

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parents[2] / "static" / "postcode.js"
ORIGIN = "http://style.localhost"
PAGE = """<!doctype html><html lang="ja"><title>t</title><form>
<div class="field"><label for="postal_code">〒</label><input id="postal_code" name="postal_code" data-postcode
 data-postcode-filled="filled" data-postcode-several="several" data-postcode-choose="choose"
 data-postcode-unknown="unknown" value="{code}"></div><button name="lookup">look up</button>
<select id="prefecture" name="prefecture"><option value=""></option><option>東京都</option>
<option>愛知県</option><option>三重県</option><option>大阪府</option><option>宮城県</option></select>
<input id="city" name="city"><input id="street" name="street" value="{street}">
<input id="building" name="building">
</form><p aria-live="polite" id="live"></p><script src="/postcode.js"></script></html>"""


class Shop:
    """Answers for the shop inside the browser: the page, the script and the look-up, which it counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.broken: int | None = None
        self.slow = ""
        self.held: list[tuple[Route, str]] = []
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route("**/*", self._answer)

    def open(self, code: str = "", street: str = "") -> None:
        self._html = PAGE.format(code=code, street=street)
        self.page.goto(ORIGIN)

    def type_code(self, code: str) -> None:
        self.page.fill("#postal_code", code)

    def values(self) -> tuple[str, str, str, str]:
        found = [self.page.input_value(f"#{name}") for name in ("prefecture", "city", "street", "building")]
        return found[0], found[1], found[2], found[3]

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            policy = {"Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'"}
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8", headers=policy)
        elif path == "/postcode.js":
            route.fulfill(body=SCRIPT.read_bytes(), content_type="text/javascript; charset=utf-8")
        elif path.startswith("/postcode/"):
            self._look_up(route, path.removeprefix("/postcode/").removesuffix(".json"))
        else:
            route.abort()

    def _look_up(self, route: Route, code: str) -> None:
        self.asked.append(code)
        if self.broken == 0:
            route.abort()
            return
        try:
            body = json.dumps(lookup_json(code))
        except BadPostcode:
            route.fulfill(status=404)
            return
        if code == self.slow:
            self.held.append((route, body))
            return
        route.fulfill(status=self.broken or 200, body="<html>" if self.broken == 200 else body)

    def answer_held(self) -> None:
        """Give the answer that was held back, and wait until the script has had it."""
        deadline = time.monotonic() + 240
        while not self.held and time.monotonic() < deadline:
            self.page.evaluate("0")  # lets the browser's requests in
        ((route, body),) = self.held
        with self.page.expect_event("requestfinished"):
            route.fulfill(body=body)
        self.page.evaluate("() => new Promise(done => setTimeout(done))")


@pytest.fixture(scope="module")
def page(browser: Browser) -> Page:
    return browser.new_page()


@pytest.fixture
def shop(page: Page) -> Iterator[Shop]:
    shop = Shop(page)
    yield shop
    page.unroute_all()
    assert shop.errors == []


@pytest.mark.parametrize("typed", ["1000001", "100-0001", "１００ー０００１", "〒１００－０００１"])
def test_a_code_fills_an_empty_form(shop: Shop, typed: str) -> None:
    shop.open()
    shop.type_code(typed)
    expect(shop.page.locator("#live")).to_have_text("filled")
    assert shop.values() == ("東京都", "千代田区", "千代田", "")
    assert shop.asked == ["1000001"]


def test_typed_text_is_never_replaced(shop: Shop) -> None:
    shop.open(street="丸の内1-1")
    shop.page.fill("#city", "千代田")
    shop.type_code("100-0001")
    expect(shop.page.locator("#live")).to_have_text("filled")
    assert shop.values() == ("東京都", "千代田", "丸の内1-1", "")


def test_a_restored_form_is_left_alone(shop: Shop) -> None:
    shop.open(code="100-0001")
    shop.page.locator("#postal_code").dispatch_event("change")
    shop.type_code("１０００００１")
    shop.page.locator("#city").focus()
    assert shop.asked == []
    assert shop.values() == ("", "", "", "")


def test_a_corrected_code_corrects_what_the_script_filled_but_not_what_was_added(shop: Shop) -> None:
    shop.open()
    shop.type_code("100-0001")
    expect(shop.page.locator("#city")).to_have_value("千代田区")
    shop.page.fill("#street", "千代田1-1")
    shop.type_code("530-0001")
    expect(shop.page.locator("#city")).to_have_value("大阪市北区")
    assert shop.values() == ("大阪府", "大阪市北区", "千代田1-1", "")


def test_a_slow_answer_to_an_earlier_code_comes_too_late(shop: Shop) -> None:
    shop.slow = "1000001"
    shop.open()
    shop.type_code("100-0001")
    shop.type_code("100-000")
    shop.answer_held()
    assert shop.values() == ("", "", "", "")


def test_several_towns_become_a_labelled_list(shop: Shop) -> None:
    shop.open()
    shop.type_code("989-6712")
    towns = shop.page.get_by_label("choose")
    expect(towns.locator("option")).to_have_count(32)
    expect(shop.page.locator("#live")).to_have_text("several")
    assert shop.values() == ("宮城県", "大崎市", "", "")

    towns.select_option(label="大崎市鳴子温泉川袋")
    assert shop.values() == ("宮城県", "大崎市", "鳴子温泉川袋", "")
    towns.select_option(label="大崎市鳴子温泉黒崎")
    assert shop.values()[2] == "鳴子温泉黒崎"

    shop.type_code("100-0001")
    expect(shop.page.locator("#city")).to_have_value("千代田区")
    expect(towns).to_have_count(0)


def test_several_prefectures_leave_the_prefecture_to_the_person(shop: Shop) -> None:
    shop.open()
    shop.type_code("498-0000")
    expect(shop.page.get_by_label("choose")).to_be_visible()
    assert shop.values() == ("", "", "", "")
    shop.page.get_by_label("choose").select_option(label="弥富市")
    assert shop.values() == ("愛知県", "弥富市", "", "")


def test_an_unknown_code_is_said_politely(shop: Shop) -> None:
    shop.open()
    shop.type_code("100-9999")
    expect(shop.page.locator("#live")).to_have_text("unknown")
    assert shop.values() == ("", "", "", "")


@pytest.mark.parametrize("broken", [0, 404, 500, 200])
def test_a_broken_look_up_leaves_the_form_to_be_filled_by_hand(shop: Shop, broken: int) -> None:
    shop.broken = broken
    shop.open()
    with shop.page.expect_event("requestfinished" if broken else "requestfailed"):
        shop.type_code("100-0001")
    shop.page.fill("#city", "千代田区")
    assert shop.values() == ("", "千代田区", "", "")
    assert shop.page.inner_text("#live") == ""


@pytest.mark.parametrize("typed", ["100", "1000-001", "10000011", "abc1000001", "4242 4242"])
def test_nothing_is_asked_before_the_code_is_whole(shop: Shop, typed: str) -> None:
    shop.open()
    shop.type_code(typed)
    shop.page.locator("#city").focus()
    assert shop.asked == []


def test_the_button_for_pages_without_script_is_put_away(shop: Shop) -> None:
    shop.open()
    expect(shop.page.locator("button[name=lookup]")).to_be_hidden()
    expect(shop.page.locator("button[name=lookup]")).to_be_disabled()
