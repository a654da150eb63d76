"""A shop whose passwords are checked without a queue, and one of them on each database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from shop.app import create_shop
from shop.context import Shop
from shop.identity.passwords import Passwords
from shop.settings import Settings, load
from tests.environment import make_environ


@pytest.fixture
def shop(settings: Settings) -> Iterator[Shop]:
    """The parts of a shop on SQLite."""
    parts = at_ease(create_shop(settings))
    yield parts
    parts.db.dispose()


@pytest.fixture
def any_shop(database_url: str) -> Iterator[Shop]:
    """The same on SQLite and on PostgreSQL."""
    parts = at_ease(create_shop(load(make_environ(database_url))))
    yield parts
    parts.db.dispose()


def at_ease(shop: Shop) -> Shop:
    """The shop, with time for every hash that a test wants."""
    return dataclasses.replace(shop, passwords=Passwords(per_second=1000, at_once=1000))
