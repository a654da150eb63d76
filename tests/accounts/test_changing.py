"""Changes of an account: who one is is asked again, links die, sessions end, the person is told."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from payments.columns import utcnow
from shop.accounts import known, throttle
from shop.accounts.letters import RESET_LASTS
from shop.accounts.models import Account, AccountDevice, AccountSession, Letter
from shop.accounts.sessions import PROOF_LASTS
from shop.audit.models import AuditEntry
from shop.context import Shop
from shop.identity import totp
from shop.identity.tokens import token_hash
from tests.accounts.member import (
    OTHER_PASSWORD,
    PASSWORD,
    Member,
    factor_on,
    kinds,
    new_address,
    text_of,
)
from tests.concurrency.together import together
from tests.shop.buyer import CONTACT, hidden_field

pytestmark = pytest.mark.usefixtures("one_moment")

CHANGES = [
    ("/account/profile", {}),
    ("/account/password", {"password": OTHER_PASSWORD}),
    ("/account/email", {"email": "new@example.jp"}),
    ("/account/addresses/new", {}),
    ("/account/addresses/remove", {"id": "x"}),
    ("/account/factor/start", {}),
    ("/account/factor", {"code": "123456"}),
    ("/account/factor/off", {}),
    ("/account/factor/codes", {}),
    ("/account/passkeys/options", {}),
    ("/account/passkeys", {"answer": "{}"}),
    ("/account/passkeys/remove", {"id": "x"}),
    ("/account/data/export", {}),
    ("/account/data/delete", {"sure": "y"}),
]


def _later(shop: Shop) -> None:
    """The proof of who one is grows old."""
    old = utcnow() - PROOF_LASTS - dt.timedelta(seconds=1)
    shop.db.write(lambda session: session.execute(update(AccountSession).values(proved_at=old)))


def _code(shop: Shop, account: Account) -> str:
    """The code that the account's authenticator shows now."""
    from shop.vault import Place, Purpose

    assert account.totp is not None
    place = Place(account.store_id, "account", "totp", account.id)
    secret = shop.vault.open_personal(place, account.totp, purpose=Purpose.SIGN_IN)
    return pyotp.TOTP(secret).at(utcnow())


# --- Proving again ---


LONG_FORMS = {
    "/account/profile": {"family_name": "新", "given_name": "名<b>", "phone": "03-1234-5678"},
    "/account/addresses/new": CONTACT | {"building": "  3階　A "},
}


@pytest.mark.parametrize("path", LONG_FORMS)
@pytest.mark.parametrize("ended", ["proof", "session"])
def test_what_was_typed_for_too_long_comes_back_and_goes_out_after_the_proof(
    app: Flask, shop: Shop, path: str, ended: str
) -> None:
    member, before = Member(app).join(), LONG_FORMS[path]
    if ended == "proof":
        _later(shop)
    else:
        member.client.delete_cookie("account", domain=f"{member.store_id}.localhost")
    late = member.send(path, before)
    assert late.status_code == 401
    assert "名<b>" not in late.text
    step = "/account/prove" if ended == "proof" else "/account/sign-in"
    assert f'href="{step}?next=/account" target="_blank"' in late.text
    fields = {name: hidden_field(late.text, name) for name in before}
    assert fields == before
    done = member.prove() if ended == "proof" else member.sign_in()
    assert done.status_code == 303
    answer = member.send(path, fields)
    assert (answer.status_code, "prove" in answer.headers["Location"]) == (303, False)


@pytest.mark.parametrize(("path", "fields"), CHANGES, ids=[path for path, _fields in CHANGES])
def test_no_change_without_proving_again_who_one_is(
    app: Flask, shop: Shop, path: str, fields: dict[str, str]
) -> None:
    member = Member(app).join()
    before = kinds(shop)
    _later(shop)
    answer = member.send(path, fields)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/account/prove?next=/account")
    assert kinds(shop) == before
    assert member.is_in()


def test_proving_again_opens_the_change_for_a_while(member: Member, shop: Shop) -> None:
    _later(shop)
    there = member.get("/account/password").headers["Location"]
    assert member.prove(OTHER_PASSWORD).status_code == 422
    assert member.get("/account/password").status_code == 303
    assert member.send(there, {"password": PASSWORD, "next": "/account/password"}).headers["Location"] == (
        "/account/password"
    )
    assert member.get("/account/password").status_code == 200


def test_proving_is_limited_by_session(member: Member, app: Flask, shop: Shop) -> None:
    second = Member(app, remote="192.0.2.7")
    second.sign_in(member.email)
    answers = [member.prove(OTHER_PASSWORD).status_code for _try in range(throttle.PROVE.most + 1)]
    assert answers == [422] * throttle.PROVE.most + [429]
    assert second.prove().status_code == 303


