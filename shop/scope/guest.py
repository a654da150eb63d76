"""A shopper without a browser: follows the forms as the pages give them, so that a new field does not stop it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from security.canary.sinks import MissingEvidence
from security.markup import Form, forms
from shop.context import Shop

CONTACT = {
    "email": "guest@example.jp",
    "family_name": "試験",
    "given_name": "花",
    "postal_code": "150-0001",
    "prefecture": "東京都",
    "city": "渋谷区",
    "street": "神宮前1-2-3",
    "phone": "03-1234-5678",
}
"""What is typed into fields of these names; every other one keeps what the page gave."""

_SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Guest:
    """One browser profile on one store."""

    app: Flask
    shop: Shop
    store_id: str
    origin: str = ""
    root: str = ""
    """`/en` for the English pages."""
    typed: dict[str, str] = field(default_factory=dict)
    """Wins over CONTACT."""
    cookies: list[tuple[str, str, TestResponse]] = field(default_factory=list)
    """Method, path and answer of whatever set a cookie."""

    def __post_init__(self) -> None:
        self.origin = self.origin or self.shop.settings.urls[self.store_id]
        self.client = self.app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        answer = self.client.get(self._path(path), base_url=self.origin, headers=_named(headers))
        return self._noted("GET", path, answer)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> TestResponse:
        """Post these fields and nothing else, as a page of ours would."""
        given = _SAME_ORIGIN | {"Referer": f"{self.origin}/"} | _named(headers)
        answer = self.client.post(self._path(path), data=fields, base_url=self.origin, headers=given)
        return self._noted("POST", path, answer)

    def _noted(self, method: str, path: str, answer: TestResponse) -> TestResponse:
        if "Set-Cookie" in answer.headers:
            self.cookies.append((method, path, answer))
        return answer

    def form(self, path: str, leads_to: str) -> Form:
        """The first posting form on a page whose address ends like this."""
        page = self.get(path)
        return form_of(page.text, leads_to, f"{path} ({page.status_code})")

    def fill(self, path: str, leads_to: str = "", **changes: str) -> TestResponse:
        """Send a page's form with what a person would type, and `changes`."""
        form = self.form(path, leads_to or path)
        known = {name: value for name, value in (CONTACT | self.typed).items() if name in form.fields}
        return self.post(urljoin(path, form.action), form.defaults() | known | changes)

    def add(self, sku: str, quantity: str = "1", **more: str) -> TestResponse:
        return self.post("/cart/add", {"sku": sku, "quantity": quantity, **more})

    def to_final_page(self) -> None:
        """From a filled basket to the final page. Raises MissingEvidence where a form was not accepted."""
        for path in ("/checkout", "/checkout/delivery"):
            answer = self.fill(path)
            if answer.status_code != 303:
                raise MissingEvidence(f"an honest {path} was answered with {answer.status_code}")

    def confirm(self, **changes: str) -> TestResponse:
        """Press the order button."""
        return self.fill("/checkout/confirm", **changes)

    def order(self, sku: str, quantity: str = "1") -> str:
        """An honest order up to the payment step; its token."""
        self.add(sku, quantity)
        self.to_final_page()
        answer = self.confirm()
        if answer.status_code != 303:
            raise MissingEvidence(f"an honest order was answered with {answer.status_code}")
        return self.newest_token(answer)

    def newest_token(self, answer: TestResponse) -> str:
        """The token of the order that an answer leads to; on the way to the provider's page, of the newest order."""
        from shop.orders.links import order_token
        from shop.orders.models import Order

        found = re.search(r"/orders/([^/?]+)", urlsplit(answer.headers.get("Location", "")).path)
        if found is not None:
            return found[1]
        with self.shop.db.read() as session:
            order = session.scalars(
                select(Order).where(Order.store_id == self.store_id).order_by(Order.placed_at.desc())
            ).first()
        if order is None:
            raise MissingEvidence("no order was placed")
        return order_token(self.shop.settings.keys, self.store_id, order.id)

    def _path(self, path: str) -> str:
        return path if path.startswith(("/en/", "/static/")) else self.root + path


def form_of(html: str, leads_to: str, where: str) -> Form:
    """The first posting form whose address ends like this. Raises MissingEvidence when there is none."""
    for form in forms(html):
        if form.method == "post" and urlsplit(form.action).path.endswith(leads_to):
            return form
    raise MissingEvidence(f"no form on {where} leads to {leads_to}")


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
