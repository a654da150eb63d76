"""One visitor on one site: pages opened in a real browser, what was shown, and what is wrong with it by itself.

Playwright is imported when pages are opened.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ..canary.page import Allowed
from ..canary.sinks import MissingEvidence
from ..canary.watched import Watched
from ..finding import Finding
from ..header_rules import Expected, judge
from ..scripts.inventory import Script, integrity_of
from .sighting import HEADERS, Sighting, of_document, origin_of, page_kind

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"

NOWHERE = "/a-page-that-is-not-there"
"""Skimmers hide in the page that says so: nobody looks at it."""


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


class Visit:
    """A visitor and the site at `url`. `allowed` tells by path what a page may have from elsewhere.

    `findings` are what is wrong by itself with what was seen so far.
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        visitor: Visitor,
        *,
        allowed: Callable[[str], Allowed],
        scripts: list[Script],
        wants_reports: bool = True,
    ) -> None:
        self.url, self.visitor, self.allowed = url, visitor, allowed
        self.findings: list[Finding] = []
        self._browser, self._scripts, self._wants_reports = browser, scripts, wants_reports

    @contextlib.contextmanager
    def watched(self) -> Iterator[Watched]:
        """A profile of this visitor's own."""
        context = self._browser.new_context(
            viewport=self.visitor.size, locale=self.visitor.locale, user_agent=self.visitor.user_agent
        )
        try:
            watched = Watched(context.new_page())
            if self.visitor.returns:
                watched.open(self.url + "/")
            yield watched
        finally:
            context.close()

    def seen(self, watched: Watched, paths: Iterable[str]) -> Iterator[Sighting]:
        """Each page that let itself be looked at. One that does not is a finding, for the others did."""
        from playwright.sync_api import Error

        for path in paths:
            try:
                yield self.see(watched, path)
            except (Error, MissingEvidence) as error:
                reason = str(error).splitlines()[0][:120]
                self.hold(f"{self.url}{page_kind(path)}", "watch-unseen", f"could not be looked at: {reason}")

    def hold(self, place: str, rule: str, message: str) -> None:
        self.findings.append(Finding(f"{place} as {self.visitor.name}", None, rule, message))

    def see(self, watched: Watched, path: str) -> Sighting:
        """Open a page; its picture. What is wrong with it by itself goes to `findings`."""
        status = watched.open(urljoin(self.url, path), self.visitor.referrer)
        place = urlsplit(watched.page.url).path
        allowed = self.allowed(place)
        executed = watched.executed()
        findings = watched.judge(allowed, self._scripts)
        expected = Expected(
            urlsplit(self.url).scheme == "https", _foreign(allowed), wants_reports=self._wants_reports
        )
        findings += [
            Finding(place, None, f"header-{fault.rule}", fault.message)
            for fault in judge(watched.headers, expected)
        ]
        workers = watched.workers()
        findings += [Finding(place, None, "service-worker", f"a worker runs: {worker}") for worker in workers]
        findings += [Finding(place, None, "blocked", line) for line in watched.blocked_here]
        headers = {name.lower(): value for name, value in watched.headers if name.lower() in HEADERS}
        seen = Sighting(
            page=f"{self.url}{page_kind(place)}",
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
