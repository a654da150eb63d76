"""A shopper in Chromium: fills a basket, types an address, pays on either kind of page."""

from __future__ import annotations

import itertools
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
_numbers = itertools.count(1)
SLOW_MS = 60_000
SUCCESS = "4242424242424242"
CHALLENGE = "4000002760003184"
NO_FUNDS = "4000000000009995"

# The way to the final page by the same forms, without looking at each: for tests of what comes after.
_TO_FINAL_PAGE = """async ([root, goods, contact]) => {
  const post = (path, fields) => fetch(root + path, { method: "POST", body: new URLSearchParams(fields) });
  for (const [sku, quantity] of goods) await post("/cart/add", { sku, quantity });
  const page = await (await fetch(root + "/checkout")).text();
  const form = new DOMParser().parseFromString(page, "text/html");
  const csrf_token = form.querySelector("input[name=csrf_token]").value;
  const kept = await post("/checkout", { ...contact, csrf_token });
  const chosen = await post("/checkout/delivery", { day: "", slot: "any", method: "card", csrf_token });
  return [kept.url, chosen.url];
}"""


class Shopper:
    """Drives one page of one browser on one store. Each is somebody else: a customer may try only so often."""

    def __init__(self, page: Page, origin: str, *, locale: str = "ja") -> None:
        self.page = page
        self.origin = origin + ("/en" if locale == "en" else "")
        self.address = ADDRESS | {"email": f"guest{next(_numbers)}@example.jp"}
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
        for name, value in (self.address | address).items():
            self.page.locator(f'[name="{name}"]').fill(value)
        self.page.locator('select[name="prefecture"]').select_option(address.get("prefecture", "東京都"))
        self.page.locator("main form button.button--main").click()
        expect(self.page).to_have_url(re.compile("/checkout/delivery$"))
        self.page.locator("main form button.button--main").click()
        expect(self.page).to_have_url(re.compile("/checkout/confirm$"))

    def prepare(self, sku: str, quantity: int = 1, **address: str) -> None:
        """Stand on the final page with these goods in the basket, by the shortest way."""
        self.page.goto(f"{self.origin}/guide/contact")
        contact = {"prefecture": "東京都", "building": ""} | self.address | address
        went = self.page.evaluate(_TO_FINAL_PAGE, [self._root, [[sku, str(quantity)]], contact])
        assert [url.rsplit("/", 1)[-1] for url in went] == ["delivery", "confirm"], went
        self.page.goto(f"{self.origin}/checkout/confirm")

    @property
    def _root(self) -> str:
        return "/en" if self.origin.endswith("/en") else ""

    @property
    def is_token(self) -> bool:
        """Whether this store takes cards in the provider's fields on its own page."""
        return self.origin.startswith("http://style.")

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

    def pay(self, number: str) -> None:
        """Pay in the way of this store."""
        if self.is_token:
            self.pay_in_fields(number)
        else:
            self.pay_on_page(number)

    def challenge(self) -> Locator:
        """The card issuer's question: over our page in the token type, on the provider's in the other."""
        if self.is_token:
            return self.page.frame_locator("dialog iframe").locator("html")
        return self.page.locator("html")

    def answer_challenge(self, answer: str) -> None:
        """`pass`, `fail` or `cancel`."""
        scope = self.challenge()
        if answer == "pass":
            scope.locator("#code").fill(scope.locator(".otp").inner_text())
        scope.locator(f'button[value="{answer}"]').click()

    @staticmethod
    def fill_card(scope: Locator, number: str) -> None:
        """Type number, expiry and code into the provider's inputs."""
        scope.locator('input[autocomplete="cc-number"]').fill(number)
        scope.locator('input[autocomplete="cc-exp"]').fill("12/39")
        scope.locator('input[autocomplete="cc-csc"]').fill("123")
