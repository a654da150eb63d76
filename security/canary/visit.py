"""The browser canary for any shop: its pages in Chromium, a number typed into every field, then the files searched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..config import SiteTable
from ..finding import Finding
from ..header_rules import Expected, judge
from ..result import Notes
from ..scripts.inventory import Script
from .browser import opened
from .evidence import gather
from .page import Allowed, origin_of
from .sinks import Files, MissingEvidence, Place, Sink, search_whole
from .typing import leaks, type_everywhere
from .watched import Watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ViewportSize

    from .sinks import Forms

SIZES: tuple[ViewportSize, ...] = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})


def allowed_on(site: SiteTable, path: str) -> Allowed:
    """What a page of the site may have from elsewhere."""
    links = frozenset(site.links)
    if path not in site.payment_pages:
        return Allowed(site.url.rstrip("/"), links=links)
    targets = frozenset(filter(None, {site.provider_checkout}))
    return Allowed(
        site.url.rstrip("/"), site.provider_script, frozenset(site.provider_frames), targets, True, links
    )


def expected_on(site: SiteTable, path: str) -> Expected:
    """What the headers of that page may let in."""
    allowed = allowed_on(site, path)
    foreign = {"form-action": frozenset(filter(None, {site.provider_checkout})), "frame-src": allowed.frames}
    if allowed.script:
        provider = frozenset({origin_of(allowed.script)})
        foreign |= {"script-src": provider, "connect-src": provider | allowed.frames}
    return Expected(site.url.startswith("https:"), foreign)


def look(site: SiteTable, scripts: Iterable[Script], number: str, notes: Notes) -> None:
    """Every listed page, and those of the same origin that they link to. Raises MissingEvidence without a browser."""
    with opened() as browser:
        for size in SIZES:
            _walk(browser, size, site, list(scripts), number, notes)


def _walk(
    browser: Browser, size: ViewportSize, site: SiteTable, scripts: list[Script], number: str, notes: Notes
) -> None:
    from playwright.sync_api import Error

    context = browser.new_context(viewport=size)
    try:
        watched = Watched(context.new_page())
        waiting = list(dict.fromkeys([*site.pages, *site.payment_pages]))
        listed, known = frozenset(waiting), set(waiting)
        looked = 0
        while waiting and looked < site.most_pages:
            path, looked = waiting.pop(0), looked + 1
            try:
                _see(watched, path, site, scripts, number, notes)
                further = _links(watched, site, known)
            except (Error, MissingEvidence) as error:
                reason = str(error).splitlines()[0][:120]
                if path in listed or "Download is starting" not in reason:
                    notes.lack(f"{path} could not be looked at: {reason}")
                continue
            waiting += further
            known.update(further)
        if waiting:
            notes.lack(f"{len(waiting)} further pages were not looked at: raise most_pages")
    finally:
        context.close()


def _see(
    watched: Watched, path: str, site: SiteTable, scripts: list[Script], number: str, notes: Notes
) -> None:
    status = watched.open(site.url.rstrip("/") + path)
    place = urlsplit(watched.page.url).path
    if origin_of(watched.page.url) != site.url.rstrip("/"):
        notes.found(path, "leads-away", f"the page leads to {origin_of(watched.page.url)}")
        return
    if status >= 500:
        notes.lack(f"{path} answers {status}")
    notes.add("pages")
    found = watched.judge(allowed_on(site, place), scripts)
    found += [Finding(place, None, "service-worker", f"a worker runs: {one}") for one in watched.workers()]
    found += [
        Finding(place, None, f"header-{fault.rule}", fault.message)
        for fault in judge(watched.headers, expected_on(site, place))
    ]
    typed = type_everywhere(watched, number)
    notes.add("fields typed into", len(typed.fields))
    found += [*typed.findings(place), *leaks(watched, number, place)]
    for each in found:
        notes.found(each.path, each.rule, each.message)


def _links(watched: Watched, site: SiteTable, known: set[str]) -> list[str]:
    """Paths of the same origin that the page links to, without what a query would change."""
    if urlsplit(watched.page.url).netloc != urlsplit(site.url).netloc:
        return []
    links = watched.run("() => Array.from(document.links, each => each.href)")
    paths = [urlsplit(link).path or "/" for link in links if origin_of(link) == site.url.rstrip("/")]
    return [path for path in dict.fromkeys(paths) if path not in known]


def search(site: SiteTable, folder: Path, output: Path | None, numbers: dict[str, str], notes: Notes) -> None:
    """The listed files and what the shop itself printed, for every form of each number."""
    sinks: list[Sink] = [_sink(folder / one.path, one.path, one.witness.encode()) for one in site.searched]
    if output is not None:
        sinks.append(_sink(output, "what the shop printed", MARK))
    if not sinks:
        return
    evidence = gather(sinks, numbers)
    for hit in evidence.hits:
        notes.found(hit.sink, "number-kept", f"a number that was sent lies here: {hit.place.where}")
    for fault in evidence.faults:
        notes.lack(fault)
    notes.add("places searched", len(evidence.searched))


MARK = b"what follows was printed by the shop\n"
"""Stands at the head of the shop's output: the witness that the search reads it."""


def _sink(path: Path, name: str, witness: bytes) -> Sink:
    if path.is_dir():
        return Files(name, path, witness)
    return _OneFile(name, path, witness)


class _OneFile:
    """One file as a sink."""

    def __init__(self, name: str, path: Path, witness: bytes) -> None:
        self.name, self.witness, self._path = name, witness, path

    def search(self, forms: Forms) -> Iterator[Place]:
        if not self._path.is_file():
            raise MissingEvidence("it is not there")
        yield from search_whole(self._path, self._path.name, forms)
