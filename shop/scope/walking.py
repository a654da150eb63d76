"""The walk: a browser sees every page of both stores, types a number wherever it can, and writes down what it saw.

E2, E3 and E6 judge what is written here; the walk is made once a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from security.canary.numbers import fresh_number
from security.canary.page import Allowed, Executed, judge_document, origin_of
from security.canary.typing import Typed, leaks, left, type_everywhere
from security.canary.watched import Hop, Watched
from security.finding import Finding
from security.scripts import inventory
from shop.orders.links import order_of_token
from shop.scope import pages
from shop.scope.lab import Lab
from shop.scope.members import Member, member_of
from shop.scope.purchases import shopper_of
from shop.scope.shopper import Shopper
from shop.stores import PaymentType, all_stores

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
WAYS = (("desktop", "ja"), ("phone", "ja"), ("phone", "en"))


@dataclass
class Seen:
    """One page as one visitor saw it."""

    store_id: str
    size: str
    locale: str
    path: str
    status: int
    findings: list[Finding]
    executed: list[Executed] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    typed: Typed = field(default_factory=Typed)

    @property
    def where(self) -> str:
        return f"{self.store_id}:{self.path} ({self.size}, {self.locale})"


@dataclass
class Walk:
    """Everything that was seen. `unseen` are routes that nobody has told an address of."""

    seen: list[Seen] = field(default_factory=list)
    ways: dict[str, list[Hop]] = field(default_factory=dict)
    """From the order button to the paid order, by store."""
    frames: dict[str, list[str]] = field(default_factory=dict)
    """Origins of the frames of the payment step, by store."""
    at_payment: dict[str, str] = field(default_factory=dict)
    """Address of the payment step, by store."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)
    no_page: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    requests: int = 0


def walk_of(lab: Lab) -> Walk:
    """The walk of this run, made when it is first asked for."""
    stage = lab.stage
    if stage.walk is None:
        walker = _Walker(lab)
        for store_id in all_stores():
            walker.buy(store_id)
            for size, locale in WAYS:
                walker.visit(store_id, size, locale)
        stage.walk = walker.walk
    return stage.walk


def allowed_on(lab: Lab, store_id: str, path: str) -> Allowed:
    """What a page may have besides its own: on the payment step the provider's script, frames and page."""
    system = lab.stage.recorded.system
    provider, origin = system.sandbox.pages, system.origins[store_id]
    if path.endswith("/pay") and all_stores()[store_id].payment_type is PaymentType.TOKEN:
        script = f"{provider}/endive/stripe.js"
        return Allowed(origin, script, frozenset({provider}), frozenset({provider}), is_payment=True)
    if path.endswith(("/pay", "/checkout/confirm")):
        return Allowed(origin, targets=frozenset({provider}), is_payment=path.endswith("/pay"))
    return Allowed(origin)


def shown(url: str) -> str:
    """A path without what opens an order or a session, and without its query."""
    parts = urlsplit(url).path.split("/")
    return "/".join("<token>" if len(part) > 20 and ("~" in part or "_" in part) else part for part in parts)


_MEMBERS_SIZE = {True: "desktop", False: "phone"}
"""Members are met at one store on a desktop, at the other on a phone."""


def _is_walked(endpoint: str, size: str, locale: str) -> bool:
    """The account's pages say little to a guest: they are walked once, and again as a member."""
    return not endpoint.startswith("account.") or (size, locale) == WAYS[0]


