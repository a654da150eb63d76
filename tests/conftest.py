"""Fixtures that every area uses: settings, a migrated database of each kind, the app and its client."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import URL
from werkzeug.test import TestResponse

from payments.database import Database
from shop.app import create_app, create_shop
from shop.build import build_id
from shop.context import Shop
from shop.db.migrate import upgrade
from shop.garbage import keep_all, look_seldom
from shop.seeding import seed_written
from shop.settings import Settings, load
from shop.stores.rows import ensure_stores
from tests.environment import make_environ
from tests.in_memory import work_in_memory
from tests.lengths import refuse_overlong_texts
from tests.longest import longest_first
from tests.once import compile_once
from tests.patience import be_patient
from tests.servers.browser import launch
from tests.servers.postgres import drop_database, make_database, postgres_server

_numbers = itertools.count()
look_seldom()
work_in_memory()
refuse_overlong_texts()
compile_once()
be_patient()
_TEMPLATE = "hitsuka_template"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


def pytest_collection_finish() -> None:
    """Thousands of tests live to the end of the run. To look through them took half of the time of making an app."""
    keep_all()


@pytest.fixture(scope="session", autouse=True)
def _build_in_junit(record_testsuite_property: Callable[[str, object], None]) -> None:
    """A JUnit file names the build: the gate after a stop wants a test red on one and green on another."""
    record_testsuite_property("build", build_id())


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with the written goods, to be copied."""
    path = tmp_path_factory.mktemp("template") / "shop.sqlite"
    database = Database(f"sqlite:///{path}")
    _fill(database)
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A running PostgreSQL with a filled template database."""
    with postgres_server() as server:
        template = make_database(server, f"{_TEMPLATE}_{os.getpid()}")
        _fill(Database(template.render_as_string(hide_password=False)))
        yield server
        drop_database(server, f"{_TEMPLATE}_{os.getpid()}")


def _fill(database: Database) -> None:
    upgrade(database)
    ensure_stores(database)
    seed_written(database, lambda _text: None)
    database.dispose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database with the goods in it."""
    path = tmp_path / "shop.sqlite"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: URL) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with the goods in it."""
    name = f"hitsuka_{os.getpid()}_{next(_numbers)}"
    url = make_database(postgres, name, template=f"{_TEMPLATE}_{os.getpid()}")
    yield url.render_as_string(hide_password=False)
    drop_database(postgres, name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind: tests of the data layer run on both."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """A test configuration on SQLite."""
    return load(make_environ(sqlite_url))


@pytest.fixture
def shop(settings: Settings) -> Iterator[Shop]:
    """The parts of a shop on SQLite."""
    parts = create_shop(settings)
    yield parts
    parts.db.dispose()


@pytest.fixture
def shop_app(shop: Shop) -> Flask:
    """The web application."""
    app = create_app(shop=shop)
    app.testing = True
    return app


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a test file; each test has a profile of its own. A process can hold one Playwright only."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every use that a limit counts in a test falls into one window: on the clock another may begin between two,
    and sixty uses over half a minute then leave room for a sixty-first."""
    moment = time.time()
    monkeypatch.setattr("shop.limits.sql.time", SimpleNamespace(time=lambda: moment))


class StoreClient(FlaskClient):
    """A browser-like client on the style store: its host, and posts that come from its own pages."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", "http://style.localhost:8000")
        self.environ_base.setdefault("HTTP_SEC_FETCH_SITE", "same-origin")
        return super().open(*args, **kwargs)


@pytest.fixture
def client(shop_app: Flask) -> FlaskClient:
    """A browser-like client on the style store."""
    shop_app.test_client_class = StoreClient
    return shop_app.test_client()
