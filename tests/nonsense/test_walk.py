"""Every address of both applications answers nonsense calmly: no fault of ours, no echo, nowhere else to go.

The walk goes by the url maps, the forms by their classes and by the pages: what is new is walked by itself.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.provider import OutcomeUnknown
from payments.providers.stripe import StripeProvider
from shop.app import create_app, create_shop
from shop.context import Shop
from shop.limits import Rule as LimitRule
from shop.limits import Verdict
from shop.orders.links import order_token
from shop.settings import StripeAccount, load
from shop.staff.rights import Role
from tests.accounts.conftest import QuickPasswords
from tests.accounts.member import Member
from tests.environment import make_environ
from tests.nonsense.pieces import (
    BODIES,
    COOKIES,
    HEADERS,
    HOSTS,
    MARK,
    METHODS,
    PATHS,
    QUERIES,
    TEXTS,
    names_of_fields,
)
from tests.nonsense.walker import Walker, encoded
from tests.shop.buyer import CONTACT, plenty
from tests.shop.ordering import place_order
from tests.staff.desk import Desk, make_member

STYLE, STAFF = "http://style.localhost:8000", "http://staff.localhost:8000"
ONE_BY_ONE = ("a\0b", MARK, "9" * 5000, "//[")


class Unlimited:
    """Never refuses: a limit would hide what lies behind it."""

    def hit(self, *_uses: tuple[LimitRule, str], now: float | None = None) -> Verdict:
        return Verdict(True)

    peek = hit

    def forget(self, _rule: LimitRule, _key: str) -> None:
        return

    def sweep(self) -> int:
        return 0


class Away:
    """A provider's account that never answers; what it sends us is read by the real hand."""

    def __init__(self, account: StripeAccount) -> None:
        self._real = StripeProvider.of_account(account)
        self.name, self.account, self.parse_event = (
            self._real.name,
            self._real.account,
            self._real.parse_event,
        )

    def __getattr__(self, name: str) -> Any:
        def call(*_args: object, **_more: object) -> object:
            raise OutcomeUnknown(name)

        return call


@pytest.fixture
def shop(postgres_url: str) -> Iterator[Shop]:
    """On PostgreSQL, which refuses what SQLite lets pass: U+0000, numbers beyond a column, odd moments."""
    parts = create_shop(load(make_environ(postgres_url)), make_provider=Away)
    yield dataclasses.replace(parts, passwords=QuickPasswords(), limits=Unlimited())
    parts.db.dispose()


@pytest.fixture
def app(shop: Shop) -> Flask:
    return create_app(shop=shop)


def _stranger(app: Flask) -> Walker:
    return Walker(app, app, STYLE, "/account/join", _real(app))


def _shopper(app: Flask) -> Walker:
    kept: dict[str, Member] = {}

    def revive(walker: Walker) -> None:
        member = kept.get("member")
        if member is None or not member.is_in():
            member = kept["member"] = Member(app).join()
            assert member.prove().status_code == 303
        walker.client.set_cookie("account", member.cookie() or "", domain="style.localhost")

    walker = Walker(app, app, STYLE, "/account/join", _real(app), revive, "/(account|checkout|cart|orders)")
    added = encoded([("sku", plenty("style"))])
    assert walker.client.post("/cart/add", base_url=STYLE, **added).status_code == 303
    told = encoded([("csrf_token", walker.token()), *CONTACT.items()])
    assert walker.client.post("/checkout", base_url=STYLE, **told).status_code == 303
    return walker


def _staff(app: Flask, *roles: Role) -> Walker:
    shop: Shop = app.extensions["hitsuka"]
    person, desk = make_member(shop, *roles) if roles else None, Desk(app)

    def revive(walker: Walker) -> None:
        if person is None:
            return
        if desk.cookie() is None or desk.get("/security").status_code != 200:
            desk.sign_in(shop, person)
        walker.client.set_cookie("staff", desk.cookie() or "", domain="staff.localhost")

    inner: Flask = app.extensions["hitsuka_staff"]
    return Walker(app, inner, STAFF, "/security" if roles else "/sign-in", _real(app), revive)


def _real(app: Flask) -> dict[str, str]:
    shop: Shop = app.extensions["hitsuka"]
    order_id = place_order(shop)
    return {
        "token": order_token(shop.settings.keys, "style", order_id),
        "order_id": order_id,
        "store_id": "style",
        "member_id": make_member(shop, Role.SUPPORT).id,
        "name": "contact",
        "kind": "password",
        "code": "1500001",
        "sku": plenty("style"),
    }


WHO: dict[str, Callable[[Flask], Walker]] = {
    "stranger": _stranger,
    "shopper": _shopper,
    "staff's stranger": lambda app: _staff(app),
    "staff": lambda app: _staff(app, *Role),
}


