"""Fields of the back office by right: every role opens every page, and sees and is offered what its rights say."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from payments.columns import utcnow
from shop.backoffice.fields import FIELDS
from shop.context import Shop
from shop.jobs.models import Job
from shop.staff import access
from shop.staff.rights import RIGHTS, Right, Role
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import CONTACT, Buyer, hidden_field
from tests.shop.till import buy_and_pay
from tests.staff.desk import COMMAND, STAFF, Desk, make_member, signed_in
from tools import staff_fields

_LEADS_TO = re.compile(r'<(?:a|form)\b[^>]*\b(?:href|action)="(/[^"]*)"[^>]*>')


def _staff(app: Flask) -> Flask:
    found: Flask = app.extensions["hitsuka_staff"]
    return found


def _routes(app: Flask) -> dict[str, access.Need]:
    """What each route of the staff needs, by method and rule."""
    known = access.needs(_staff(app))
    return {
        f"{method} {rule.rule}": known[rule.endpoint]
        for rule in _staff(app).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint in known
    }


def test_the_page_is_made_of_todays_rights() -> None:
    assert staff_fields.PAGE.read_text("utf-8") == staff_fields.page(), (
        "run: python tools/staff_fields.py write"
    )


def test_each_field_has_the_right_of_its_route_and_no_change_is_left_out(shop_app: Flask) -> None:
    routes = _routes(shop_app)
    for each in FIELDS:
        assert routes[each.at].right is each.sees, each.what
        for rule, right in each.changed_by.items():
            assert routes[f"POST {rule}"].right is right, rule
    declared = {rule for each in FIELDS for rule in each.changed_by}
    declared |= {each.at.removeprefix("POST ") for each in FIELDS}
    posts = {name.removeprefix("POST ") for name, need in routes.items() if isinstance(need.right, Right)}
    assert {rule for rule in posts if not rule.startswith("GET ")} <= declared


@pytest.fixture
def order(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> str:
    """A paid order; its id."""
    return buy_and_pay(style, paying_shop, sandbox)


def _probes(shop: Shop, order_id: str) -> dict[str, tuple[str, str, Right]]:
    """For each field: what is asked, by which words it is known there, and the right that it takes."""
    page = f"/orders/style/{order_id}"
    texts = {
        f"GET {page}": ("ST-", Right.SEE_ORDERS),
        f"POST {page}/contact": (CONTACT["city"], Right.SEE_CUSTOMERS),
        f"GET {page}/refund": ('name="reason"', Right.REFUND),
        "POST /customers": (order_id, Right.SEE_CUSTOMERS),
        "GET /cards/style": ("まだ支払える画面", Right.SEE_PAYMENTS),
        "GET /approvals": ("payments.resume", Right.APPROVE),
        "GET /stuck": ("order_paid", Right.TRY_AGAIN),
        "GET /audit": ("open.order_desk", Right.SEE_AUDIT),
        "GET /members": ("kaede.shiken@example.jp", Right.MANAGE_STAFF),
    }
    return {asked: (asked.partition(" ")[2], words, right) for asked, (words, right) in texts.items()}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_the_fields_of_its_rights_and_is_offered_nothing_else(
    paying_app: Flask, paying_shop: Shop, order: str, role: Role
) -> None:
    make_member(paying_shop, Role.OWNER, email="kaede.shiken@example.jp")
    someone = signed_in(paying_app, paying_shop, Role.SUPPORT)
    page = f"/orders/style/{order}"
    someone.post(f"{page}/contact", form_on=page)  # so that the chain has a row of it
    paying_shop.db.write(
        lambda session: paying_shop.approvals.request(
            session, "payments.resume", {"store": "style"}, actor=COMMAND, now=utcnow()
        )
    )
    paying_shop.db.write(lambda session: session.execute(update(Job).values(state="parked")))
    desk = signed_in(paying_app, paying_shop, role)
    token = hidden_field(desk.get("/").text, "csrf_token")
    for asked, (path, words, right) in _probes(paying_shop, order).items():
        fields = {"csrf_token": token, "told": CONTACT["email"]}
        answer = desk.get(path) if asked.startswith("GET") else desk.post_bare(path, fields)
        assert (words in answer.text) == (right in RIGHTS[role]), (asked, answer.status_code)
    paths = ["/", page, "/orders", "/cards", "/cards/style", "/approvals", "/audit", "/members", "/stuck"]
    seen = [path for path in paths if desk.get(path).status_code == 200]
    _assert_offers_only_what_may_be_done(paying_app, desk, role, seen)


def _assert_offers_only_what_may_be_done(app: Flask, desk: Desk, role: Role, paths: list[str]) -> None:
    """No link and no button leads to what would be refused."""
    routes = _routes(app)
    for path in paths:
        for tag in _LEADS_TO.finditer(desk.get(path).text):
            method = "POST" if tag[0].startswith("<form") and "post" in tag[0] else "GET"
            rule = _rule(app, method, unescape(tag[1]).partition("?")[0])
            need = routes.get(f"{method} {rule.rule}") if rule is not None else None
            if need is not None and isinstance(need.right, Right):
                assert need.right in RIGHTS[role], (path, tag[0])


def _rule(app: Flask, method: str, path: str) -> Rule | None:
    adapter = _staff(app).url_map.bind(STAFF.removeprefix("http://"))
    try:
        found, _arguments = adapter.match(path.removeprefix("/en"), method=method, return_rule=True)
    except HTTPException:
        return None
    return found
