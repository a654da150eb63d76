"""Find Chromium: CHROMIUM_PATH, the system's, Playwright's own; and start it so that it works in a container too.

Playwright is imported when a browser is wanted: without it everything else here works.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .sinks import MissingEvidence

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

LIGHT = ("chromium-headless-shell", "chrome-headless-shell")
"""The same engine without the windows round a page, which cost more than the page. Preferred, therefore."""

_NAMES = (*LIGHT, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A frame of another site is another process, as on a shopper's desktop; a browser without windows would not care.
    "--site-per-process",
)


def chromium_path(playwright: Playwright) -> str:
    """The browser's file. Raises with what to do when there is none."""
    candidates = [os.environ.get("CHROMIUM_PATH"), *(shutil.which(name) for name in _NAMES)]
    candidates.append(playwright.chromium.executable_path)
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return candidate
    raise RuntimeError("no Chromium here: run tools/get_chromium.py, or set CHROMIUM_PATH")


def launch(playwright: Playwright) -> Browser:
    """A headless browser without background traffic of its own."""
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return playwright.chromium.launch(
        executable_path=chromium_path(playwright), args=[*_QUIET, *sandbox], headless=True
    )


@contextlib.contextmanager
def opened() -> Iterator[Browser]:
    """A browser for one thread. Raises MissingEvidence when Playwright or Chromium is not here, or does not start."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise MissingEvidence("Playwright is not installed: pip install playwright") from None
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except (RuntimeError, Error) as error:
            raise MissingEvidence(f"no browser: {str(error).splitlines()[0]}") from error
        try:
            yield browser
        finally:
            browser.close()
