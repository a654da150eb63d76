"""One-time links: joining, a forgotten password, a lost factor. Nothing opens with half of what is needed."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.context import Shop
from shop.staff import factors, joining, people
from shop.staff.models import Link, Member, MemberPasskey, Notice, RecoveryCode
from shop.staff.own import BadSecret, Done
from shop.staff.rights import Role
from tests.concurrency.together import together
from tests.staff.authenticator import Device
from tests.staff.desk import (
    COMMAND,
    PASSWORD,
    STAFF,
    Desk,
    Person,
    audited,
    make_member,
    setting_up,
    signed_in,
)

NEW = "slow river 9 green barges"


def _invited(shop: Shop, *roles: Role, email: str = "hanako@example.jp") -> str:
    """The path of an invitation."""

    def work(session: Session) -> str:
        _member, token = people.invite(
            session,
            shop,
            name="試験 花子",
            address=email,
            roles=roles or (Role.OWNER,),
            by=COMMAND,
            now=utcnow(),
        )
        return people.link_address(shop, token)

    return urlsplit(shop.db.write(work)).path


def _link(shop: Shop, person: Person, kind: str) -> str:
    def work(session: Session) -> str:
        return people.reset(session, shop, person.id, kind, by=COMMAND, now=utcnow())

    return f"/join/{shop.db.write(work)}"


def _member(shop: Shop) -> Member:
    with shop.db.read() as session:
        return session.scalars(select(Member)).one()


def _codes_in(page: str) -> list[str]:
    return [part.split("</code>")[0] for part in page.split("<li><code>")[1:]]


def test_an_invitation_leads_to_ones_own_password_and_factor_and_works_once(
    shop_app: Flask, shop: Shop
) -> None:
    path, desk = _invited(shop), Desk(shop_app)
    answer = desk.post(path, {"password": NEW, "again": NEW})
    assert answer.headers["Location"] == "/join/factor/setup"
    assert _member(shop).state == "invited"
    assert _member(shop).password is None
    assert desk.get("/join/factor/setup.svg").mimetype == "image/svg+xml"
    secret = setting_up(shop, desk)
    assert secret in desk.get("/join/factor/setup").text
    page = desk.post("/join/factor/code", {"code": pyotp.TOTP(secret).now()}, form_on="/join/factor/setup")
    assert page.status_code == 200
    codes = _codes_in(page.text)
    assert len(codes) == 10
    assert desk.get("/").status_code == 200
    assert _member(shop).state == "active"
    assert desk.get(path).status_code == 410
    assert ("staff.join", "done", "totp") in audited(shop)
    again = Desk(shop_app)
    again.password(Person("", "hanako@example.jp", secret, NEW))
    assert again.code(codes[0]).status_code == 303


def test_joining_by_a_passkey(shop_app: Flask, shop: Shop) -> None:
    desk, device = Desk(shop_app), Device(STAFF)
    desk.post(_invited(shop), {"password": NEW, "again": NEW})
    options = desk.options("/join/factor/options", "/join/factor/setup")
    answer = {"answer": device.create(options)}
    page = desk.post("/join/factor/passkey", answer, form_on="/join/factor/setup")
    assert page.status_code == 200
    assert Desk(shop_app).passkey(device).status_code == 303


@pytest.mark.parametrize(
    "password",
    [
        "short 4",
        "vq8xk2mzt6pwr4",
        "739104628507316",
        "vqhxkamztopwrdh",
        "password12345678",
        "hanako@example.jp1",
        "ab1ab1ab1ab1ab1ab1",
        "x1" * 600,
    ],
)
def test_a_weak_first_password_is_refused(shop_app: Flask, shop: Shop, password: str) -> None:
    desk = Desk(shop_app)
    answer = desk.post(_invited(shop), {"password": password, "again": password})
    assert answer.status_code == 400
    assert desk.cookie("staff-step") is None


def test_a_thousand_characters_are_taken_whole(shop_app: Flask, shop: Shop) -> None:
    person, long = make_member(shop), "".join(f"{number:x}q" for number in range(1000))[:1000]
    desk = Desk(shop_app)
    desk.post(_link(shop, person, "password"), {"password": long, "again": long})
    assert Desk(shop_app).password(person, long[:-1]).status_code == 401
    assert Desk(shop_app).password(person, long).status_code == 303


def test_a_wrong_code_does_not_join(shop_app: Flask, shop: Shop) -> None:
    desk = Desk(shop_app)
    desk.post(_invited(shop), {"password": NEW, "again": NEW})
    answer = desk.post("/join/factor/code", {"code": "000000"}, form_on="/join/factor/setup")
    assert answer.status_code == 400
    assert _member(shop).state == "invited"


def test_of_two_who_hold_the_link_one_joins_and_with_the_own_password(any_shop: Shop) -> None:
    from shop.staff.signing_in import Sender

    token = _invited(any_shop).rpartition("/")[2]
    sender = Sender("192.0.2.1", "-", "-")
    steps_and_codes = []
    for password in (NEW, "quiet harbour 7 red sails"):
        step = joining.use_link(any_shop, token, password, sender)
        code = pyotp.TOTP(factors.setup(any_shop, step, "join").secret).now()
        steps_and_codes.append((step, code))

    def join(step: str | None, code: str) -> Done | BadSecret:
        try:
            return joining.join_by_code(any_shop, step, code, sender)
        except BadSecret as bad:
            return bad

    results = together([partial(join, *one) for one in steps_and_codes])
    assert sorted(type(result).__name__ for result in results) == ["BadSecret", "Done"]
    with any_shop.db.read() as session:
        member = session.scalars(select(Member)).one()
        assert len(session.scalars(select(RecoveryCode)).all()) == 10
    winner = (NEW, "quiet harbour 7 red sails")[[type(result) for result in results].index(Done)]
    from shop.staff.sealed import password_of

    assert any_shop.passwords.matches(password_of(any_shop.vault, member), winner)


@pytest.mark.parametrize("fault", ["over", "newer", "made up", "not ascii", "leaver"])
def test_a_link_that_is_over_opens_nothing(shop_app: Flask, shop: Shop, fault: str) -> None:
    path, desk = _invited(shop), Desk(shop_app)
    if fault == "over":
        shop.db.write(lambda session: session.execute(update(Link).values(expires_at=utcnow())))
    if fault == "newer":
        member = _member(shop)
        newer = shop.db.write(
            lambda session: people.reset(session, shop, member.id, "join", by=COMMAND, now=utcnow())
        )
        assert f"/join/{newer}" != path
    if fault == "made up":
        path = f"/join/{'a' * 43}"
    if fault == "not ascii":
        path = "/join/鍵é"
    if fault == "leaver":
        make_member(shop, Role.OWNER)
        member_id = shop.db.write(lambda session: session.scalars(select(Link.member_id)).one())
        shop.db.write(lambda session: people.disable(session, shop, member_id, by=COMMAND))
    assert desk.get(path).status_code == 410
    assert desk.post(path, {"password": NEW, "again": NEW}, form_on="/sign-in").status_code == 410


def test_looking_at_a_link_uses_nothing_up(shop_app: Flask, shop: Shop) -> None:
    """Mail scanners open links."""
    path = _invited(shop)
    for _number in range(3):
        assert Desk(shop_app).get(path).status_code == 200


def test_a_new_password_by_link_does_not_pass_the_second_factor(shop_app: Flask, shop: Shop) -> None:
    person = make_member(shop)
    old = Desk(shop_app)
    old.sign_in(shop, person)
    desk = Desk(shop_app)
    answer = desk.post(_link(shop, person, "password"), {"password": NEW, "again": NEW})
    assert answer.headers["Location"] == "/sign-in"
    assert desk.cookie() is None
    assert old.get("/").status_code == 303  # every session ended
    assert Desk(shop_app).password(person).status_code == 401
    assert desk.password(person, NEW).status_code == 303
    assert desk.get("/").status_code == 303


def test_a_lost_factor_by_link_asks_for_the_password(shop_app: Flask, shop: Shop) -> None:
    person, desk, device = make_member(shop), Desk(shop_app), Device(STAFF)
    own = Desk(shop_app)
    own.sign_in(shop, person)
    own.add_passkey(device)
    path = _link(shop, person, "factor")
    assert desk.post(path, {"password": "not the teacup 4 at all"}).status_code == 400
    assert desk.post(path, {"password": PASSWORD}).headers["Location"] == "/join/factor/setup"
    secret = setting_up(shop, desk)
    desk.post("/join/factor/code", {"code": pyotp.TOTP(secret).now()}, form_on="/join/factor/setup")
    assert desk.get("/").status_code == 200
    assert Desk(shop_app).passkey(device).status_code == 401  # the lost ones are gone
    assert own.get("/").status_code == 303
    with shop.db.read() as session:
        assert session.scalars(select(MemberPasskey)).all() == []


def test_two_resets_differ_and_the_older_one_is_dead(shop_app: Flask, shop: Shop) -> None:
    person = make_member(shop)
    first, second = _link(shop, person, "password"), _link(shop, person, "password")
    assert first != second
    assert Desk(shop_app).get(first).status_code == 410
    assert Desk(shop_app).get(second).status_code == 200


# --- Changing one's own ---


def test_none_of_the_last_four_passwords_comes_back(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    desk.sign_in(shop, person)
    used = [PASSWORD]
    for number in range(4):
        new = f"slow river {number} green barges"
        fields = {"present": used[-1], "password": new, "again": new}
        assert desk.post("/security/password", fields).status_code == 303
        used.append(new)
    for old in used[1:]:
        fields = {"present": used[-1], "password": old, "again": old}
        assert desk.post("/security/password", fields).status_code == 400, old
    fields = {"present": used[-1], "password": used[0], "again": used[0]}
    assert desk.post("/security/password", fields).status_code == 303


def test_a_new_password_wants_the_present_one(shop_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop)
    fields = {"present": "not the teacup 4 at all", "password": NEW, "again": NEW}
    assert desk.post("/security/password", fields).status_code == 400


@pytest.mark.parametrize("change", ["password", "passkey", "totp", "codes"])
def test_a_change_ends_other_sessions_renews_this_one_and_is_told(
    shop_app: Flask, shop: Shop, change: str
) -> None:
    person, desk, other = make_member(shop), Desk(shop_app), Desk(shop_app)
    desk.sign_in(shop, person)
    other.sign_in(shop, person)
    before = desk.cookie() or ""
    if change == "password":
        desk.post("/security/password", {"present": PASSWORD, "password": NEW, "again": NEW})
    if change == "passkey":
        desk.add_passkey(Device(STAFF))
    if change == "totp":
        desk.post("/security/totp/begin", form_on="/security")
        secret = setting_up(shop, desk, "totp")
        assert desk.post("/security/totp", {"code": pyotp.TOTP(secret).now()}).status_code == 303
    if change == "codes":
        assert len(_codes_in(desk.post("/security/codes", form_on="/security").text)) == 10
    assert desk.cookie() != before
    assert desk.get("/").status_code == 200
    assert other.get("/").status_code == 303
    old = Desk(shop_app)
    old.set_token(before)
    assert old.get("/").status_code == 303
    with shop.db.read() as session:
        topics = session.scalars(select(Notice.topic).where(Notice.member_id == person.id)).all()
    assert set(topics) & {"password_changed", "factor_changed"}


def test_the_last_factor_stays(shop_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop)
    assert desk.post("/security/totp/remove", form_on="/security").status_code == 400
    desk.add_passkey(Device(STAFF))
    assert desk.post("/security/totp/remove", form_on="/security").status_code == 303
    with shop.db.read() as session:
        key = session.scalars(select(MemberPasskey.id)).one()
    assert desk.post(f"/security/passkeys/{key}/remove", form_on="/security").status_code == 400


def test_a_colleagues_passkey_and_session_are_not_there(shop_app: Flask, shop: Shop) -> None:
    theirs, desk = signed_in(shop_app, shop), signed_in(shop_app, shop)
    theirs.add_passkey(Device(STAFF))
    with shop.db.read() as session:
        key = session.scalars(select(MemberPasskey)).one()
    assert desk.post(f"/security/passkeys/{key.id}/remove", form_on="/security").status_code == 400
    person = make_member(shop)
    other = Desk(shop_app)
    session_id = other.sign_in(shop, person)
    desk.post(f"/security/sessions/{session_id}/end", form_on="/security")
    assert other.get("/").status_code == 200


def test_ones_own_sessions_are_listed_and_ended(shop_app: Flask, shop: Shop) -> None:
    person, desk, other, third = make_member(shop), Desk(shop_app), Desk(shop_app), Desk(shop_app)
    desk.sign_in(shop, person)
    session_id = other.sign_in(shop, person)
    third.sign_in(shop, person)
    assert desk.get("/security").text.count("Chrome, Linux") == 3
    desk.post(f"/security/sessions/{session_id}/end", form_on="/security")
    assert other.get("/").status_code == 303
    assert third.get("/").status_code == 200
    desk.post("/security/sessions/end-others", form_on="/security")
    assert third.get("/").status_code == 303
    assert desk.get("/").status_code == 200


# --- Proving again ---


@pytest.mark.parametrize("way", ["code", "passkey", "wrong password", "wrong code", "colleague"])
def test_proving_again(shop_app: Flask, shop: Shop, way: str) -> None:
    from shop.staff import sessions

    person, desk, device = make_member(shop, Role.OWNER), Desk(shop_app), Device(STAFF)
    first = Desk(shop_app)
    first.sign_in(shop, make_member(shop) if way == "colleague" else person)
    first.add_passkey(device)
    desk.sign_in(shop, person, proved_at=utcnow() - sessions.FRESH)
    assert desk.get("/members/invite").headers["Location"] == "/prove?next=/members/invite"
    page, before = "/prove?next=/members/invite", desk.cookie()
    if way in {"passkey", "colleague"}:
        answer = desk.passkey(device, "/prove/passkey", page)
    else:
        password = "not the teacup 4 at all" if way == "wrong password" else PASSWORD
        code = "000000" if way == "wrong code" else person.code()
        fields = {"password": password, "code": code, "next": "/members/invite"}
        answer = desk.post("/prove", fields, form_on=page)
    good = way in {"code", "passkey"}
    assert (desk.cookie() != before) == good
    assert answer.status_code == (303 if good else 401)
    assert desk.get("/members/invite").status_code == (200 if good else 303)
