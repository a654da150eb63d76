"""A Chromium of this folder's own, and a filled database of each kind in a folder that is searched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from payments.database import Database
from shop.scope.databases import sqlite_below
from tests.conftest import _fill as fill
from tests.servers.postgres import make_database, postgres_server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile at desktop width."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    yield context
    context.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system's own folder: everything below it is searched."""
    return tmp_path_factory.mktemp("system")


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where recorders keep what they hear: not below the system's folder."""
    return tmp_path_factory.mktemp("tapes")


@pytest.fixture(scope="module")
def sqlite_in_folder(folder: Path, sqlite_template: Path) -> str:
    """A filled SQLite database in the system's folder."""
    return sqlite_below(folder, sqlite_template)


@pytest.fixture(scope="module")
def postgres_of_ours() -> Iterator[str]:
    """A filled database in a PostgreSQL on this machine, whose files and processes we may read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_DATABASE_URL", raising=False)
        with postgres_server() as server:
            url = make_database(server, "evidence").render_as_string(hide_password=False)
            database = Database(url)
            fill(database)
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # Its workers come and go: one that ended could not be searched any more.
                connection.exec_driver_sql("ALTER SYSTEM SET autovacuum = off")
                connection.exec_driver_sql("SELECT pg_reload_conf()")
            database.dispose()
            yield url
