"""A guest who buys one thing, step by step as the pages lead, and pays on the provider's side of the counter."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field

from tests.concurrency.browser import Answer, Browser
from tests.servers.sandbox import Sandbox

PATIENCE_S = 240
_SESSION = re.compile(r"cs_test_\w+?(?=_secret_|\W|$)", re.ASCII)
_SOLD_OUT = ("在庫がなくなりました", "在庫がなくなった商品", "在庫切れ", "在庫に変わりがありました")


class Confused(Exception):
    """A page came that a shopper could not go on from."""


@dataclass
class Told:
    """What a buyer was told at last, and how long the steps took (seconds)."""

    outcome: str
    """paid, sold_out."""
    order: str | None = None
    """The order's token."""
    confirm_s: float = 0.0
    whole_s: float = 0.0
    waited_in_line: bool = False
    ready_at: float = 0.0
    """When the payment page stood, on the monotonic clock."""
    pressed_at: float = 0.0
    statuses: list[int] = field(default_factory=list)


class Buyer:
    """One guest with a browser, an e-mail address and a home of their own."""

    def __init__(self, browser: Browser, number: int, sandbox: Sandbox) -> None:
        self.browser = browser
        self.number = number
        self._sandbox = sandbox
        self._final: Answer | None = None
        self.order: str | None = None

    def add(self, sku: str, quantity: int = 1) -> bool:
        """Put it into the basket; False when told that it is sold out."""
        answer = self.browser.post("/cart/add", {"sku": sku, "quantity": str(quantity)})
        if answer.status == 409:
            return False
        _expect(answer, 200)
        return True

    def to_final_page(self) -> bool:
        """Through address and delivery to the final page; False when told on the way that it is sold out."""
        page = self.browser.get("/checkout")
        _expect(page, 200)
        page = self.browser.post("/checkout", self.address() | {"csrf_token": page.token()})
        _expect(page, 200)
        fields = {"day": "", "slot": "any", "method": "card", "csrf_token": page.token()}
        self._final = self.browser.post("/checkout/delivery", fields)
        _expect(self._final, 200)
        return not _is_sold_out(self._final)

    def address(self) -> dict[str, str]:
        return {
            "email": f"guest{self.number}@example.jp",
            "family_name": "試験",
            "given_name": "花",
            "postal_code": "150-0001",
            "prefecture": "東京都",
            "city": "渋谷区",
            "street": f"神宮前1-2-{self.number + 1}",
            "building": "",
            "phone": "03-1234-5678",
        }

    def press(self) -> Answer:
        """Press the order button. The answer is the redirect, or a page that says why not."""
        page = self._final
        assert page is not None
        fields = {name: page.field(name) for name in ("csrf_token", "digest", "total")}
        return self.browser.post("/checkout/confirm", fields, follow=False)

    def buy(self, sku: str, before_press: object = None) -> Told:
        """The whole way. `before_press` (a Barrier's wait) is called right before the button."""
        told = Told("sold_out")
        reached = self.add(sku) and self.to_final_page()
        if callable(before_press):
            before_press()
        if reached:
            self._confirm_and_pay(told)
        told.whole_s = self.browser.seconds
        told.statuses = self.browser.statuses
        self.browser.close()
        return told

    def _confirm_and_pay(self, told: Told) -> None:
        told.pressed_at = began = time.monotonic()
        answer = self.press()
        told.confirm_s = time.monotonic() - began
        _expect(answer, 303)
        assert answer.location is not None
        if "/cart" in answer.location:
            if not _is_sold_out(self.browser.get(answer.location)):
                raise Confused("sent back to the basket without a word on the stock")
            return
        session = self._session_to_pay(answer.location, told)
        told.ready_at = time.monotonic()
        paid = self._sandbox.pay(session)["session"]
        back = paid["return_url"] or paid["success_url"]
        self.order = told.order = back.split("/orders/")[1].split("/")[0]
        told.outcome = self._wait_until_known()

    def _session_to_pay(self, location: str, told: Told) -> str:
        """Follow to the payment page, through the waiting line if need be; the session's id."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if not location.startswith("/"):
                return _session_in(location)
            self.order = location.split("/orders/")[1].split("/")[0]
            page = self.browser.get(location)
            if page.status == 303 and page.location:
                location = page.location  # straight on to the provider's page
                continue
            _expect(page, 200)
            if 'id="waiting"' in page.text:
                told.waited_in_line = True
                self._wait_for_turn()
                location = f"/orders/{self.order}/pay?turn=1"
            elif 'id="pay"' in page.text:
                return _session_in(page.text)
            else:
                # The redirect store's payment page, or one whose session is not there: its button goes on.
                answer = self.browser.post(
                    f"/orders/{self.order}/pay", {"csrf_token": page.token()}, follow=False
                )
                _expect(answer, 303)
                location = answer.location or ""
        raise Confused("no payment page in time")

    def _wait_for_turn(self) -> None:
        """What waiting.js does, at its pace."""
        deadline = time.monotonic() + PATIENCE_S
        time.sleep(1.0)
        while time.monotonic() < deadline:
            answer = self.browser.get(f"/orders/{self.order}/state.json", accept="application/json")
            _expect(answer, 200)
            if not json.loads(answer.text)["waiting"]:
                return
            time.sleep(1.5)
        raise Confused("for ever in line")

    def _wait_until_known(self) -> str:
        """What checking.js does, at its pace. The order's state when it is decided."""
        page = self.browser.get(f"/orders/{self.order}/return")
        _expect(page, 200)
        if 'id="checking"' not in page.text:
            return self._state()
        token = page.token()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = self.browser.post(
                f"/orders/{self.order}/check", {"csrf_token": token}, accept="application/json"
            )
            _expect(answer, 200)
            state: str = json.loads(answer.text)["state"]
            if state != "placed":
                return state
            time.sleep(2.0)
        raise Confused("never told whether it was paid")

    def _state(self) -> str:
        answer = self.browser.get(f"/orders/{self.order}/state.json", accept="application/json")
        _expect(answer, 200)
        state: str = json.loads(answer.text)["state"]
        return state


def _session_in(text: str) -> str:
    found = _SESSION.search(text)
    if found is None:
        raise Confused("a payment page without a session")
    return found.group()


def _is_sold_out(page: Answer) -> bool:
    return any(words in page.text for words in _SOLD_OUT)


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise Confused(f"{answer.path} answered {answer.status}: {answer.text[:200]!r}")
