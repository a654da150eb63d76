"""`watch`: look at live pages from another host, on a schedule; `keygen`: the key that signs what was seen."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..ending import clean_end
from .shared import fail

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from ..config import SiteTable
    from ..finding import Finding
    from ..scripts.inventory import Script
    from ..watch.sighting import Sighting
    from .shared import Commands


def add(commands: Commands) -> None:
    """Add both subcommands."""
    watch = commands.add_parser("watch", help="look at live pages from another host, and alarm on changes")
    watch.add_argument("--config", type=Path, default=Path("scope.toml"), metavar="FILE")
    watch.add_argument("--url", default="", help="instead of [site] url")
    watch.add_argument("--state", type=Path, default=Path("watch"), metavar="DIR", help="sightings, approval")
    watch.add_argument("--key", type=Path, metavar="FILE", help="the watcher's private key (keygen)")
    watch.add_argument("--accept", action="store_true", help="approve what is there now, if nothing is wrong")
    watch.add_argument("--once", action="store_true", help="one round, then end")
    watch.add_argument("--every", default="10m", help="time between rounds")
    watch.add_argument("--check", action="store_true", help="is there a fresh, clean sighting? 1 when not")
    watch.add_argument("--max-age", default="30m")
    watch.add_argument("--public", action="append", default=[], metavar="ID:BASE64", help="else VERIFY_KEYS")
    watch.set_defaults(run=run)
    keygen = commands.add_parser("keygen", help="make the key that signs sightings; print its public half")
    keygen.add_argument("file", type=Path)
    keygen.set_defaults(run=make_key)


def make_key(options: argparse.Namespace) -> int:
    """Write a new private key, never over another; the exit status."""
    try:
        from ..signatures import SigningKey

        if options.file.exists():
            return fail("keygen", f"{options.file} is there already")
        key = SigningKey.new()
        key.write(options.file)
    except ImportError:
        return fail("keygen", "signing needs cryptography (pip install hitsuka-security[browser])")
    except OSError as error:
        return fail("keygen", f"{options.file}: {error.strerror}")
    print(key.public)
    return 0


def run(options: argparse.Namespace) -> int:
    """Watch, or check that somebody does; the exit status: 0 as approved, 1 an alarm, 2 it could not look."""
    with clean_end("watch"):
        return _watch(options)


def _watch(options: argparse.Namespace) -> int:
    try:
        from ..watch import rounds
    except ImportError:
        return fail("watch", "signing needs cryptography (pip install hitsuka-security[browser])")
    try:
        pause, oldest = rounds.duration(options.every), rounds.duration(options.max_age)
        if options.check:
            keys = tuple(options.public or os.environ.get("VERIFY_KEYS", "").split())
            return rounds.run_check(options.state, oldest, keys, print)
        if options.key is None:
            return fail("watch", "give --key (python -m security keygen FILE makes one), or --check")
        look, url = _look(options)
    except (config.ConfigError, ValueError) as error:
        return fail("watch", error)
    again = "python -m security watch --accept …"
    wish = rounds.Wish((url,), look, options.state, options.key, options.accept, options.once, pause, again)
    return rounds.run_watch(wish, partial(print, flush=True))


def _look(
    options: argparse.Namespace,
) -> tuple[Callable[[Browser], tuple[list[Sighting], list[Finding]]], str]:
    """What looks at every configured page as every visitor, and the site's address."""
    from ..parts import Project, at
    from ..scripts.inventory import InventoryError

    settings = config.load(options.config)
    if options.url:
        settings = at(settings, options.url.rstrip("/"))
    if settings.site is None:
        raise config.ConfigError(f"{options.config}: watching needs [site]")
    try:
        scripts = Project(settings).scripts()
    except InventoryError as error:
        raise config.ConfigError(str(error)) from error
    return partial(_round, site=settings.site, scripts=scripts), settings.site.url


def _round(browser: Browser, site: SiteTable, scripts: list[Script]) -> tuple[list[Sighting], list[Finding]]:
    from ..canary.visit import allowed_on
    from ..watch.visit import NOWHERE, VISITORS, Visit

    sightings: list[Sighting] = []
    findings: list[Finding] = []
    url = site.url.rstrip("/")
    for visitor in VISITORS:
        visit = Visit(
            browser, url, visitor, allowed=partial(allowed_on, site), scripts=scripts, wants_reports=False
        )
        with visit.watched() as watched:
            first, *further = dict.fromkeys([*site.pages, *site.payment_pages, NOWHERE])
            sightings.append(visit.see(watched, first))  # a site that does not show this cannot be looked at
            sightings += visit.seen(watched, further)
        findings += visit.findings
    return sightings, list(dict.fromkeys(findings))
