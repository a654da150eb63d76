"""On a phone nothing of ours stands before what has the focus, and no text is wider than the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.reading import runs_over
from tests.e2e.shopper import Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty

pytestmark = pytest.mark.browser

# The middle of what has the focus, and the top of its label: seen, and by nothing else of the page covered.
_HIDDEN = """() => {
  const held = document.activeElement;
  if (held === document.body) return "";
  const isSeen = (element, x, y) => {
    const top = document.elementFromPoint(x, y);
    return top !== null && (element.contains(top) || top.contains(element));
  };
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  const parts = [held, ...(held.closest(".field")?.querySelectorAll("label") ?? [])];
  const hidden = parts.filter((part) => !isSeen(part, ...middle(part.getBoundingClientRect())));
  return hidden.map((part) => part.outerHTML.slice(0, 120)).join(" ");
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone in the hand of someone who uses keys."""
    context = browser.new_context(
        viewport={"width": 390, "height": 700}, locale="ja-JP", reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@pytest.fixture(params=["style", "cocomo"])
def walker(request: pytest.FixtureRequest, phone: Page, system: System) -> Shopper:
    """A shopper at each store, on a phone."""
    return Shopper(phone, system.origins[request.param])


def _tabs(page: Page) -> Iterator[str]:
    """Go through the page by Tab, once; what hides each focus."""
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        yield page.evaluate(_HIDDEN)
        page.keyboard.press("Tab")


def test_the_note_of_what_was_added_hides_no_focus(walker: Shopper) -> None:
    page = walker.page
    page.goto(f"{walker.origin}/")
    page.locator('main a[href*="/products/"]').first.click()
    with page.expect_response("**/cart/add"):
        page.locator('form[action$="/cart/add"] button[type=submit]').click()
    expect(page.locator("#toast a")).to_be_visible()
    hidden = list(_tabs(page))
    assert len(hidden) > 10
    assert not any(hidden), [one for one in hidden if one]


@pytest.mark.parametrize("is_open", [False, True])
def test_a_fault_s_link_leads_to_its_field_in_sight(walker: Shopper, is_open: bool) -> None:
    page = walker.page
    walker.prepare(plenty("style" if walker.is_token else "cocomo", nth=4))
    page.goto(f"{walker.origin}/checkout")
    for name in (*walker.address, "building"):
        page.locator(f'[name="{name}"]').fill("")
    page.locator("main form button.button--main").click()
    links = page.locator("[data-focus] a")
    expect(links).to_have_count(len(walker.address))
    if is_open:
        page.locator(".totalbar summary").click()
    for number in range(len(walker.address)):
        links.nth(number).press("Enter")
        expect(page.locator(f"{links.nth(number).get_attribute('href')}")).to_be_focused()
        assert page.evaluate(_HIDDEN) == ""


def test_an_address_without_a_gap_keeps_the_page_s_width(walker: Shopper) -> None:
    walker.prepare(
        plenty("style" if walker.is_token else "cocomo", nth=5), building="W" * 100, family_name="W" * 40
    )
    found = runs_over(walker.page)
    for path in ("/checkout/delivery", "/checkout"):
        walker.page.goto(walker.origin + path)
        found += runs_over(walker.page)
    assert found == []
