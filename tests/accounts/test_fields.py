"""The fields of accounts: masked, open to password managers, closed to what no form lists; and a way out everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from shop.accounts.people import Profile, profile_of
from shop.context import Shop
from tests.accounts.member import Member

STATIC = Path(__file__).resolve().parents[2] / "static"
FIELD = re.compile(r'<input[^>]*\bname="(?:password|present|again)"[^>]*>')
TOKENS = {"current-password", "new-password"}


def password_fields(page: str) -> list[str]:
    """The tags of every field of a page that takes a password."""
    return FIELD.findall(page)


def assert_good_field(tag: str) -> None:
    """Masked, known to managers by its token, and free of anything that keeps them or a paste from filling in."""
    assert 'type="password"' in tag
    assert set(re.findall(r'autocomplete="([^"]*)"', tag)) & TOKENS, tag
    assert not re.search(r"\b(readonly|onpaste|oncopy|maxlength)\b", tag), tag


def test_password_fields_are_masked_and_open_to_managers(app: Flask) -> None:
    member = Member(app).join()
    member.send("/account/reset", {"email": member.email})
    paths = (member.link("reset"), "/account/prove", "/account/password")
    tags = [tag for path in paths for tag in password_fields(member.get(path).text)]
    tags += password_fields(Member(app).get("/account/sign-in").text)
    guest = Member(app)
    guest.send("/account/join", {"email": "somebody.new@example.jp"})
    tags += password_fields(guest.get(guest.link("join")).text)
    assert len(tags) == 5
    for tag in tags:
        assert_good_field(tag)


def test_no_script_of_ours_looks_at_a_password_field() -> None:
    for script in STATIC.glob("*.js"):
        text = script.read_text("utf-8")
        assert "paste" not in text or script.name == "card-guard.js", script.name


@pytest.mark.parametrize("root", ["", "/en"])
def test_every_page_of_an_account_has_a_way_out(app: Flask, root: str) -> None:
    member = Member(app, root=root).join()
    paths = ["", "/orders", "/addresses", "/addresses/new", "/security", "/password", "/email", "/profile"]
    for path in [*paths, "/data", "/prove"]:
        page = member.get(f"/account{path}")
        assert page.status_code == 200, path
        assert f'action="{root}/account/sign-out"' in page.text, path


def test_what_a_form_does_not_list_changes_nothing(app: Flask, shop: Shop) -> None:
    member = Member(app).join()
    before = member.account()
    wanted = {"family_name": "新", "given_name": "しい"}
    foreign = {
        "id": "x",
        "store_id": "cocomo",
        "password_at": "",
        "locale": "xx",
        "totp": "",
        "created_at": "",
    }
    assert member.send("/account/profile", wanted | foreign).status_code == 303
    after = member.account()
    assert profile_of(shop.vault, after, "-") == Profile("新", "しい")
    for name in (*foreign, "password", "email"):
        assert getattr(after, name) == getattr(before, name), name
