"""A running system and a real Chromium. A missing browser is an error with its reason, never a skip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.shopper import Shopper
from tests.servers.browser import launch
from tests.servers.system import System, running_system


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session; each test has its own profile (context)."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[System]:
    """One running system a test file, on SQLite."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "shop.sqlite").write_bytes(sqlite_template.read_bytes())
    with running_system(folder, f"sqlite:///{folder / 'shop.sqlite'}") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh profile at desktop width. Errors of our own scripts fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def style(page: Page, system: System) -> Shopper:
    """A shopper at the token store."""
    return Shopper(page, system.origins["style"])


@pytest.fixture
def cocomo(page: Page, system: System) -> Shopper:
    """A shopper at the redirect store."""
    return Shopper(page, system.origins["cocomo"])
