"""What was begun or proved before something changed opens nothing after it; what was used once is used up."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.context import Shop
from shop.identity.passwords import Busy
from shop.staff import lock, passwords, people, sessions, signing_in
from shop.staff.models import Failures, Member, MemberRole, Step
from shop.staff.own import Own
from shop.staff.rights import Role
from shop.staff.sealed import password_of
from shop.staff.signers import StaffSigners
from shop.staff.signing_in import NotSigned, Sender
from tests.staff.authenticator import Device
from tests.staff.desk import COMMAND, PASSWORD, STAFF, Desk, Person, audited, make_member

pytestmark = pytest.mark.usefixtures("one_moment")

NEW = "slow river 8 green barges"
HERE = Sender("192.0.2.1", "-", "-")


def _steps_of(shop: Shop, person: Person) -> int:
    with shop.db.read() as session:
        return len(session.scalars(select(Step).where(Step.member_id == person.id)).all())


def test_a_code_that_proved_who_one_is_signs_nobody_in(shop_app: Flask, shop: Shop) -> None:
    """Who looks over a shoulder at the proof has half a minute."""
    person, desk = make_member(shop, Role.OWNER), Desk(shop_app)
    desk.sign_in(shop, person, proved_at=utcnow() - sessions.FRESH)
    code = person.code()
    fields = {"password": PASSWORD, "code": code, "next": "/"}
    assert desk.post("/prove", fields, form_on="/prove?next=/").status_code == 303
    other = Desk(shop_app)
    other.password(person)
    assert other.code(code).status_code == 401


def test_the_right_code_opens_nothing_while_its_address_is_locked(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    assert desk.password(person).status_code == 303

    def lock_it(session: Session) -> None:
        hashed = session.get_one(Member, person.id).email_hash
        session.merge(Failures(email_hash=hashed, count=lock.MOST, last_at=utcnow()))

    shop.db.write(lock_it)
    assert desk.code(person.code()).status_code == 401
    assert desk.cookie() is None


def test_between_password_and_code_a_leaver_stays_out(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    assert desk.password(person).status_code == 303
    shop.db.write(lambda session: session.execute(update(Member).values(state="disabled")))
    assert desk.code(person.code()).status_code == 401
    assert desk.cookie() is None


def test_a_passkey_that_counts_no_uses_answers_a_challenge_once(shop_app: Flask, shop: Shop) -> None:
    """Those that are kept in a cloud always say nought, so their counter tells no copy."""
    person, desk, device = make_member(shop), Desk(shop_app), Device(STAFF)
    desk.sign_in(shop, person)
    desk.add_passkey(device)
    options, token = signing_in.ask_passkey(shop, HERE)
    device.uses = -1
    answer = device.get(json.loads(options))
    assert signing_in.try_passkey(shop, token, answer, HERE)
    with pytest.raises(NotSigned):
        signing_in.try_passkey(shop, token, answer, HERE)


def test_a_sign_in_that_was_half_done_ends_with_the_old_password(shop_app: Flask, shop: Shop) -> None:
    person, desk, thief = make_member(shop), Desk(shop_app), Desk(shop_app)
    desk.sign_in(shop, person)
    assert thief.password(person).status_code == 303
    desk.post("/security/password", {"present": PASSWORD, "password": NEW, "again": NEW})
    assert _steps_of(shop, person) == 0
    assert thief.code(person.code()).status_code == 401


def test_a_leaver_leaves_no_sign_in_half_done(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    make_member(shop, Role.OWNER)
    desk.password(person)
    shop.db.write(lambda session: people.disable(session, shop, person.id, by=COMMAND))
    assert _steps_of(shop, person) == 0


def test_a_session_that_was_ended_meanwhile_proves_and_changes_nothing(shop_app: Flask, shop: Shop) -> None:
    person = make_member(shop)
    session_id = Desk(shop_app).sign_in(shop, person)
    shop.db.write(lambda session: sessions.end_all(session, person.id))
    with pytest.raises(NotSigned):
        signing_in.prove_by_password(shop, person.id, session_id, PASSWORD, person.code(), HERE)
    with pytest.raises(NotSigned):
        passwords.change_password(shop, Own(person.id, session_id, HERE), PASSWORD, NEW)
    with shop.db.read() as session:
        kept = password_of(shop.vault, session.get_one(Member, person.id))
    assert shop.passwords.matches(kept, PASSWORD)
    assert not [row for row in audited(shop) if row[0] in {"staff.prove", "staff.password"}]


def test_a_role_that_stays_keeps_its_date_and_one_that_comes_back_does_not(shop: Shop) -> None:
    """By it goes who may sign what was asked for before."""
    person, now = make_member(shop, Role.SIGNER), utcnow()
    before = now - dt.timedelta(days=3)

    def earlier(session: Session) -> None:
        session.execute(update(MemberRole).where(MemberRole.member_id == person.id).values(granted_at=before))
        session.get_one(Member, person.id).active_since = before

    def since() -> dt.datetime | None:
        with shop.db.read() as session:
            return StaffSigners().may_sign_since(session, person.id, "payments.resume")

    def roles(*wanted: Role) -> None:
        shop.db.write(lambda session: people.set_roles(session, shop, person.id, wanted, by=COMMAND, now=now))

    shop.db.write(earlier)
    roles(Role.SIGNER, Role.SUPPORT)
    assert since() == before
    roles(Role.SUPPORT)
    assert since() is None
    roles(Role.SIGNER)
    assert since() == now


def test_a_try_that_was_not_compared_does_not_count(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a crowd at the sign-in would lock out who types the right password."""
    person = make_member(shop)

    def busy(*_given: object) -> bool:
        raise Busy

    monkeypatch.setattr(shop.passwords, "matches", busy)
    with pytest.raises(signing_in.NotNow):
        signing_in.try_password(shop, person.email, PASSWORD, HERE)
    with shop.db.read() as session:
        assert session.scalars(select(Failures.count)).all() == [0]
