"""Whoever sends very many tries guesses nothing, costs next to nothing, and stands in nobody's way."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from flask import Flask

from payments.columns import utcnow
from shop.accounts import change, entry, known, throttle
from shop.accounts.entry import Wrong
from shop.accounts.throttle import Browser, TooOften
from shop.app import create_app
from shop.context import Shop
from shop.identity.passwords import Passwords
from shop.limits import Rule
from tests.accounts.member import Member, factor_on, new_address
from tests.shop.test_refused import work_of
from tests.staff.desk import Desk, make_member

pytestmark = pytest.mark.usefixtures("one_moment")

WRONG_CODE = "000000"


def _with_factor(app: Flask) -> Member:
    """Somebody whose account asks for a code."""
    member = Member(app).join()
    factor_on(member)
    return member


def _thief(app: Flask, member: Member, remote: str) -> Member:
    """Who has the password, and is asked for the code."""
    thief = Member(app, remote=remote)
    thief.email = member.email
    assert thief.sign_in().headers["Location"].startswith("/account/sign-in/code")
    return thief


def test_a_made_up_cookie_of_a_browser_buys_no_tries_of_the_code(app: Flask, shop: Shop) -> None:
    thief = _thief(app, _with_factor(app), "203.0.113.5")
    statuses = []
    for number in range(throttle.FACTOR.most + 2):
        thief.set_cookie(f"made-up-{number}", "device")
        statuses.append(thief.send("/account/sign-in/code", {"code": WRONG_CODE}).status_code)
    assert statuses == [422] * throttle.FACTOR.most + [429] * 2


def test_a_cookie_of_another_account_buys_none_either(app: Flask, shop: Shop) -> None:
    member = _with_factor(app)
    thief = Member(app, remote="203.0.113.5").join()
    statuses = []
    for _number in range(throttle.FACTOR.most + 1):
        own = Member(app, remote="203.0.113.6")
        own.email = thief.email
        assert own.sign_in().status_code == 303  # a fresh cookie of a browser that is truly known
        own.set_cookie(own.cookie("device") or "", "device")
        other = _thief(app, member, "203.0.113.5")
        other.set_cookie(own.cookie("device") or "", "device")
        statuses.append(other.send("/account/sign-in/code", {"code": WRONG_CODE}).status_code)
    assert statuses == [422] * throttle.FACTOR.most + [429]


def test_many_addresses_together_guess_no_code_and_a_known_browser_still_comes_in(
    app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "FACTOR_ALL", Rule("account factor all", 5, dt.timedelta(days=1)))
    member = _with_factor(app)
    statuses = [
        _thief(app, member, f"203.0.113.{number}")
        .send("/account/sign-in/code", {"code": WRONG_CODE})
        .status_code
        for number in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2
    assert member.sign_in().headers["Location"].startswith("/account/sign-in/code")
    assert member.send("/account/sign-in/code", {"code": WRONG_CODE}).status_code == 422


def test_a_link_to_choose_a_password_is_no_way_round_the_count(
    app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "FACTOR_ALL", Rule("account factor all", 5, dt.timedelta(days=1)))
    member = _with_factor(app)
    member.send("/account/reset", {"email": member.email})
    token = member.link("reset").rpartition("/")[2]

    def tries(number: int) -> None:
        who = Browser(f"203.0.113.{number}", "-", f"made-up-{number}", "ja", "-")
        change.reset_password(shop, "style", token, "quiet river under seven", WRONG_CODE, who, utcnow())

    for number in range(5):
        with pytest.raises(Wrong):
            tries(number)
    with pytest.raises(TooOften):
        tries(6)


def test_a_new_password_starts_the_count_of_codes_anew(app: Flask, shop: Shop) -> None:
    account = _with_factor(app).account()
    browser = Browser("203.0.113.5", "-", None, "ja", "-")
    before = throttle.factor_uses(account, browser, is_known=False)
    account.password_at += dt.timedelta(seconds=1)
    after = throttle.factor_uses(account, browser, is_known=False)
    assert before[0] == after[0]
    assert before[1] != after[1]


# --- At next to no cost ---

FEW = {
    "BY_ADDRESS": "/account/passkey",
    "STEP": "/account/sign-in/code",
    "CHALLENGES": "/account/passkey/options",
    "LETTERS_FROM": "/account/reset",
}


@pytest.fixture(params=FEW)
def flooded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A path that an address may post to twice."""
    rule: Rule = getattr(throttle, request.param)
    few = Rule(rule.name, 2, rule.window)
    monkeypatch.setattr(throttle, request.param, few)
    path = FEW[request.param]
    monkeypatch.setitem(entry.COUNTED, path, few)
    return path


