"""A shopper in Chromium: fills a basket, types an address, pays on either kind of page. """

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

ADDRESS = {
    "email": "guest@example.jp",
    "family_name": "試験",
    "given_name": "花",
    "postal_code": "150-0001",
    "city": "渋谷区",
    "street": "神宮前1-2-3",
    "phone": "03-1234-5678",
}
SLOW_MS = 15_000


class Shopper:
    """Drives one page of one browser on one store."""

    def __init__(self, page: Page, origin: str, *, locale: str = "ja") -> None:
        self.page = page
        self.origin = origin + ("/en" if locale == "en" else "")
        page.set_default_timeout(SLOW_MS)

    def add(self, slug: str, sku: str | None = None) -> None:
        """Put a product into the basket from its page."""
        self.page.goto(f"{self.origin}/products/{slug}")
        if sku is not None:
            self.page.locator(f'input[name="sku"][value="{sku}"]').check(force=True)
        with self.page.expect_response("**/cart/add"):
            self.page.locator('form[action$="/cart/add"] button[type=submit]').click()

    def to_final_page(self, **address: str) -> None:
        """From the basket through address and delivery to the final page."""
        self.page.goto(f"{self.origin}/checkout")
        for name, value in (ADDRESS | address).items():
            self.page.locator(f'[name="{name}"]').fill(value)
        self.page.locator('select[name="prefecture"]').select_option(address.get("prefecture", "東京都"))
        self.page.locator("main form button.button--main").click()
        expect(self.page).to_have_url(re.compile("/checkout/delivery$"))
        self.page.locator("main form button.button--main").click()
        expect(self.page).to_have_url(re.compile("/checkout/confirm$"))

    def confirm(self) -> None:
        """Press the order button."""
        self.page.locator("main form button.button--main").click()

    def card_frame(self) -> FrameLocator:
        """The provider's card fields inside our page."""
        return self.page.frame_locator("#card-fields iframe")

    def pay_in_fields(self, number: str) -> None:
        """Type a card into the provider's frame and press our pay button."""
        self.fill_card(self.card_frame().locator("html"), number)
        self.page.locator("#pay-button").click()

    def pay_on_page(self, number: str) -> None:
        """Type a card on the provider's own page and press its button."""
        self.fill_card(self.page.locator("html"), number)
        self.page.locator("form button[type=submit]").first.click()

    @staticmethod
    def fill_card(scope: Locator, number: str) -> None:
        """Type number, expiry and code into the provider's inputs."""
        scope.locator('input[autocomplete="cc-number"]').fill(number)
        scope.locator('input[autocomplete="cc-exp"]').fill("12/39")
        scope.locator('input[autocomplete="cc-csc"]').fill("123")
