"""What the canary does in the shop: in both types a success, a decline, and a 3-D Secure challenge that is passed."""

from __future__ import annotations

import re
import urllib.parse

from playwright.sync_api import Browser, expect

from security.canary.numbers import fresh_number
from tests.e2e.shopper import Shopper
from tests.evidence.recorded import Recorded

OUTCOMES = {
    "success": ("4", "success"),
    "decline": ("51", "decline:insufficient_funds"),
    "3-D Secure": ("3528", "three_d_secure"),
}
PAID = re.compile("ご注文ありがとうございます")


def fresh_numbers() -> dict[str, str]:
    """A number for each outcome, made now."""
    return {label: fresh_number(prefix) for label, (prefix, _outcome) in OUTCOMES.items()}


def buy_in_both_types(recorded: Recorded, browser: Browser, numbers: dict[str, str]) -> int:
    """Make every purchase, each as another person; returns how many were made.

    Fails where the page does not show what it should.
    """
    for label, (_prefix, outcome) in OUTCOMES.items():
        recorded.system.sandbox.control("cards", {"number": numbers[label], "outcome": outcome})
    purchases = [(store, label) for store in ("style", "cocomo") for label in OUTCOMES]
    for store, label in purchases:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
        recorded.watch(context)
        _buy(recorded, Shopper(context.new_page(), recorded.system.origins[store]), label, numbers[label])
        context.close()
    return len(purchases)


def _buy(recorded: Recorded, shopper: Shopper, label: str, number: str) -> None:
    shopper.page.goto(shopper.origin + "/")
    product = shopper.page.locator('main a[href*="/products/"]').first.get_attribute("href")
    assert product is not None
    shopper.add(product.rsplit("/", 1)[-1])
    shopper.to_final_page()
    shopper.confirm()
    on_our_page = shopper.origin.startswith("http://style.")
    if on_our_page:
        shopper.pay_in_fields(number)
    else:
        expect(shopper.page).to_have_url(re.compile(re.escape(recorded.system.sandbox.pages)))
        shopper.pay_on_page(number)
    if label == "3-D Secure":
        pass_challenge(shopper)
    if label == "decline":
        refusal = shopper.page.locator("#pay-message" if on_our_page else "[role=alert]:visible").first
        expect(refusal).to_contain_text(re.compile("限度額|残高"))
        return
    expect(shopper.page.locator("h1")).to_have_text(PAID)
    recorded.order_token = urllib.parse.urlsplit(shopper.page.url).path.split("/")[2]
    recorded.order_number = shopper.page.locator("dl.terms dd.figure").first.inner_text()


def pass_challenge(shopper: Shopper) -> None:
    """Answer the provider's question: over our page in the token type, on the provider's in the other."""
    in_frame = shopper.origin.startswith("http://style.")
    scope = (
        shopper.page.frame_locator("dialog iframe").locator("html")
        if in_frame
        else shopper.page.locator("html")
    )
    scope.locator("#code").fill(scope.locator(".otp").inner_text())
    scope.locator('button[value="pass"]').click()
