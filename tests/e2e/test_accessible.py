"""The checkout's pages by axe, in both stores and languages, light and dark, wide and on a phone."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.reading import axe_faults, runs_over
from tests.e2e.shopper import SUCCESS, Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty

pytestmark = pytest.mark.browser

CASES: list[tuple[str, Literal["light", "dark"], int]] = [("ja", "light", 1280), ("en", "dark", 390)]
"""Each language, each scheme and each width once in each store."""


def _faults(page: Page) -> list[str]:
    return axe_faults(page) + runs_over(page)


@pytest.mark.parametrize(("locale", "scheme", "width"), CASES)
@pytest.mark.parametrize("store", ["style", "cocomo"])
def test_no_page_of_the_checkout_has_a_fault(
    browser: Browser, system: System, store: str, locale: str, scheme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(
        color_scheme=scheme, locale="ja-JP", viewport={"width": width, "height": 900}
    )
    shopper = Shopper(context.new_page(), system.origins[store], locale=locale)
    page, faults = shopper.page, []
    shopper.prepare(plenty(store, nth=3))
    faults += _faults(page)
    for path in ("/checkout", "/checkout/delivery", "/cart"):
        page.goto(shopper.origin + path)
        faults += _faults(page)
    page.goto(shopper.origin + "/checkout")
    page.locator('[name="phone"]').fill("12")
    page.locator("main form button.button--main").click()
    expect(page.locator('[aria-invalid="true"]')).to_have_count(1)
    faults += _faults(page)
    page.goto(shopper.origin + "/checkout/confirm")
    shopper.confirm()
    if shopper.is_token:
        expect(page.locator("#pay-button")).to_be_enabled()
        faults += _faults(page)
    else:
        page.locator("a.back").click()
        faults += _faults(page)
        page.locator("main form button.button--main").click()
    shopper.pay(SUCCESS)
    expect(page.locator(".thanks")).to_be_visible()
    faults += _faults(page)
    context.close()
    assert faults == []
