"""Signing in: two factors always, six tries, nothing told to a stranger."""

from __future__ import annotations

from flask import Flask

from shop.context import Shop
from shop.staff.rights import Role
from tests.staff.desk import Desk, audited, make_member


def test_a_password_alone_opens_nothing(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop, Role.OWNER), Desk(shop_app)
    answer = desk.password(person)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert desk.cookie() is None
    assert desk.get("/").status_code == 303
    desk.set_token(desk.cookie("staff-step") or "")
    assert desk.get("/").status_code == 303


def test_password_and_code_open_a_session_with_a_token_of_its_own(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop, Role.OWNER), Desk(shop_app)
    desk.set_token("chosen by somebody else")
    desk.password(person)
    answer = desk.code(person.code())
    assert answer.status_code == 303, answer.text
    assert desk.cookie() != "chosen by somebody else"
    page = desk.get("/")
    assert page.status_code == 200
    assert "試験 花子" in page.text
    assert ("staff.sign_in", "done", "totp") in audited(shop)
