"""`shop scope watch`: from another host, look at live pages as several visitors, and alarm on what nobody approved."""

from __future__ import annotations

import datetime as dt
import json
import re
import signal
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import click

from security.canary.browser import opened
from security.canary.page import Allowed
from security.canary.sinks import MissingEvidence
from security.canary.watched import Watched
from security.finding import Finding
from security.header_rules import Expected, judge
from security.scripts import inventory
from security.scripts.inventory import integrity_of
from security.signatures import BadKey, SigningKey
from security.watch import state
from security.watch.sighting import HEADERS, Sighting, differences, of_document, origin_of, page_kind
from shop.scope.shopper import Shopper

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
MAIN = ("/", "/cart", "/search?q=a", "/card-data", "/not/there")
LINKS_OF_A_KIND = 2


@dataclass(frozen=True)
class Visitor:
    """Who comes: skimmers show themselves to some visitors only."""

    name: str
    locale: str
    size: ViewportSize
    user_agent: str | None = None
    referrer: str | None = None
    returns: bool = False
    """Comes again with the cookies of a first visit."""


VISITORS = (
    Visitor("desktop, Japanese", "ja-JP", {"width": 1280, "height": 900}),
    Visitor(
        "phone, Japanese, from a search",
        "ja-JP",
        {"width": 390, "height": 844},
        PHONE,
        "https://www.google.co.jp/",
    ),
    Visitor("desktop, English, comes again", "en-GB", {"width": 1600, "height": 1000}, returns=True),
)


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


class _Visit:
    """One visitor on one store."""

    def __init__(self, browser: Browser, target: Target, visitor: Visitor) -> None:
        self.browser, self.target, self.visitor = browser, target, visitor
        self.scripts = inventory.load()
        self.findings: list[Finding] = []

    def pages(self) -> Iterator[Sighting]:
        """Main pages, one or two of each kind that is linked, and the way to the last page before payment."""
        context = self.browser.new_context(
            viewport=self.visitor.size,
            locale=self.visitor.locale,
            user_agent=self.visitor.user_agent,
        )
        try:
            watched = Watched(context.new_page())
            if self.visitor.returns:
                watched.open(self.target.url + "/")
            root = "/en" if self.visitor.locale.startswith("en") else ""
            linked = dict.fromkeys([root + path for path in MAIN])
            yield self._see(watched, root + "/")  # a store that does not show this page cannot be looked at
            for path in list(linked)[1:]:
                linked |= dict.fromkeys(self._links(watched))
                yield from self._seen(watched, [path])
            yield from self._seen(watched, list(linked)[len(MAIN) :])
            yield from self._to_payment(watched, root)
        finally:
            context.close()

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
        watched.open(f"{self.target.url}{root}/")
        product = next(link for link in self._links(watched) if "/products/" in link)
        shopper.add(product.rsplit("/", 1)[-1])
        yield from self._seen(watched, [root + "/cart", root + "/checkout"])
        shopper.to_final_page()
        yield from self._seen(watched, [root + "/checkout/delivery", root + "/checkout/confirm"])
        if self.target.orders:
            shopper.confirm()
            here = origin_of(watched.page.url)
            if here != (self.target.url if shopper.is_token else self.target.checkout):
                self._hold(here, "payment-host", "the payment step is at another host")
            elif shopper.is_token:
                yield from self._seen(watched, [urlsplit(watched.page.url).path])

    def _seen(self, watched: Watched, paths: Iterable[str]) -> Iterator[Sighting]:
        """Each page that let itself be looked at. One that does not is a finding, for the others did."""
        from playwright.sync_api import Error

        for path in paths:
            try:
                yield self._see(watched, path)
            except (Error, MissingEvidence) as error:
                reason = str(error).splitlines()[0][:120]
                self._hold(
                    f"{self.target.url}{page_kind(path)}", "watch-unseen", f"could not be looked at: {reason}"
                )

    def _hold(self, place: str, rule: str, message: str) -> None:
        self.findings.append(Finding(f"{place} as {self.visitor.name}", None, rule, message))

    def _see(self, watched: Watched, path: str) -> Sighting:
        """Open a page; its picture. What is wrong with it by itself goes to `findings`."""
        status = watched.open(urljoin(self.target.url, path), self.visitor.referrer)
        place = urlsplit(watched.page.url).path
        allowed = self.target.allowed(place)
        executed = watched.executed()
        findings = watched.judge(allowed, self.scripts)
        expected = Expected(
            urlsplit(self.target.url).scheme == "https", _foreign(allowed), wants_reports=True
        )
        findings += [
            Finding(place, None, f"header-{fault.rule}", fault.message)
            for fault in judge(watched.headers, expected)
        ]
        workers = watched.workers()
        findings += [Finding(place, None, "service-worker", f"a worker runs: {worker}") for worker in workers]
        findings += [Finding(place, None, "blocked", line) for line in watched.blocked_here]
        headers = {name: value for name, value in watched.headers if name in HEADERS}
        seen = Sighting(
            page=f"{self.target.url}{page_kind(place)}",
            visitor=self.visitor.name,
            status=status,
            scripts=tuple(
                sorted({(_plain(each.url), integrity_of(each.source.encode())) for each in executed})
            ),
            hosts=tuple(sorted({origin_of(url) for url in watched.asked() if origin_of(url)})),
            workers=tuple(workers),
            headers=headers,
            **of_document(watched.document()),
        )
        where = f"{seen.page} as {seen.visitor}"
        self.findings += [Finding(where, None, each.rule, each.message) for each in findings]
        return seen


