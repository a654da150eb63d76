"""Who was refused a sign-in is refused again at next to no cost, and nobody else is."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from shop.accounts import throttle
from shop.app import create_app
from shop.context import Shop
from shop.identity.passwords import Passwords
from shop.limits import Refused, Rule, Verdict
from shop.staff import signing_in
from tests.accounts.conftest import make_shop
from tests.shop.buyer import hidden_field

PATHS = {"staff": "/sign-in", "style": "/account/sign-in"}
RULE, OTHER = Rule("one", 1, dt.timedelta(minutes=1)), Rule("other", 1, dt.timedelta(minutes=1))
REFUSED = Verdict(False, "one", dt.timedelta(seconds=30))


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(sqlite_url: str, clock: Clock) -> Iterator[Shop]:
    parts = dataclasses.replace(make_shop(sqlite_url), refused=Refused(clock=clock))
    yield parts
    parts.db.dispose()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tries from one address are enough."""
    monkeypatch.setattr(signing_in, "_FROM_ONE", Rule("staff-sign-in-address", 2, dt.timedelta(minutes=10)))
    monkeypatch.setattr(throttle, "BY_ADDRESS", Rule("account sign-in address", 2, dt.timedelta(minutes=10)))


class Stranger:
    """Holds a form of one host, and sends it from wherever it is told."""

    def __init__(self, app: Flask, host: str, remote: str = "203.0.113.7") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin", "REMOTE_ADDR": remote}
        self.origin, self.path = f"http://{host}.localhost:8000", PATHS[host]
        page = self.client.get(self.path, base_url=self.origin)
        self.fields = {
            "password": "not the teacup 4 at all",
            "csrf_token": hidden_field(page.text, "csrf_token"),
        }

    def tries(self, email: str = "nobody@example.jp") -> TestResponse:
        return self.client.post(self.path, base_url=self.origin, data=self.fields | {"email": email})

    def until_refused(self, *emails: str) -> TestResponse:
        """Tries the addresses in turn; the first refusal."""
        for number in range(20):
            answer = self.tries(emails[number % len(emails)] if emails else f"nobody{number}@example.jp")
            if answer.status_code == 429:
                return answer
        raise AssertionError("never refused")


@contextmanager
def work_of(app: Flask, shop: Shop) -> Iterator[list[str]]:
    """Every statement and every template of either application."""
    seen: list[str] = []

    def statement(_c: object, _cur: object, text: str, *_more: object) -> None:
        seen.append(text)

    def template(_app: Flask, template: object, **_more: object) -> None:
        seen.append(repr(template))

    event.listen(shop.db.engine, "before_cursor_execute", statement)
    try:
        with (
            template_rendered.connected_to(template, app),
            template_rendered.connected_to(template, app.extensions["hitsuka_staff"]),
        ):
            yield seen
    finally:
        event.remove(shop.db.engine, "before_cursor_execute", statement)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("host", PATHS)
def test_the_second_refusal_costs_neither_sql_nor_a_template(host: str, shop: Shop, clock: Clock) -> None:
    app = create_app(shop=shop)
    stranger, other = Stranger(app, host), Stranger(app, host, "203.0.113.8")
    with work_of(app, shop) as first:
        stranger.until_refused()
    assert any("limit_counter" in text for text in first)
    assert any("Template" in text for text in first)
    with work_of(app, shop) as again:
        refused = stranger.tries()
    assert (refused.status_code, again) == (429, [])
    assert 0 < int(refused.headers["Retry-After"]) <= 1200
    assert refused.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in refused.headers
    assert "Set-Cookie" not in refused.headers
    assert other.tries().status_code in {401, 422}
    clock.now += int(refused.headers["Retry-After"])
    with work_of(app, shop) as later:
        stranger.tries()
    assert any("limit_counter" in text for text in later)


def test_one_account_tried_again_and_again_is_remembered_too_and_its_neighbours_are_not(shop: Shop) -> None:
    app = create_app(shop=shop)
    stranger = Stranger(app, "style")
    stranger.until_refused("somebody@example.jp")
    with work_of(app, shop) as again:
        assert stranger.tries("Somebody@example.jp").status_code == 429
    assert again == []
    assert stranger.tries("another@example.jp").status_code == 422


def test_a_flood_from_everywhere_is_remembered_as_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "_FROM_ALL", Rule("staff-sign-in", 2, dt.timedelta(minutes=1)))
    app = create_app(shop=shop)
    senders = [Stranger(app, "staff", f"203.0.113.{number}") for number in range(5)]
    assert [sender.tries().status_code for sender in senders[:3]] == [401, 401, 429]
    with work_of(app, shop) as again:
        assert [sender.tries().status_code for sender in senders[3:]] == [429, 429]
    assert again == []


@pytest.mark.parametrize("host", PATHS)
def test_while_no_password_can_be_checked_nothing_else_is_done(host: str, shop: Shop) -> None:
    passwords = Passwords(per_second=0.1, at_once=1)
    app = create_app(shop=dataclasses.replace(shop, passwords=passwords))
    stranger = Stranger(app, host)
    assert passwords.wait_s() == 0
    assert stranger.tries().status_code in {401, 422}
    with work_of(app, shop) as again:
        refused = stranger.tries()
    assert (refused.status_code, again) == (429, [])
    assert 0 < int(refused.headers["Retry-After"]) <= 30


def test_it_is_remembered_under_the_rule_that_refused_until_the_wait_is_over(clock: Clock) -> None:
    refused = Refused(clock=clock)
    refused.note(REFUSED, [(RULE, "a"), (OTHER, "a")])
    assert refused.wait_s([(OTHER, "a"), (RULE, "a")]) == 30
    assert refused.wait_s([(OTHER, "a"), (RULE, "b")]) == 0
    clock.now += 30
    assert refused.wait_s([(RULE, "a")]) == 0


def test_it_is_no_longer_remembered_than_told_or_than_forgiven(clock: Clock) -> None:
    refused = Refused(clock=clock)
    refused.note(REFUSED, [(RULE, "a")], longest=dt.timedelta(seconds=5))
    assert refused.wait_s([(RULE, "a")]) == 5
    refused.forget(RULE, "a")
    assert refused.wait_s([(RULE, "a")]) == 0


def test_its_memory_is_bounded_and_the_oldest_goes(clock: Clock) -> None:
    refused = Refused(most=3, clock=clock)
    for number in range(10):
        refused.note(REFUSED, [(RULE, str(number))])
    assert len(refused) == 3
    assert [number for number in range(10) if refused.wait_s([(RULE, str(number))])] == [7, 8, 9]