# --- Password ---


def test_a_new_password_ends_other_sessions_and_older_links(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    other = Member(both_app, remote="192.0.2.7")
    other.sign_in(member.email)
    other.send("/account/reset", {"email": member.email})
    link = other.link("reset")
    assert member.send("/account/password", {"password": OTHER_PASSWORD}).status_code == 303
    assert member.is_in()
    assert not other.is_in()
    assert other.get(link).status_code == 404
    assert kinds(both_shop)[-1] == "notice_password"
    assert other.sign_in(member.email).status_code == 422
    assert other.sign_in(member.email, OTHER_PASSWORD).status_code == 303


def test_a_password_is_never_shown_logged_or_stored(
    member: Member, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    member.send("/account/password", {"password": OTHER_PASSWORD})
    with shop.db.read() as session:
        account = session.scalars(select(Account)).one()
    assert b"argon2" not in account.password  # a dump holds no hash to guess at either
    assert OTHER_PASSWORD not in caplog.text
    assert OTHER_PASSWORD not in text_of(member.newest())


# --- Reset ---


def test_a_reset_link_works_once_and_signs_nobody_in(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    owner = Member(both_app, remote="192.0.2.7")
    owner.send("/account/reset", {"email": member.email})
    link = owner.link("reset")
    for _look in range(2):
        assert owner.get(link).status_code == 200
    assert owner.send(link, {"password": OTHER_PASSWORD}).headers["Location"] == "/account/sign-in"
    assert not owner.is_in()
    assert not member.is_in()
    again = owner.send(link, {"password": PASSWORD})
    assert again.status_code == 404
    assert "このリンクは使えません" in again.text
    assert member.email not in again.text
    assert kinds(both_shop)[-1] == "notice_password"


def test_a_link_goes_to_the_address_as_its_owner_writes_it(app: Flask) -> None:
    """Other capitals find the account, and may be somebody else's mailbox."""
    member = Member(app).join()
    for path, kind in (("/account/reset", "reset"), ("/account/join", "exists")):
        Member(app, remote="203.0.113.9").send(path, {"email": member.email.replace("member", "MEMBER")})
        assert member.newest(kind)["To"] == member.email


def test_a_new_password_makes_other_browsers_strangers(app: Flask, shop: Shop) -> None:
    member = Member(app).join()
    other = Member(app, remote="192.0.2.7")
    assert other.sign_in(member.email).status_code == 303
    member.prove()
    assert member.send("/account/password", {"password": OTHER_PASSWORD}).status_code == 303
    with shop.db.read() as session:
        [kept] = session.scalars(select(AccountDevice)).all()
    cookie = known.token_in(shop.settings.keys, "style", member.cookie("device") or "")
    assert kept.token_hash == token_hash(cookie or "")


def test_a_link_used_twice_at_once_changes_once(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    member.send("/account/reset", {"email": member.email})
    link = member.link("reset")
    people = [Member(both_app, remote=f"192.0.2.{n}") for n in (7, 8)]
    words = ["first password of two", "second password of two"]
    for one in people:
        one.get("/account/join")
    works = [
        lambda one=one, word=word: one.send(link, {"password": word}).status_code
        for one, word in zip(people, words, strict=True)
    ]
    assert sorted(together(works)) == [303, 404]


@pytest.mark.parametrize("what", ["age", "email", "deleted", "other store"])
def test_a_reset_link_dies(app: Flask, shop: Shop, what: str) -> None:
    member = Member(app).join()
    stranger = Member(app, remote="192.0.2.7")
    stranger.send("/account/reset", {"email": member.email})
    link = stranger.link("reset")
    assert stranger.get(link).status_code == 200
    if what == "age":
        before = utcnow() - RESET_LASTS
        old = update(Letter).where(Letter.kind == "reset")
        shop.db.write(
            lambda session: session.execute(old.values(created_at=before, ends_at=before + RESET_LASTS))
        )
    elif what == "email":
        member.send("/account/email", {"email": new_address()})
        assert member.send(member.link("email")).status_code == 303
    elif what == "deleted":
        assert member.send("/account/data/delete", {"sure": "y"}).status_code == 303
    else:
        stranger = Member(app, "cocomo")
    answer = stranger.get(link)
    assert answer.status_code == 404
    assert member.email not in answer.text
    assert stranger.send(link, {"password": OTHER_PASSWORD}).status_code == 404


def test_a_reset_does_not_weaken_the_second_factor(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    codes = factor_on(member)
    thief = Member(both_app, remote="192.0.2.66")
    thief.send("/account/reset", {"email": member.email})
    link = thief.link("reset")
    for code in ("", "000000", "k7m2q-9xw4t-c3hvn"):
        assert thief.send(link, {"password": OTHER_PASSWORD, "code": code}).status_code == 422
    assert member.is_in()
    assert thief.sign_in(member.email, OTHER_PASSWORD).status_code == 422
    assert thief.send(link, {"password": OTHER_PASSWORD, "code": codes[0]}).status_code == 303
    half = thief.sign_in(member.email, OTHER_PASSWORD)
    assert half.headers["Location"] == "/account/sign-in/code"
    assert not thief.is_in()


# --- Second factor ---


def test_a_password_alone_opens_nothing_with_the_factor_on(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    factor_on(member)
    assert kinds(both_shop)[-1] == "notice_factor_on"
    other = Member(both_app, remote="192.0.2.7")
    assert other.sign_in(member.email).headers["Location"] == "/account/sign-in/code"
    half = other.cookie()
    for path in ("/account", "/account/orders", "/account/security", "/account/prove"):
        assert other.get(path).status_code == 303, path
    assert other.send("/account/sign-in/code", {"code": "000000"}).status_code == 422
    code = _code(both_shop, member.account())
    assert other.send("/account/sign-in/code", {"code": code}).status_code == 303
    assert other.is_in()
    assert other.cookie() != half
    third = Member(both_app, remote="192.0.2.8")
    third.sign_in(member.email)
    assert third.send("/account/sign-in/code", {"code": code}).status_code == 422  # each code counts once


def test_a_code_is_taken_once_by_two_at_once(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    codes = factor_on(member)
    people = [Member(both_app, remote=f"192.0.2.{n}") for n in (7, 8)]
    for one in people:
        one.sign_in(member.email)
        one.get("/account/join")
    works = [
        lambda one=one: one.send("/account/sign-in/code", {"code": codes[0]}).status_code for one in people
    ]
    assert sorted(together(works)) == [303, 422]


def test_codes_can_not_be_guessed(member: Member, app: Flask, shop: Shop) -> None:
    factor_on(member)
    thief = Member(app, remote="192.0.2.66")
    answers = []
    for _try in range(throttle.FACTOR.most + 1):
        thief.sign_in(member.email)
        answers.append(thief.send("/account/sign-in/code", {"code": "000000"}).status_code)
    assert answers == [422] * throttle.FACTOR.most + [429]
    owner = Member(app, remote="192.0.2.7")
    owner.sign_in(member.email)
    code = _code(shop, member.account())
    assert owner.send("/account/sign-in/code", {"code": code}).status_code == 303


def test_proving_wants_the_code_too(member: Member, shop: Shop) -> None:
    factor_on(member)
    _later(shop)
    assert member.prove().status_code == 422
    code = _code(shop, member.account())
    full_width = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert member.send("/account/prove", {"password": PASSWORD, "code": full_width}).status_code == 303


def test_the_factor_can_be_turned_off_and_its_codes_end(member: Member, app: Flask, shop: Shop) -> None:
    codes = factor_on(member)
    fresh = member.send("/account/factor/codes").text
    assert codes[0] not in fresh
    assert member.send("/account/factor/off").status_code == 303
    assert kinds(shop)[-2:] == ["notice_codes", "notice_factor_off"]
    other = Member(app, remote="192.0.2.7")
    assert other.sign_in(member.email).headers["Location"] == "/account"


def test_the_picture_of_the_secret_is_for_its_person_alone(member: Member, app: Flask) -> None:
    assert member.get("/account/factor.svg").status_code == 404
    member.send("/account/factor/start")
    picture = member.get("/account/factor.svg")
    assert picture.mimetype == "image/svg+xml"
    assert picture.headers["Cache-Control"] == "no-store"
    assert "style=" not in picture.text
    assert Member(app).get("/account/factor.svg").status_code == 303


# --- Mail address ---


def test_a_new_address_counts_once_its_link_is_opened(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    other = Member(both_app, remote="192.0.2.7")
    other.sign_in(member.email)
    new, old = new_address(), member.email
    member.send("/account/email", {"email": new})
    link = member.link("email")
    assert member.newest("email")["To"] == new
    assert old in member.get("/account").text
    stranger = Member(both_app, remote="192.0.2.8").join()
    assert stranger.get(link).status_code == 404
    assert stranger.send(link).status_code == 404
    assert Member(both_app).get(link).status_code == 303  # sign in first
    assert member.send(link).status_code == 303
    assert new in member.get("/account").text
    assert not other.is_in()
    assert {"notice_email", "notice_email_new"} <= set(kinds(both_shop))
    told = {
        str(mail["To"]): text_of(mail)
        for mail in (member.newest("notice_email"), member.newest("notice_email_new"))
    }
    assert set(told) == {old, new}
    member.drop_cookies()
    assert member.sign_in(old).status_code == 422
    assert member.sign_in(new).status_code == 303


def test_an_address_that_somebody_has_is_not_told(app: Flask, shop: Shop) -> None:
    member, other = Member(app).join(), Member(app, remote="192.0.2.7").join()
    free = member.send("/account/email", {"email": new_address()})
    taken = member.send("/account/email", {"email": other.email})
    assert (free.status_code, free.headers["Location"]) == (taken.status_code, taken.headers["Location"])
    assert kinds(shop)[-2:] == ["email", "exists"]


def test_an_address_taken_meanwhile_is_a_calm_page(app: Flask, shop: Shop) -> None:
    member, email = Member(app).join(), new_address()
    member.send("/account/email", {"email": email})
    link = member.link("email")
    Member(app, remote="192.0.2.7").join(email)
    assert member.send(link).status_code == 404
    assert member.is_in()


# --- Sessions ---


def test_sessions_are_listed_and_ended_one_by_one(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    others = [Member(both_app, remote=f"192.0.2.{n}") for n in (7, 8)]
    for one, agent in zip(
        others, ("Mozilla/5.0 (Android 14) Firefox/130.0", "<script>x</script>"), strict=True
    ):
        one.client.environ_base["HTTP_USER_AGENT"] = agent
        one.sign_in(member.email)
    page = member.get("/account/security").text
    assert "Firefox / Android" in page
    assert "<script>x" not in page
    with both_shop.db.read() as session:
        ids = {one.device: one.id for one in session.scalars(select(AccountSession))}
    member.send("/account/sessions/end", {"id": ids["Firefox / Android"]})
    assert [one.is_in() for one in (member, *others)] == [True, False, True]
    stranger = Member(both_app, remote="192.0.2.9").join()
    stranger.send("/account/sessions/end", {"id": ids["Web"]})
    assert others[1].is_in()
    member.send("/account/sessions/end", {"others": "1"})
    assert [one.is_in() for one in (member, *others)] == [True, False, False]


# --- Profile and trail ---


def test_name_kana_and_phone_are_kept_and_found_by_hash(both_app: Flask, both_shop: Shop) -> None:
    from shop.accounts.lookup import kana_hash, phone_hash

    member = Member(both_app).join()
    fields = {"family_name": "試験", "given_name": "葉", "kana": "しけん　よう", "phone": "０９０-1234-5678"}
    assert member.send("/account/profile", fields).status_code == 303
    account = member.account()
    vault = both_shop.vault
    assert account.phone_hash == phone_hash(vault, "style", "+81 90 1234 5678")
    assert account.kana_hash == kana_hash(vault, "style", "シケンヨウ")
    assert account.kana_hash != kana_hash(vault, "cocomo", "シケンヨウ")
    page = member.get("/account/profile").text
    assert "シケン ヨウ" in page
    assert "090-1234-5678" in page
    assert kinds(both_shop)[-1] == "notice_profile"


@pytest.mark.parametrize(
    ("field", "value"),
    [("kana", "漢字"), ("phone", "12"), ("family_name", "\u202eevil"), ("family_name", "x" * 41)],
)
def test_what_is_no_name_kana_or_phone_is_refused(member: Member, field: str, value: str) -> None:
    fields = {"family_name": "試", "given_name": "験"} | {field: value}
    answer = member.send("/account/profile", fields)
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 1


def test_every_change_has_its_row_in_the_audit_chain(member: Member, shop: Shop) -> None:
    member.send("/account/profile", {"family_name": "新", "given_name": "名"})
    member.send("/account/password", {"password": OTHER_PASSWORD})
    account_id = member.account().id
    member.send("/account/data/export")
    member.send("/account/data/delete", {"sure": "y"})
    with shop.db.read() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    ours = [row for row in rows if row.action.startswith("account.")]
    assert [row.action for row in ours] == [
        "account.join",
        "account.profile",
        "account.password",
        "account.export",
        "account.delete",
    ]
    assert {(row.actor_kind, row.actor_id) for row in ours} == {("shopper", account_id)}
    assert {row.subject for row in ours} == {f"account/style/{account_id}"}


def test_a_secret_has_160_bits_and_leaves_no_trace_before_it_counts(member: Member, shop: Shop) -> None:
    assert len(totp.new_secret()) == 32
    member.send("/account/factor/start")
    assert member.account().totp is None
