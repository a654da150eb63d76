"""A shopper in Chromium for the verifier: fills a basket, types an address, pays on either kind of page.

It goes by the forms' addresses and fields' names, so that new fields and buttons do not stop it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from security.canary.sinks import MissingEvidence
from shop.scope.guest import CONTACT

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SLOW_MS = 60_000
EXPIRY = "12/39"


def code_of(number: str) -> str:
    """A security code as long as this card's: American Express has four digits, everybody else three."""
    return "1234" if number[:2] in {"34", "37"} else "123"


class Shopper:
    """Drives one page of one profile on one store. Whatever it waits for in vain is missing evidence."""

    def __init__(self, page: Page, origin: str, *, locale: str = "ja", is_token: bool) -> None:
        self.page, self.origin, self.is_token = page, origin, is_token
        self.root = "/en" if locale == "en" else ""
        page.set_default_timeout(SLOW_MS)

    def add(self, slug: str) -> None:
        """Put a product into the basket from its page."""
        self.page.goto(f"{self.origin}{self.root}/products/{slug}")
        with self.page.expect_response("**/cart/add"):
            self.page.locator('form[action$="/cart/add"] button[type=submit]').first.click()

    def type_address(self, **changes: str) -> None:
        """Fill the address page, which is there."""
        for name, value in (CONTACT | changes).items():
            form = self.page.locator('form[action$="/checkout"]')
            if form.locator(f'select[name="{name}"]').count():
                form.locator(f'select[name="{name}"]').select_option(value)
            elif form.locator(f'[name="{name}"]').count():
                form.locator(f'[name="{name}"]').first.fill(value)

    def next(self, leads_to: str, arrives: str) -> None:
        """Press the main button of the form that leads there, and be where it should lead."""
        self.page.locator(f'form[action$="{leads_to}"] button.button--main').first.click()
        self.page.wait_for_url(re.compile(arrives))

    def to_final_page(self, **changes: str) -> None:
        """From the basket through address and delivery to the final page."""
        self.page.goto(f"{self.origin}{self.root}/checkout")
        self.type_address(**changes)
        self.next("/checkout", "/checkout/delivery$")
        self.next("/checkout/delivery", "/checkout/confirm$")

    def confirm(self) -> None:
        """Press the order button and be at the payment step: on our page, or on the provider's."""
        arrives = r"/orders/[^/]+/pay" if self.is_token else r"/c/pay/"
        self.next("/checkout/confirm", arrives)

    @property
    def fields(self) -> Locator:
        """Where the provider's card fields are: in its frame on our page, or on its own page."""
        if self.is_token:
            return self.page.frame_locator("#card-fields iframe").locator("html")
        return self.page.locator("html")

    def pay(self, number: str) -> None:
        """Type a card into the provider's fields and press the button."""
        self.fields.locator('input[autocomplete="cc-number"]').fill(number)
        self.fields.locator('input[autocomplete="cc-exp"]').fill(EXPIRY)
        self.fields.locator('input[autocomplete="cc-csc"]').fill(code_of(number))
        button = "#pay-button" if self.is_token else "form button[type=submit]"
        self.page.locator(button).first.click()

    def is_declined(self) -> None:
        """Wait until the page says that the card was not taken."""
        said = "#pay-message" if self.is_token else "[role=alert]:visible"
        self.page.locator(said).first.filter(has_text=re.compile("限度額|残高|funds|declined")).wait_for()

    def pass_challenge(self) -> None:
        """Answer the card issuer's question: over our page in the token type, on the provider's in the other."""
        scope = (
            self.page.frame_locator("dialog iframe").locator("html")
            if self.is_token
            else self.page.locator("html")
        )
        scope.locator("#code").fill(scope.locator(".otp").inner_text())
        scope.locator('button[value="pass"]').click()

    def is_paid(self) -> tuple[str, str]:
        """Wait until the order's page thanks; the order's token and number."""
        self.page.locator("h1", has_text=re.compile("ご注文ありがとうございます|Thank you")).wait_for()
        found = re.search(r"/orders/([^/?]+)", self.page.url)
        number = re.search(r"\b[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", self.page.locator("main").inner_text())
        if found is None or number is None:
            raise MissingEvidence("a paid order's page shows no number")
        return found[1], number[0]
