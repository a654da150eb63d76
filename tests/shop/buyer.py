"""A guest without a browser: goes through the checkout's forms as the pages give them."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from shop.catalog.content import load_store

CONTACT = {
    "email": "guest@example.jp",
    "family_name": "試験",
    "given_name": "花",
    "postal_code": "150-0001",
    "prefecture": "東京都",
    "city": "渋谷区",
    "street": "神宮前1-2-3",
    "building": "",
    "phone": "03-1234-5678",
}
DELIVERY = {"day": "", "slot": "any", "method": "card"}
_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')


def plenty(store_id: str, *, nth: int = 0) -> str:
    """The SKU of goods that are there in number."""
    variants = [product.variants[0] for product in load_store(store_id).products]
    return [variant.sku for variant in variants if variant.stock >= 5][nth]


def hidden_field(page: str, name: str) -> str:
    """The value of the first input of that name."""
    for tag in _INPUT.findall(page):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if attributes.get("name") == name:
            return html.unescape(attributes.get("value", ""))
    raise LookupError(f"the page has no field {name}")


class Buyer:
    """One browser profile on one store; `tab()` gives another tab of the same profile."""

    def __init__(self, app: Flask, store_id: str, *, root: str = "") -> None:
        self.client = app.test_client()
        self.origin = f"http://{store_id}.localhost:8000"
        self.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        self.store_id, self.root = store_id, root

    def get(self, path: str) -> TestResponse:
        return self.client.get(self.root + path, base_url=self.origin)

    def post(self, path: str, fields: dict[str, str], *, form_on: str | None = None) -> TestResponse:
        """Post with the token of the page that holds the form (`path` itself unless told)."""
        token = hidden_field(self.get(form_on or path).text, "csrf_token")
        return self.post_bare(path, {"csrf_token": token} | fields)

    def post_bare(self, path: str, fields: dict[str, str], **headers: str) -> TestResponse:
        """Post these fields and nothing else; a header's name is written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(self.root + path, data=fields, base_url=self.origin, headers=named)

    def add(self, sku: str | None = None, quantity: int = 1) -> None:
        fields = {"sku": sku or plenty(self.store_id), "quantity": str(quantity)}
        assert self.post_bare("/cart/add", fields).status_code == 303

    def address(self, **changes: str) -> TestResponse:
        return self.post("/checkout", CONTACT | changes)

    def delivery(self, **changes: str) -> TestResponse:
        return self.post("/checkout/delivery", DELIVERY | changes)

    def final_page(
        self, sku: str | None = None, quantity: int = 1, *, method: str = "card", **contact: str
    ) -> str:
        """Fill a basket and go to the final page. Returns the page."""
        self.add(sku, quantity)
        assert self.address(**contact).status_code == 303
        assert self.delivery(method=method).status_code == 303
        return self.get("/checkout/confirm").text

    def confirm(self, page: str | None = None, **changes: str) -> TestResponse:
        """Press the order button of a final page (the one there is now unless told)."""
        page = page or self.get("/checkout/confirm").text
        fields = {name: hidden_field(page, name) for name in ("csrf_token", "digest", "total")}
        return self.post_bare("/checkout/confirm", fields | changes)

    def buy(self, sku: str | None = None, quantity: int = 1, *, method: str = "card") -> str:
        """Everything up to the placed order. Returns the order's token."""
        answer = self.confirm(self.final_page(sku, quantity, method=method))
        assert answer.status_code == 303, answer.text
        return self.order_in(answer)

    def order_in(self, answer: TestResponse) -> str:
        """The token of the order that an answer leads to; on the way to the provider's page, of the newest order."""
        parts = urlsplit(answer.headers["Location"])
        found = re.search(r"/orders/([^/]+)", parts.path)
        if found is None:
            raise LookupError(f"{parts.netloc}{parts.path} is no order's page")
        return found[1]
