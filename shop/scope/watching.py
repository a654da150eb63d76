"""`shop scope watch`: from another host, look at live pages as several visitors, and alarm on what nobody approved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from security.canary.page import Allowed
from security.canary.watched import Watched
from security.finding import Finding
from security.scripts import inventory
from security.watch import rounds
from security.watch.rounds import duration
from security.watch.sighting import Sighting, origin_of, page_kind
from security.watch.visit import NOWHERE, VISITORS, Visit, Visitor
from shop.scope.shopper import Shopper

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["Target", "Wish", "duration", "look_round", "run_check", "run_watch"]

MAIN = ("/", "/cart", "/search?q=a", "/card-data", "/not/there")
LINKS_OF_A_KIND = 2


@dataclass(frozen=True)
class Target:
    """One store: its address, and what of the provider its pages may have."""

    url: str
    script: str = ""
    frames: frozenset[str] = frozenset()
    checkout: str = ""
    orders: bool = False
    """Whether the watcher may place an order that is left unpaid, to see the payment step."""

    def allowed(self, path: str) -> Allowed:
        if path.endswith("/pay"):
            return Allowed(
                self.url, self.script, self.frames, frozenset(filter(None, {self.checkout})), is_payment=True
            )
        targets = (
            frozenset(filter(None, {self.checkout})) if path.endswith("/checkout/confirm") else frozenset()
        )
        return Allowed(self.url, targets=targets)


def look_round(browser: Browser, targets: tuple[Target, ...]) -> tuple[list[Sighting], list[Finding]]:
    """Everything that all visitors saw, and what is wrong with it by itself."""
    sightings, findings = list[Sighting](), list[Finding]()
    for target in targets:
        for visitor in VISITORS:
            visit = _Visit(browser, target, visitor)
            sightings += visit.pages()
            findings += visit.findings
    return sightings, list(dict.fromkeys(findings))


class _Visit(Visit):
    """One visitor on one store."""

    def __init__(self, browser: Browser, target: Target, visitor: Visitor) -> None:
        super().__init__(browser, target.url, visitor, allowed=target.allowed, scripts=inventory.load())
        self.target = target

    def pages(self) -> Iterator[Sighting]:
        """Main pages, one or two of each kind that is linked, and the way to the last page before payment."""
        with self.watched() as watched:
            root = "/en" if self.visitor.locale.startswith("en") else ""
            linked = dict.fromkeys([root + path for path in MAIN])
            yield self.see(watched, root + "/")  # a store that does not show this page cannot be looked at
            for path in list(linked)[1:]:
                linked |= dict.fromkeys(self._links(watched))
                yield from self.seen(watched, [path])
            yield from self.seen(watched, [*list(linked)[len(MAIN) :], root + NOWHERE])
            yield from self._to_payment(watched, root)

    def _links(self, watched: Watched) -> list[str]:
        """Paths that the page links to: a few of each kind, so that every template is met."""
        links = watched.run("() => Array.from(document.links, each => each.href)")
        counts: dict[str, int] = {}
        chosen = []
        for link in links:
            path = urlsplit(link).path
            kind = page_kind(path)
            if (
                origin_of(link) != self.target.url
                or kind.endswith(("/cart", "/"))
                or "." in path.rsplit("/", 1)[-1]
            ):
                continue
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= LINKS_OF_A_KIND:
                chosen.append(path)
        return chosen

    def _to_payment(self, watched: Watched, root: str) -> Iterator[Sighting]:
        locale = "en" if root else "ja"
        # Where the provider's script may run, the payment step is our own page.
        shopper = Shopper(watched.page, self.target.url, locale=locale, is_token=bool(self.target.script))
        watched.forget_cache()
        yield self.see(watched, root + "/")  # once more: some show themselves to those who come back
        product = next(link for link in self._links(watched) if "/products/" in link)
        shopper.add(product.rsplit("/", 1)[-1])
        yield from self.seen(watched, [root + "/cart", root + "/checkout"])
        shopper.to_final_page()
        yield from self.seen(watched, [root + "/checkout/delivery", root + "/checkout/confirm"])
        if self.target.orders:
            shopper.confirm()
            here = origin_of(watched.page.url)
            if here != (self.target.url if shopper.is_token else self.target.checkout):
                self.hold(here, "payment-host", "the payment step is at another host")
            elif shopper.is_token:
                yield from self.seen(watched, [urlsplit(watched.page.url).path])


@dataclass(frozen=True)
class Wish:
    """What the command line asked for."""

    targets: tuple[Target, ...]
    folder: Path
    key_file: Path
    accept: bool
    once: bool
    every: dt.timedelta


def run_watch(wish: Wish) -> int:
    """0 as approved, 1 an alarm, 2 the watcher could not look. One JSON line a round."""
    return rounds.run_watch(
        rounds.Wish(
            tuple(target.url for target in wish.targets),
            lambda browser: look_round(browser, wish.targets),
            wish.folder,
            wish.key_file,
            wish.accept,
            wish.once,
            wish.every,
            "shop scope watch --accept …",
        ),
        click.echo,
    )


def run_check(folder: Path, max_age: dt.timedelta, keys: tuple[str, ...]) -> int:
    """The dead man's switch. 0 a fresh, signed sighting without alarm; 1 none that fresh, or an alarm; 2 no key."""
    return rounds.run_check(folder, max_age, keys, click.echo)
