"""What was begun before an account changed opens nothing after it; what was used is used up; nothing is left over."""

from __future__ import annotations

import datetime as dt
import json

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.accounts import change, entry, letters, passkeys, people, prove, throttle
from shop.accounts.current import SignedIn
from shop.accounts.entry import Wrong
from shop.accounts.letters import LinkOver
from shop.accounts.models import Account, AccountSession, Letter
from shop.accounts.throttle import Browser
from shop.checkout.models import Draft
from shop.context import Shop
from shop.identity import passkeys as webauthn
from shop.identity.passwords import Lane
from shop.limits import Rule
from shop.stores import all_stores
from tests.accounts.member import OTHER_PASSWORD, PASSWORD, Member, new_address
from tests.accounts.test_belongings import _owner, _paid_order
from tests.staff.authenticator import Device

pytestmark = pytest.mark.usefixtures("one_moment")

HERE = Browser("192.0.2.1", "Web", None, "ja", "req-test")
STYLE = all_stores()["style"]


def _who(member: Member) -> SignedIn:
    """The account and its newest session."""
    account = member.account()
    with member.shop.db.read() as session:
        query = select(AccountSession).where(AccountSession.account_id == account.id)
        return SignedIn(account, session.scalars(query.order_by(AccountSession.id.desc())).first())  # type: ignore[arg-type]  # there is one


# --- Links ---


def test_of_two_new_addresses_the_one_that_was_not_opened_counts_no_more(app: Flask, shop: Shop) -> None:
    member, first, second = Member(app).join(), new_address(), new_address()
    member.send("/account/email", {"email": first})
    older = member.link("email")
    member.send("/account/email", {"email": second})
    assert member.send(member.link("email")).status_code == 303
    assert member.send(older).status_code == 404
    assert second in member.get("/account").text


def test_a_new_password_ends_a_link_to_take_an_order_over(app: Flask, shop: Shop) -> None:
    order_id, token = _paid_order(shop, new_address())
    member = Member(app).join()
    member.send(f"/account/claim/{token}")
    link = member.link("claim")
    assert member.send("/account/password", {"password": OTHER_PASSWORD}).status_code == 303
    assert member.send(link).status_code == 404
    assert _owner(shop, order_id) is None


def test_an_order_that_one_account_took_is_not_taken_by_another(app: Flask, shop: Shop) -> None:
    order_id, token = _paid_order(shop, new_address())
    first, second = Member(app).join(), Member(app, remote="192.0.2.7").join()
    links = []
    for one in (first, second):
        one.send(f"/account/claim/{token}")
        links.append(one.link("claim"))
    assert first.send(links[0]).status_code == 303
    second.send(links[1])
    assert _owner(shop, order_id) == first.account().id


def test_a_link_for_an_address_that_was_left_changes_nothing(app: Flask, shop: Shop) -> None:
    """It was asked for at the moment of the change, so the change did not see it."""
    member, old = Member(app).join(), new_address()
    account = member.account()

    def work(session: Session) -> Letter:
        letter_id = letters.write(
            session,
            shop.vault,
            "style",
            letters.RESET,
            to=old,
            to_hash=shop.vault.lookup("style", "email", old),
            locale="ja",
            now=utcnow(),
            account_id=account.id,
        )
        return session.get_one(Letter, ("style", letter_id))

    letter = shop.db.write(work)
    token = letters.token_of(shop.settings.keys, letter)
    with pytest.raises(LinkOver):
        change.resettable(shop, "style", token, utcnow())
    assert member.newest("reset")["To"] == old, "and it goes where it was asked for"


def test_addresses_in_letters_are_forgotten_a_week_after(app: Flask, shop: Shop) -> None:
    member = Member(app).join()
    member.send("/account/reset", {"email": member.email})
    before = len(_letters(shop))
    now = utcnow()
    assert shop.db.write(lambda session: letters.sweep(session, now)) == 0
    week = now + letters.KEPT - dt.timedelta(minutes=1)
    assert shop.db.write(lambda session: letters.sweep(session, week)) == 0
    over = week + dt.timedelta(minutes=2)
    assert shop.db.write(lambda session: letters.sweep(session, over)) == before
    assert _letters(shop) == []


def _letters(shop: Shop) -> list[str]:
    with shop.db.read() as session:
        return list(session.scalars(select(Letter.kind)))


# --- Passwords and codes ---


def _changes_while_it_is_compared(shop: Shop, monkeypatch: pytest.MonkeyPatch, member: Member) -> None:
    """The password is right when it is looked at, and changed by another tab before the answer is there."""
    matches, account = shop.passwords.matches, member.account()

    def compared(kept: str | None, password: str, lane: Lane = Lane.ANYONE) -> bool:
        def change_it(session: Session) -> None:
            row = session.get_one(Account, ("style", account.id))
            people.write_password(shop.vault, row, shop.passwords.hash(OTHER_PASSWORD))

        shop.db.write(change_it)
        return matches(kept, password, lane)

    monkeypatch.setattr(shop.passwords, "matches", compared)