def _foreign(allowed: Allowed) -> dict[str, frozenset[str]]:
    foreign = {"form-action": allowed.targets, "frame-src": allowed.frames}
    if allowed.script:
        script = frozenset({origin_of(allowed.script)})
        foreign |= {"script-src": script, "connect-src": script | {"https://api.stripe.com"}}
    return foreign


def _plain(url: str) -> str:
    return url.partition("?")[0]


# --- The command ---


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
    try:
        key = SigningKey.read(wish.key_file)
    except (OSError, UnicodeDecodeError, BadKey) as error:
        return _cannot(str(error) if isinstance(error, BadKey) else f"{wish.key_file.name} cannot be read")
    if wish.once or wish.accept:
        return _one_round(wish, key)
    stop, worst = threading.Event(), 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    while not stop.is_set():
        worst = max(worst, _one_round(wish, key))
        stop.wait(wish.every.total_seconds())
    return worst


def _one_round(wish: Wish, key: SigningKey) -> int:
    now = dt.datetime.now(dt.UTC)
    urls = tuple(target.url for target in wish.targets)
    try:
        known = None if wish.accept else state.baseline(wish.folder, [key.public], now)
        with opened() as browser:
            sightings, findings = look_round(browser, wish.targets)
    except state.NoState as reason:
        return _cannot(f"{reason}; look at the pages, then approve them: shop scope watch --accept …")
    except MissingEvidence as reason:
        return _cannot(str(reason))
    except Exception as error:  # noqa: BLE001  (a page that does not answer, a browser that breaks: nothing was seen)
        return _cannot(f"the round broke off: {type(error).__name__}: {str(error).splitlines()[0][:200]}")
    if known is not None:
        findings += differences(sightings, known)
    one = state.Round(now, urls, sightings, [asdict(finding) for finding in findings])
    state.keep(wish.folder, one, key)
    if wish.accept and not findings:
        state.approve(wish.folder, one, key)
    click.echo(json.dumps(_summary(one, wish), ensure_ascii=False))
    return 1 if findings else 0


def _summary(one: state.Round, wish: Wish) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(timespec="seconds"),
        "urls": list(one.urls),
        "pages": len(one.sightings),
        "approved": wish.accept and not one.alarms,
        "alarms": one.alarms,
    }


def _cannot(reason: str) -> int:
    click.echo(
        json.dumps({"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "could_not_look": reason})
    )
    return 2


def run_check(folder: Path, max_age: dt.timedelta, keys: tuple[str, ...]) -> int:
    """The dead man's switch. 0 a fresh, signed sighting without alarm; 1 none that fresh, or an alarm; 2 no key."""
    if not keys:
        click.echo("no public key: give --public, or set VERIFY_KEYS", err=True)
        return 2
    try:
        newest = state.newest(folder, keys)
    except state.NoState as reason:
        click.echo(f"no sighting to trust: {reason}")
        return 1
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(newest["at"])
    fresh = dt.timedelta(minutes=-5) <= age <= max_age
    click.echo(
        f"newest sighting {newest['at']}, {len(newest['sightings'])} pages, {len(newest['alarms'])} alarms"
    )
    if not fresh:
        click.echo(f"it is {int(age.total_seconds() // 60)} minutes old: the watcher is silent")
    return 0 if fresh and not newest["alarms"] else 1


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> dt.timedelta:
    """`90s`, `30m`, `2h`, `1d`. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise ValueError("give a number and s, m, h or d: 30m")
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})
