"""`shop staff …` as its user meets it."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pyotp
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from shop.cli import main
from shop.context import Shop
from shop.demo import FIRST_OWNER, first_owner
from shop.staff.rights import Role
from tests.environment import make_environ
from tests.staff.desk import Desk, make_member, setting_up


@pytest.fixture
def environ(sqlite_url: str) -> dict[str, str]:
    return make_environ(sqlite_url)


def _run(environ: dict[str, str], *words: str) -> Result:
    result = CliRunner(env=environ).invoke(main, ("staff", *words))
    assert "Traceback" not in result.output
    return result


def test_the_first_owner_is_invited_from_the_command_line(
    environ: dict[str, str], shop: Shop, shop_app: Flask
) -> None:
    words = ("invite", "--email", "hanako@example.jp", "--name", "試験 花子", "--role", "owner", "--json")
    result = _run(environ, *words)
    assert result.exit_code == 0
    link = json.loads(result.output)["link"]
    assert Desk(shop_app).get(urlsplit(link).path).status_code == 200
    assert _run(environ, *words).exit_code == 1
    listed = json.loads(_run(environ, "list", "--json").output)
    assert [(one["email"], one["state"], one["roles"]) for one in listed] == [
        ("hanako@example.jp", "invited", ["owner"])
    ]
    assert "hanako@example.jp" in _run(environ, "list").output


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("invite", "--email", "admin@example.jp", "--name", "x", "--role", "owner"), 1, "desk"),
        (("invite", "--email", "kein é", "--name", "x", "--role", "owner"), 1, "no mail address"),
        (("invite", "--email", "a@example.jp", "--name", "x", "--role", "emperor"), 2, "emperor"),
        (("invite", "--email", "a@example.jp", "--name", "x"), 2, "--role"),
        (("disable", "nobody@example.jp"), 1, "nobody here"),
        (("unlock", "鍵"), 1, "nobody here"),
        (("reset", "nobody@example.jp", "password"), 1, "nobody here"),
        (("reset", "nobody@example.jp", "everything"), 2, "everything"),
        (("code", "nobody@example.jp"), 1, "demo alone"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    environ: dict[str, str], words: tuple[str, ...], status: int, says: str
) -> None:
    result = _run(environ, *words)
    assert result.exit_code == status
    assert says in result.output


def test_help_after_a_loss(environ: dict[str, str], shop: Shop) -> None:
    make_member(shop, Role.OWNER)
    person = make_member(shop)
    assert "/join/" in _run(environ, "reset", person.email, "factor").output
    assert _run(environ, "reset", person.email, "join").exit_code == 1
    assert _run(environ, "unlock", person.email).output == "unlocked\n"
    assert _run(environ, "roles", person.email, "--role", "finance", "--role", "signer").exit_code == 0
    assert json.loads(_run(environ, "disable", person.email, "--json").output) == {"done": "disabled"}
    assert "/join/" in _run(environ, "enable", person.email).output


def test_the_last_owner_is_not_disabled_by_command(environ: dict[str, str], shop: Shop) -> None:
    owner = make_member(shop, Role.OWNER)
    result = _run(environ, "disable", owner.email)
    assert result.exit_code == 1
    assert "last owner" in result.output


def test_the_demo_lets_a_visitor_in_without_a_phone(
    environ: dict[str, str], shop: Shop, shop_app: Flask
) -> None:
    demo = environ | {"SHOP_ENV": "demo"}
    first, second = first_owner(demo), first_owner(demo)
    assert first != second
    assert Desk(shop_app).get(urlsplit(first).path).status_code == 410
    desk = Desk(shop_app)
    password = "slow river 9 green barges"
    desk.post(urlsplit(second).path, {"password": password, "again": password})
    code = _run(demo, "code", FIRST_OWNER).output.strip()
    assert pyotp.TOTP(setting_up(shop, desk)).verify(code, valid_window=1)
    assert desk.post("/join/factor/code", {"code": code}, form_on="/join/factor/setup").status_code == 200
    assert desk.get("/members").status_code == 200
    assert first_owner(demo) == ""
    assert _run(environ | {"SHOP_ENV": "test"}, "code", FIRST_OWNER).exit_code == 1