class _Walker:
    """Walks one store after the other; orders of the first way are looked at again in the others."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.walk = lab, Walk()
        self.system = lab.stage.recorded.system
        self.scripts = inventory.load()
        self.known: dict[str, pages.Known] = {}
        self.number = ""
        """What this visitor types."""

    def buy(self, store_id: str) -> None:
        """To the paid order, over a decline, with a look at every step; and an order that stays unpaid."""
        database = self.system.database()
        known = pages.known_of(database, store_id)
        database.dispose()
        unpaid = self._order(store_id, known)
        for watched, shopper in self._visitor(store_id, "desktop", "ja"):
            shopper.add(known.slug)
            for path in ("/cart", "/checkout"):
                self._look(watched, store_id, "desktop", "ja", path)
            shopper.to_final_page(email="walk2@example.jp", street="神宮前7-8-9")
            watched.hops.clear()
            shopper.confirm()
            self.walk.at_payment[store_id] = watched.page.url
            shopper.fields.locator('input[autocomplete="cc-number"]').wait_for()
            self.walk.frames[store_id] = sorted({origin_of(frame.url) for frame in watched.page.frames})
            self._picture(watched, store_id, "desktop")
            if shopper.is_token:
                self._see(watched, store_id, "desktop", "ja", 200)
            shopper.pay(self._number("decline:insufficient_funds"))
            shopper.is_declined()
            if shopper.is_token:
                self._see(watched, store_id, "desktop", "ja", 200)
            shopper.pay(self._number("success"))
            paid, _number = shopper.is_paid()
            self.walk.ways[store_id] = list(watched.hops)
            self.known[store_id] = replace(
                known, unpaid=unpaid, paid=paid, member=self._member(store_id, paid)
            )

    def visit(self, store_id: str, size: str, locale: str) -> None:
        """Every GET route, and addresses that nothing is at, as somebody with a basket and an address."""
        known, root = self.known[store_id], "/en" if locale == "en" else ""
        for watched, shopper in self._visitor(store_id, size, locale):
            shopper.add(known.slug)
            shopper.to_final_page(email="walk3@example.jp", street="神宮前4-5-6")
            for rule in pages.get_rules(self.lab.desk.app):
                if rule.endpoint in pages.EXCEPTIONS or not _is_walked(rule.endpoint, size, locale):
                    continue
                paths = pages.paths_of(rule, known)
                if not paths and rule.rule not in self.walk.unseen:
                    self.walk.unseen.append(rule.rule)
                for path in paths:
                    self._look(watched, store_id, size, locale, root + path)
            for path in pages.ERRORS:
                self._look(watched, store_id, size, locale, root + path)
            if size == "phone" and locale == "ja":
                self._payment_on_phone(watched, shopper, known)
        if locale == "ja" and size == _MEMBERS_SIZE[store_id == next(iter(all_stores()))]:
            self._visit_as_member(store_id, size, locale, known)

    def _visit_as_member(self, store_id: str, size: str, locale: str, known: pages.Known) -> None:
        """The account's pages again, as somebody who is signed in: they are other pages then."""
        for watched, shopper in self._visitor(store_id, size, locale):
            cookie = {
                "name": "account",
                "value": known.member.cookie if known.member else "",
                "url": shopper.origin,
            }
            watched.page.context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie is a dict
            for rule in pages.get_rules(self.lab.desk.app):
                if rule.endpoint.startswith("account.") and rule.endpoint not in pages.EXCEPTIONS:
                    for path in pages.paths_of(rule, known):
                        self._look(watched, store_id, size, locale, path, visitor="member")

    def _member(self, store_id: str, paid: str) -> Member:
        shop = self.system.shop()
        order_id = order_of_token(shop.settings.keys, store_id, paid) or ""
        try:
            return member_of(shop, store_id, order_id)
        finally:
            shop.db.dispose()

    def _order(self, store_id: str, known: pages.Known) -> str:
        """An order that was confirmed and left at the payment step; its token."""
        for watched, shopper in self._visitor(store_id, "desktop", "ja"):
            shopper.add(known.slug)
            shopper.to_final_page(email="walk1@example.jp", street="神宮前1-1-1")
            shopper.confirm()
            tokens = [
                hop.url.split("/orders/")[1].split("/")[0] for hop in watched.hops if "/orders/" in hop.url
            ]
            return tokens[0] if tokens else self._newest(store_id)
        raise AssertionError("a visitor comes once")

    def _newest(self, store_id: str) -> str:
        from sqlalchemy import select

        from shop.orders.links import order_token
        from shop.orders.models import Order

        shop = self.system.shop()
        with shop.db.read() as session:
            query = select(Order.id).where(Order.store_id == store_id).order_by(Order.placed_at.desc())
            order_id = session.scalars(query).first() or ""
        shop.db.dispose()
        return order_token(shop.settings.keys, store_id, order_id)

    def _visitor(self, store_id: str, size: str, locale: str) -> Iterator[tuple[Watched, Shopper]]:
        """A fresh profile and number, once; what it sent and what was blocked is added up when it leaves."""
        self.number = fresh_number()
        language = {"ja": "ja-JP", "en": "en-GB"}[locale]
        context = self.lab.browser.new_context(viewport=SIZES[size], locale=language)
        try:
            watched = Watched(context.new_page())
            yield watched, shopper_of(self.lab.stage.recorded, watched, store_id, locale)
            if self.walk.seen:
                last = self.walk.seen[-1]
                last.findings += left(watched, self.number, last.path)
            self.walk.requests += len(watched.sent)
            self.walk.blocked += [f"{store_id}: {line}" for line in watched.blocked]
        finally:
            context.close()

    def _look(
        self, watched: Watched, store_id: str, size: str, locale: str, path: str, visitor: str = ""
    ) -> None:
        """Open an address and see what is there."""
        status = watched.open(self.system.origins[store_id] + path)
        kind = dict(watched.headers).get("content-type", "")
        if kind.startswith("text/html"):
            self._see(watched, store_id, f"{size} {visitor}".strip(), locale, status)
        elif path not in self.walk.no_page:
            self.walk.no_page.append(path)

    def _see(self, watched: Watched, store_id: str, size: str, locale: str, status: int) -> None:
        """Judge the page that is shown, type into it, judge what became of it."""
        number, url = self.number, watched.page.url
        allowed = allowed_on(self.lab, store_id, urlsplit(url).path)
        executed = watched.executed()
        findings = watched.judge(allowed, self.scripts)
        typed = type_everywhere(watched, number)
        if urlsplit(watched.page.url).path == urlsplit(url).path:
            findings += judge_document(watched.document(), allowed)
        findings += [*typed.findings(shown(url)), *leaks(watched, number, shown(url))]
        seen = Seen(store_id, size, locale, shown(url), status, list(dict.fromkeys(findings)))
        seen.executed, seen.headers, seen.typed = executed, list(watched.headers), typed
        seen.workers = watched.workers()
        self.walk.seen.append(seen)

    def _payment_on_phone(self, watched: Watched, shopper: Shopper, known: pages.Known) -> None:
        watched.open(f"{shopper.origin}/orders/{known.unpaid}/pay")
        if not shopper.is_token:
            shopper.next("/pay", "/c/pay/")
        shopper.fields.locator('input[autocomplete="cc-number"]').wait_for()
        self._picture(watched, known.store_id, "phone")

    def _picture(self, watched: Watched, store_id: str, size: str) -> None:
        kind = all_stores()[store_id].payment_type.value
        caption = f"{all_stores()[store_id].name}, {kind} type, payment step, {size}"
        self.walk.pictures[caption] = watched.page.screenshot(type="jpeg", quality=55)

    def _number(self, outcome: str) -> str:
        number = fresh_number()
        self.system.sandbox.control("cards", {"number": number, "outcome": outcome})
        return number