def test_a_password_that_is_changed_while_it_is_compared_opens_nothing(
    app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = Member(app).join()
    who = _who(member)
    _changes_while_it_is_compared(shop, monkeypatch, member)
    with pytest.raises(Wrong):
        prove.prove(shop, who, PASSWORD, "", HERE, utcnow())
    monkeypatch.undo()
    _put_back(shop, member)
    _changes_while_it_is_compared(shop, monkeypatch, member)
    with pytest.raises(Wrong):
        entry.sign_in(shop, "style", member.email, PASSWORD, HERE, utcnow())


def _put_back(shop: Shop, member: Member) -> None:
    account = member.account()

    def work(session: Session) -> None:
        row = session.get_one(Account, ("style", account.id))
        people.write_password(shop.vault, row, shop.passwords.hash(PASSWORD))

    shop.db.write(work)


def test_the_code_that_turned_the_factor_on_opens_nothing_and_a_half_session_ends_with_its_use(
    app: Flask, shop: Shop
) -> None:
    member = Member(app).join()
    member.send("/account/factor/start")
    page = member.get("/account/factor").text
    secret = page.split('<code class="account__secret">')[1].split("</code>")[0]
    code = pyotp.TOTP(secret).at(utcnow())
    recovery = member.send("/account/factor", {"code": code}).text.split("<li><code>")[1].split("</code>")[0]
    other = Member(app, remote="192.0.2.7")
    other.sign_in(member.email)
    assert other.send("/account/sign-in/code", {"code": code}).status_code == 422
    assert _half_sessions(shop) == 1
    assert other.send("/account/sign-in/code", {"code": recovery}).status_code == 303
    assert _half_sessions(shop) == 0


def _half_sessions(shop: Shop) -> int:
    with shop.db.read() as session:
        query = select(func.count()).where(AccountSession.stage == "factor")
        return session.scalar(query) or 0


@pytest.mark.parametrize(
    "rule", [throttle.BY_ADDRESS, throttle.BY_BROWSER, throttle.STEP, throttle.PROVE, throttle.LETTERS_FROM]
)
def test_an_account_of_ones_own_gives_no_new_tries_at_those_of_others(rule: Rule) -> None:
    assert not throttle.is_forgiven(rule)


def test_coming_in_forgives_no_network(app: Flask, shop: Shop) -> None:
    member = Member(app, remote="203.0.113.5").join()
    member.drop_cookies()
    uses = (throttle.BY_ADDRESS, "203.0.113.5")
    for _try in range(throttle.BY_ADDRESS.most - 1):
        shop.limits.hit(uses)
    assert member.sign_in().status_code == 303
    assert not shop.limits.peek(uses).allowed


# --- Passkeys ---


def _with_passkey(member: Member) -> Device:
    shop, who = member.shop, _who(member)
    device = Device(shop.settings.urls["style"], "style.localhost")
    asked = passkeys.ask_to_add(shop, STYLE, who, HERE)
    passkeys.add(shop, STYLE, who, device.create(json.loads(asked.options)), asked.challenge, HERE, utcnow())
    return device


def test_a_passkey_answers_once_and_proves_its_own_account_alone(app: Flask, shop: Shop) -> None:
    owner, other = Member(app).join(), Member(app, remote="192.0.2.7").join()
    device = _with_passkey(owner)
    asked = webauthn.ask_to_sign_in(passkeys.site_of(shop, STYLE))
    device.uses = -1  # as those that are kept in a cloud: they count no uses
    answer = device.get(json.loads(asked.options))
    assert passkeys.sign_in(shop, STYLE, answer, asked.challenge, HERE, utcnow()).token
    with pytest.raises(Wrong):
        passkeys.sign_in(shop, STYLE, answer, asked.challenge, HERE, utcnow())
    again = webauthn.ask_to_sign_in(passkeys.site_of(shop, STYLE))
    device.uses = -1
    answer = device.get(json.loads(again.options))
    with pytest.raises(Wrong):
        passkeys.prove(shop, STYLE, _who(other), answer, again.challenge, HERE, utcnow())


# --- Leaving ---


def test_who_leaves_leaves_no_address_in_the_basket(app: Flask, shop: Shop) -> None:
    member = Member(app).join()
    member.final_page()
    assert _drafts(shop) == 1
    member.prove()
    assert member.send("/account/data/delete", {"sure": "y"}).status_code == 303
    assert _drafts(shop) == 0


def _drafts(shop: Shop) -> int:
    with shop.db.read() as session:
        return session.scalar(select(func.count()).select_from(Draft)) or 0
