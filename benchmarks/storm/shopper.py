"""A shopper in a storm: goes the way of a story, presses again when an answer is lost, and loses patience at last."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import re
import threading
import time
import urllib.error
from dataclasses import dataclass, field
from typing import Any

from benchmarks.storm.fleet import Fleet
from benchmarks.storm.plan import Story, Way
from tests.concurrency.browser import Answer, Browser

PATIENCE_S = 25.0
PRESSES = 12
"""So often someone begins a step anew whose answer was lost."""
_SESSION = re.compile(r"cs_test_\w+?(?=_secret_|\W|$)", re.ASCII)
_BAD = frozenset({500, 502, 504})


class Broken(Exception):
    """The answer was lost, or says to come again: nobody knows what has happened."""


class GaveUp(Exception):
    """Out of patience. What was begun stays as it is, and nobody comes back to it."""


class Wanderer(Browser):
    """A browser whose connection breaks, and that then reaches another node."""

    def __init__(self, fleet: Fleet, store: str, dice: random.Random) -> None:
        self._fleet, self._dice = fleet, dice
        super().__init__(dice.choice(fleet.ports), fleet.origin(store))

    def _ask(self, method: str, path: str, fields: dict[str, str] | None, accept: str) -> Answer:
        try:
            answer = super()._ask(method, path, fields, accept)
        except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
            self._connection.close()
            port = self._dice.choice(self._fleet.ports)
            self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            raise Broken(type(error).__name__) from error
        if answer.status in _BAD or answer.status == 503:
            raise Broken(str(answer.status))
        return answer

    def twin(self) -> Wanderer:
        """Another tab of the same profile."""
        other = Wanderer(self._fleet, "style", self._dice)
        other.origin, other._host, other._cookies = self.origin, self._host, self._cookies
        return other


@dataclass
class Told:
    """What a story came to, as its shopper saw it."""

    story: Story
    outcome: str = "gave up"
    """paid, expired, refunded, …: the order's state as the shop told it; or sold out, left, gave up, …"""
    order: str | None = None
    """The order's token."""
    intent: str | None = None
    """The provider's payment, once it said that it has the money."""
    statuses: list[int] = field(default_factory=list)
    lost_answers: int = 0