def test_a_refused_step_is_refused_again_without_sql_or_a_template(
    flooded: str, app: Flask, shop: Shop
) -> None:
    stranger, other = Member(app, remote="203.0.113.7"), Member(app, remote="203.0.113.8")
    for number in range(3):
        answer = stranger.send(flooded, {"email": f"nobody{number}@example.jp", "code": WRONG_CODE})
    assert answer.status_code == 429
    token = {"csrf_token": "x", "email": new_address()}
    for cookie in ("", "made-up", "a~b", "é", "x" * 4000):
        stranger.set_cookie(cookie, "device")
        with work_of(app, shop) as work:
            refused = stranger.post_bare(flooded, token)
        assert (refused.status_code, work) == (429, [])
        assert int(refused.headers["Retry-After"]) > 0
    assert other.send(flooded, {"email": new_address(), "code": WRONG_CODE}).status_code != 429


def test_a_made_up_cookie_does_not_open_the_sign_in_to_a_refused_address(app: Flask, shop: Shop) -> None:
    stranger = Member(app, remote="203.0.113.7")
    for _number in range(throttle.BY_ADDRESS.most + 1):
        answer = stranger.sign_in(new_address())
    assert answer.status_code == 429
    stranger.set_cookie("made-up", "device")
    with work_of(app, shop) as work:
        assert (
            stranger.post_bare("/account/sign-in", {"email": new_address(), "password": "x"}).status_code
            == 429
        )
    assert work == []


def test_a_known_browser_is_counted_whatever_accounts_it_tries(app: Flask, shop: Shop) -> None:
    """Its cookie is worth its own count alone, not a way round the address's."""
    thief = Member(app, remote="203.0.113.7").join()
    statuses = [thief.sign_in(new_address()).status_code for _number in range(throttle.BY_BROWSER.most + 1)]
    assert statuses[-1] == 429
    assert statuses[0] == 422
    with work_of(app, shop) as work:
        assert (
            thief.post_bare("/account/sign-in", {"email": new_address(), "password": "x"}).status_code == 429
        )
    assert work == []
    neighbour = Member(app, remote="203.0.113.7").join()
    assert neighbour.sign_in().status_code == 303


def test_strangers_who_use_up_all_hashing_keep_out_neither_known_browsers_nor_staff(
    app: Flask, shop: Shop, sqlite_url: str
) -> None:
    member, colleague = Member(app).join(), make_member(shop)
    few = Passwords(per_second=1e-6, at_once=2)
    busy = create_app(shop=dataclasses.replace(shop, passwords=few))
    strangers = [Member(busy, remote=f"203.0.113.{number}") for number in range(3)]
    assert [one.sign_in(new_address()).status_code for one in strangers] == [422, 422, 429]
    known_browser = Member(busy, remote="203.0.113.9")
    known_browser.set_cookie("made-up", "device")
    assert known_browser.sign_in(member.email).status_code == 429
    known_browser.set_cookie(member.cookie("device") or "", "device")
    assert known_browser.sign_in(member.email).status_code == 303
    assert Desk(busy).password(colleague).status_code == 303


def test_the_cookie_of_one_store_is_made_up_at_the_other(app: Flask, shop: Shop) -> None:
    keys = shop.settings.keys
    cookie = known.cookie_of(keys, "style", "token")
    assert known.token_in(keys, "style", cookie) == "token"
    assert known.token_in(keys, "cocomo", cookie) is None
    assert known.token_in(keys, "style", cookie[:-1]) is None
