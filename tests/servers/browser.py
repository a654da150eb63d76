"""Find Chromium: CHROMIUM_PATH, the system's, Playwright's own; and start it so that it works in a container too."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
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
