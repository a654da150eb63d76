"""A running system and a real Chromium. A missing browser is an error with its reason, never a skip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from payments.database import Database
from shop.catalog.models import Variant
from shop.context import Shop
from tests.e2e.books import Books
from tests.e2e.shopper import Shopper
from tests.servers.system import System, running_system


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[System]:
    """One running system a test file, on SQLite."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "shop.sqlite").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{folder / 'shop.sqlite'}"
    _fill_shelves(url)
    with running_system(folder, url) as running:
        yield running


def _fill_shelves(url: str) -> None:
    """Goods enough for every test of a file, with orders left unpaid."""
    database = Database(url)
    plenty = update(Variant).where(Variant.on_hand >= 5).values(on_hand=500)
    database.write(lambda session: session.execute(plenty))
    database.dispose()


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


@pytest.fixture(scope="module")
def parts(system: System) -> Iterator[Shop]:
    """The parts of the same shop in this process."""
    shop = system.shop()
    yield shop
    shop.db.dispose()


@pytest.fixture
def books(parts: Shop, system: System) -> Iterator[Books]:
    """The books of this test's orders; ends the provider's faults after it."""
    yield Books(parts)
    system.sandbox.control("faults", method="DELETE")


@pytest.fixture(params=["style", "cocomo"])
def shopper(request: pytest.FixtureRequest, page: Page, system: System) -> Shopper:
    """A shopper at each store: for cases that go alike in both types."""
    return Shopper(page, system.origins[request.param])


@pytest.fixture
def style(page: Page, system: System) -> Shopper:
    """A shopper at the token store."""
    return Shopper(page, system.origins["style"])


@pytest.fixture
def cocomo(page: Page, system: System) -> Shopper:
    """A shopper at the redirect store."""
    return Shopper(page, system.origins["cocomo"])