class Shopper:
    """One browser profile with a basket, a mail address and a home of its own."""

    def __init__(self, fleet: Fleet, store: str, number: int, seed: int) -> None:
        self._fleet = fleet
        self._dice = random.Random(f"{seed} shopper {number}")
        self._number = number
        self.browser = Wanderer(fleet, store, self._dice)
        self._has_address = False

    def live(self, story: Story, sku: str) -> Told:
        """Go the way of a story as far as patience goes."""
        told = Told(story)
        began = len(self.browser.statuses)
        with contextlib.suppress(GaveUp):
            session = self._order(told, sku)
            if session is not None:
                self._pay(told, sku, session)
        told.statuses = self.browser.statuses[began:]
        return told

    def close(self) -> None:
        self.browser.close()

    def _again(self, step: Any, told: Told, *arguments: Any) -> Any:
        """Do a step until its answer arrives."""
        for number in range(PRESSES):
            try:
                return step(*arguments)
            except (Broken, LookupError, ValueError):
                told.lost_answers += 1
                time.sleep(min(2.0, 0.1 * 1.6**number))
        raise GaveUp

    def _order(self, told: Told, sku: str) -> str | None:
        """Fill the basket and press the button; the session that can be paid, None when there is none."""
        if not self._again(self._fill, told, sku):
            told.outcome = "sold out"
            return None
        location = self._again(self._press, told, told.story.way is Way.PRESSES_TWICE)
        return self._follow(told, location)

    def _fill(self, sku: str) -> bool:
        answer = self.browser.post("/cart/add", {"sku": sku, "quantity": "1"}, follow=False)
        if answer.status not in {303, 409}:
            raise Broken(str(answer.status))
        return answer.status == 303

    def _press(self, twice: bool) -> str:
        """From the basket to the order button. Where the answer leads."""
        if not self._has_address:
            self._give_address()
        final = self.browser.get("/checkout/confirm", follow=False)
        if final.location is not None:
            if "/cart" in final.location:
                return final.location  # what was in the basket is sold
            self._has_address = False
            raise Broken("sent back")
        fields = {name: final.field(name) for name in ("csrf_token", "digest", "total")}
        other = threading.Thread(target=self._press_in_another_tab, args=(fields,)) if twice else None
        if other is not None:
            other.start()
        try:
            answer = self.browser.post("/checkout/confirm", fields, follow=False)
        finally:
            if other is not None:
                other.join()
        if answer.status == 429:
            raise GaveUp
        if answer.location is None:
            raise Broken(str(answer.status))
        return answer.location

    def _press_in_another_tab(self, fields: dict[str, str]) -> None:
        tab = self.browser.twin()
        with contextlib.suppress(Broken):
            tab.post("/checkout/confirm", fields, follow=False)
        tab.close()

    def _give_address(self) -> None:
        page = self.browser.get("/checkout", follow=False)
        if page.location is not None:
            raise GaveUp  # the basket is empty: its goods were sold out
        token = {"csrf_token": page.token()}
        kept = self.browser.post("/checkout", self._address() | token, follow=False)
        chosen = {"day": "", "slot": "any", "method": "card"} | token
        done = self.browser.post("/checkout/delivery", chosen, follow=False)
        if kept.status != 303 or done.status != 303:
            raise Broken(f"{kept.status} {done.status}")
        self._has_address = True

    def _address(self) -> dict[str, str]:
        return {
            "email": f"guest{self._number}@example.jp",
            "family_name": "試験",
            "given_name": "花",
            "postal_code": "150-0001",
            "prefecture": "東京都",
            "city": "渋谷区",
            "street": f"神宮前1-2-{self._number + 1}",
            "building": "",
            "phone": "03-1234-5678",
        }

    def _follow(self, told: Told, location: str) -> str | None:
        """From where the button led to a session that can be paid, through the waiting line if need be."""
        if "/cart" in location:
            told.outcome = "sold out"
            return None
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if not location.startswith("/"):
                told.order = None  # straight to the provider's page: its session says which order it is
                return _session_in(location)
            if "/orders/" not in location:
                location = self._again(self._press, told, False)
                continue
            told.order = location.split("/orders/")[1].split("/")[0]
            found, location = self._again(self._look, told, location, told.order)
            if found is not None:
                return str(found)
            if not location:
                self._decided(told)
                return None
        raise GaveUp

    def _look(self, location: str, order: str) -> tuple[str | None, str]:
        """A session, or where to look next ("" when the order needs no payment any more)."""
        page = self.browser.get(location, follow=False)
        if page.location is not None:
            return None, "" if page.location.rstrip("/").endswith(order) else page.location
        if 'id="waiting"' in page.text:
            time.sleep(0.7)
            return None, f"/orders/{order}/pay?turn=1"
        if 'id="pay"' in page.text:
            return _session_in(page.text), location
        answer = self.browser.post(f"/orders/{order}/pay", {"csrf_token": page.token()}, follow=False)
        return None, answer.location or location

    def _decided(self, told: Told) -> None:
        told.outcome = str(self._again(self._state, told, told.order))

    def _pay(self, told: Told, sku: str, session: str) -> None:
        way = told.story.way
        if way is Way.LEAVES:
            told.outcome = "left"
            return
        if way is Way.CHANGES_MIND:
            another = self._order(told, sku)
            if another is None:
                return
            session = another
        if way is Way.SWITCHES:
            session = self._switch(told) or session
        if not self._at_the_provider(told, session):
            return
        if way is Way.PAYS_AND_LEAVES:
            told.outcome = "paid and left"
            return
        self._come_back(told)

    def _switch(self, told: Told) -> str | None:
        """ "Pay on the provider's page": the open session ends, another is made."""
        if told.order is None:
            return None  # it is there already
        page = self._again(self.browser.get, told, f"/orders/{told.order}/pay")
        with contextlib.suppress(LookupError, Broken):
            fields = {"csrf_token": page.token()}
            answer = self.browser.post(f"/orders/{told.order}/pay/page", fields, follow=False)
            if answer.location:
                return self._follow(told, answer.location)
        return None

    def _at_the_provider(self, told: Told, session: str) -> bool:
        """Whether the money is with the provider."""
        way = told.story.way
        try:
            if way in {Way.DECLINED_THEN_PAYS, Way.DECLINED_AND_LEAVES}:
                self._fleet.sandbox.pay(session, "decline:generic_decline")
                if way is Way.DECLINED_AND_LEAVES:
                    told.outcome = "declined"
                    return False
            if way in {Way.CHALLENGED, Way.FAILS_CHALLENGE}:
                return self._prove(told, session)
            return _has_money(told, self._fleet.sandbox.pay(session)["session"])
        except urllib.error.HTTPError as error:
            error.close()
            told.outcome = "session ended"
            return False

    def _prove(self, told: Told, session: str) -> bool:
        asked = self._fleet.sandbox.pay(session, "three_d_secure")
        answer = "pass" if told.story.way is Way.CHALLENGED else "fail"
        ended = self._fleet.sandbox.control(f"challenges/{asked['challenge']}", {"answer": answer})
        if _has_money(told, ended["session"]):
            return True
        told.outcome = "declined"
        return False

    def _come_back(self, told: Told) -> None:
        """What the page that checks does."""
        page = self._again(self.browser.get, told, f"/orders/{told.order}/return")
        if 'id="checking"' not in page.text:
            self._decided(told)
            return
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            told.outcome = self._again(self._check, told, told.order, page.token())
            if told.outcome != "placed":
                return
            time.sleep(0.7)

    def _check(self, order: str, token: str) -> str:
        fields = {"csrf_token": token}
        answer = self.browser.post(f"/orders/{order}/check", fields, accept="application/json")
        return str(json.loads(answer.text)["state"])

    def _state(self, order: str) -> str:
        answer = self.browser.get(f"/orders/{order}/state.json", accept="application/json")
        return str(json.loads(answer.text)["state"])


def _has_money(told: Told, session: dict[str, Any]) -> bool:
    back = session["return_url"] or session["success_url"]
    told.order = back.split("/orders/")[1].split("/")[0]
    if session["payment_status"] != "paid":
        return False
    told.intent = session["payment_intent"]
    return True


def _session_in(text: str) -> str:
    found = _SESSION.search(text)
    if found is None:
        raise Broken("a payment page without a session")
    return found.group()
