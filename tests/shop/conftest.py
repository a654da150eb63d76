"""A real sandbox behind the web application, for tests that place orders without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from shop.app import create_app, create_shop
from shop.context import Shop
from shop.settings import load
from tests.environment import make_environ
from tests.servers.letters import Letters, letters
from tests.servers.sandbox import Sandbox, running_sandbox
from tests.shop.buyer import Buyer


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this area; each has orders of its own."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def post() -> Iterator[Letters]:
    """Somebody's mail, which can be read."""
    with letters() as office:
        yield office


@pytest.fixture
def mail() -> dict[str, str]:
    """Where `paying_shop` sends its mails: nowhere. A module whose tests read them says `post`."""
    return {}


@pytest.fixture
def paying_shop(sqlite_url: str, sandbox: Sandbox, mail: dict[str, str]) -> Iterator[Shop]:
    """The parts of a shop whose provider is the sandbox."""
    parts = create_shop(load(make_environ(sqlite_url, **mail, **sandbox.addresses)))
    yield parts
    sandbox.control("faults", method="DELETE")
    parts.db.dispose()


@pytest.fixture
def paying_app(paying_shop: Shop) -> Flask:
    """The web application on it."""
    app = create_app(shop=paying_shop)
    app.testing = True
    return app


@pytest.fixture
def style(paying_app: Flask) -> Buyer:
    """A guest at the token store."""
    return Buyer(paying_app, "style")


@pytest.fixture
def cocomo(paying_app: Flask) -> Buyer:
    """A guest at the redirect store."""
    return Buyer(paying_app, "cocomo")


@pytest.fixture
def either_shop(database_url: str, sandbox: Sandbox) -> Iterator[Shop]:
    """A shop that can be paid at, on each database."""
    parts = create_shop(load(make_environ(database_url, **sandbox.addresses)))
    yield parts
    sandbox.control("faults", method="DELETE")
    parts.db.dispose()


@pytest.fixture
def either_app(either_shop: Shop) -> Flask:
    """The web application on it."""
    app = create_app(shop=either_shop)
    app.testing = True
    return app


@pytest.fixture
def either_style(either_app: Flask) -> Buyer:
    """A guest at its token store."""
    return Buyer(either_app, "style")