@pytest.fixture(params=[pytest.param(who, marks=pytest.mark.postgres) for who in WHO])
def walker(request: pytest.FixtureRequest, app: Flask) -> Iterator[Walker]:
    logging.disable(logging.INFO)  # a line for each of some thousand requests
    found = WHO[request.param](app)
    yield found
    logging.disable(logging.NOTSET)
    assert found.verdict() == {}


def test_addresses_and_queries(walker: Walker) -> None:
    names = names_of_fields()
    queries = ["&".join(f"{name}={value}" for name in names) for value in QUERIES]
    for rule in walker.rules("GET"):
        for piece in PATHS if rule.arguments else ():
            walker.send("GET", walker.path(rule, piece), rule=rule)
        for query in queries:
            walker.send("GET", walker.path(rule), query, rule=rule)
    assert walker.sent > 100


def test_forms_with_nonsense_in_every_field_that_any_form_has(walker: Walker) -> None:
    names = names_of_fields()
    assert len(names) > 40
    for rule in walker.rules("POST"):
        token = walker.token()
        for piece in PATHS[:4] if rule.arguments else ():
            walker.send("POST", walker.path(rule, piece), rule=rule, **encoded([("csrf_token", token)]))
        for text in TEXTS:
            fields = [("csrf_token", token), *((name, text) for name in names)]
            walker.send("POST", walker.path(rule), rule=rule, **encoded(fields))


def test_the_forms_of_pages_with_one_field_spoilt(walker: Walker) -> None:
    seen = set()
    for rule in walker.rules("GET"):
        for action, fields in walker.forms_on(walker.path(rule)):
            if (action, *fields) in seen:
                continue
            seen.add((action, *fields))
            _spoil(walker, action, fields)
    assert seen


def _spoil(walker: Walker, action: str, fields: dict[str, str]) -> None:
    for name in fields:
        for text in ONE_BY_ONE:
            walker.send("POST", action, **encoded([*(fields | {name: text}).items()]))
        rest = [(other, value) for other, value in fields.items() if other != name]
        walker.send("POST", action, **encoded(rest))
        walker.send("POST", action, **encoded([*fields.items(), (name, "\udfff"), (name, "2")]))


@pytest.mark.parametrize("walker", ["stranger", "staff"], indirect=True)
def test_bodies_methods_headers_hosts_and_cookies(walker: Walker) -> None:
    """Read before it is known who asks, at a store, and after it at the staff's host."""
    for rule in walker.rules("POST"):
        for body in BODIES:
            walker.send("POST", walker.path(rule), rule=rule, data=body.data, content_type=body.content_type)
    for number, rule in enumerate([*walker.rules("GET"), *walker.rules("POST")]):
        for method in {METHODS[number % len(METHODS)], "HEAD", "OPTIONS"}:
            walker.send(method, walker.path(rule), rule=rule)
    for number, rule in enumerate(walker.rules("GET")):
        headers = HEADERS[number % len(HEADERS)]
        named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        walker.send("GET", walker.path(rule), rule=rule, environ_overrides=named)
        walker.with_cookies(walker.path(rule), COOKIES[number % len(COOKIES) :][:1])
    for host in HOSTS:
        for path in ("/", "/sign-in", "/healthz"):
            walker.send("GET", path, environ_overrides={"HTTP_HOST": host})


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.postgres
def test_each_role_alone(app: Flask, role: Role) -> None:
    """What the others may not do must be refused as calmly as what is done."""
    logging.disable(logging.INFO)
    walker = _staff(app, role)
    token = walker.token()
    for piece in (None, "%ff%00"):
        for rule in walker.rules("GET"):
            walker.send("GET", walker.path(rule, piece), rule=rule)
        for rule in walker.rules("POST"):
            walker.send("POST", walker.path(rule, piece), rule=rule, **encoded([("csrf_token", token)]))
    logging.disable(logging.NOTSET)
    assert walker.verdict() == {}


_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
_FIELDS = st.dictionaries(st.sampled_from(names_of_fields()) | _TEXT, _TEXT, max_size=6)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_else_somebody_thinks_of(walker: Walker, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(["GET", "POST"]))
    rule = data.draw(st.sampled_from(walker.rules(method)))
    piece = quote(data.draw(_TEXT.filter(bool)), safe="", encoding="utf-8", errors="surrogatepass")
    fields = data.draw(_FIELDS)
    query = urlencode(data.draw(_FIELDS), encoding="utf-8", errors="surrogatepass")
    path = walker.path(rule, piece if data.draw(st.booleans()) else None)
    if method == "GET":
        walker.send(method, path, query, rule=rule)
    else:
        walker.send(
            method, path, query, rule=rule, **encoded([("csrf_token", walker.token()), *fields.items()])
        )
    assert walker.found == {}
