"""A shop on both databases, with hashing that no test has to wait for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask

from shop.app import create_app, create_shop
from shop.context import Shop
from shop.identity.passwords import Lane, Passwords
from shop.settings import load
from tests.accounts.member import Member
from tests.environment import make_environ


class QuickPasswords(Passwords):
    """The real thing at the least price, without an allowance; counts what it computes."""

    def __init__(self) -> None:
        super().__init__(per_second=1e9, at_once=1e9)
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self._nobody = self._hasher.hash("nobody's password")
        self.computed = 0

    def hash(self, password: str, lane: Lane = Lane.ANYONE) -> str:
        self.computed += 1
        return super().hash(password, lane)

    def matches(self, kept: str | None, password: str, lane: Lane = Lane.ANYONE) -> bool:
        self.computed += 1
        return super().matches(kept, password, lane)


def make_shop(url: str, **changes: str) -> Shop:
    """The parts of a shop whose passwords are quick."""
    return dataclasses.replace(create_shop(load(make_environ(url, **changes))), passwords=QuickPasswords())


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    parts = make_shop(sqlite_url)
    yield parts
    parts.db.dispose()


def make_app(shop: Shop) -> Flask:
    """The web application on a shop."""
    made = create_app(shop=shop)
    made.testing = True
    return made


@pytest.fixture
def app(shop: Shop) -> Flask:
    return make_app(shop)


@pytest.fixture
def both_shop(database_url: str) -> Iterator[Shop]:
    """A shop on each kind of database: for what the data layer promises."""
    parts = make_shop(database_url)
    yield parts
    parts.db.dispose()


@pytest.fixture
def both_app(both_shop: Shop) -> Flask:
    return make_app(both_shop)


@pytest.fixture
def member(app: Flask) -> Member:
    """Somebody who has just joined at the style store."""
    return Member(app).join()
