"""A shop on each database with a real sandbox, without web server: for races between threads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shop.app import create_shop
from shop.context import Shop
from shop.settings import load
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox, running_sandbox
from tests.servers.system import System, running_system


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this area; each has orders of its own."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def shop(database_url: str, sandbox: Sandbox) -> Iterator[Shop]:
    """The parts of a shop whose provider is the sandbox, on SQLite and on PostgreSQL."""
    parts = create_shop(load(make_environ(database_url, **sandbox.addresses)))
    yield parts
    parts.db.dispose()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for the files of running processes."""
    return tmp_path


@pytest.fixture
def system(place: Path, database_url: str) -> Iterator[System]:
    """A running system on each database."""
    with running_system(place, database_url) as running:
        yield running
