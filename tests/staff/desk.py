"""Members and their browsers for tests: a member with roles, signed in or not, and what pages and forms need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from payments.columns import utcnow
from shop.audit.actor import Actor
from shop.context import Shop
from shop.identity import totp
from shop.identity.passwords import Passwords
from shop.staff import people, sessions
from shop.staff.models import FormerPassword, Link, Member, Step
from shop.staff.rights import Role
from shop.staff.sealed import place, totp_of
from tests.shop.buyer import hidden_field
from tests.staff.authenticator import Device

STAFF = "http://staff.localhost:8000"
PASSWORD = "teacup 4 windy mornings"
COMMAND = Actor("command", "uid-0")


@dataclass
class Person:
    """A member as a test knows them."""

    id: str
    email: str
    secret: str
    password: str = PASSWORD

    def code(self, *, later: int = 0) -> str:
        """The code that the app shows now, or so many steps of 30 seconds later."""
        return pyotp.TOTP(self.secret).at(utcnow() + dt.timedelta(seconds=30 * later))


def make_member(
    shop: Shop, *roles: Role, email: str = "", name: str = "試験 花子", state: str = "active"
) -> Person:
    """A member who has joined: a password, codes by time, no passkey."""
    number = totp.new_secret()[:10].lower()
    address, secret = email or f"member.{number}@example.jp", totp.new_secret()
    hashed = _hashed()

    def work(session: Session) -> str:
        chosen = roles or (Role.SUPPORT,)
        member, _token = people.invite(
            session, shop, name=name, address=address, roles=chosen, by=COMMAND, now=utcnow()
        )
        member.state, member.active_since = state, utcnow() if state == "active" else None
        member.password = shop.vault.seal(place(member, "password"), hashed)
        member.totp = shop.vault.seal(place(member, "totp"), secret)
        former = FormerPassword(id=member.id, member_id=member.id)
        former.password = shop.vault.seal(place(former, "password"), hashed)
        session.add(former)
        session.query(Link).filter_by(member_id=member.id).delete()
        return member.id

    return Person(shop.db.write(work), address, secret)


@cache
def _hashed() -> str:
    """PASSWORD as the shop keeps it. The price is meant to be felt, but once a process."""
    return Passwords().hash(PASSWORD)


class Desk:
    """One browser on the staff's host."""

    def __init__(self, app: Flask, *, root: str = "", address: str = "127.0.0.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        self.client.environ_base["REMOTE_ADDR"] = address
        self.root = root

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(self.root + path, base_url=STAFF, headers=_named(headers))

    def post(
        self, path: str, fields: dict[str, Any] | None = None, *, form_on: str | None = None, **headers: str
    ) -> TestResponse:
        """Post with the token of the page that holds the form (`path` itself unless told)."""
        token = hidden_field(self.get(form_on or path).text, "csrf_token")
        return self.post_bare(path, {"csrf_token": token} | (fields or {}), **headers)

    def post_bare(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        return self.client.post(self.root + path, data=fields or {}, base_url=STAFF, headers=_named(headers))

    def sign_in(self, shop: Shop, person: Person, *, proved_at: dt.datetime | None = None) -> str:
        """Signed in without the way through the pages; the session's id."""
        now = utcnow()

        def work(session: Session) -> tuple[str, str]:
            member = session.get_one(Member, person.id)
            token = sessions.start(session, member, "totp", "Chrome, Linux", now)
            session.flush()
            found = sessions.find(session, token, now)
            assert found is not None
            if proved_at is not None:
                found[0].proved_at = proved_at
            return token, found[0].id

        token, session_id = shop.db.write(work)
        self.set_token(token)
        return session_id

    def set_token(self, token: str, name: str = "staff") -> None:
        self.client.set_cookie(name, token, domain="staff.localhost")

    def cookie(self, name: str = "staff") -> str | None:
        found = self.client.get_cookie(name, domain="staff.localhost")
        return found.value if found else None

    def password(self, person: Person, password: str | None = None) -> TestResponse:
        """The first step of signing in."""
        return self.post("/sign-in", {"email": person.email, "password": password or person.password})

    def code(self, code: str) -> TestResponse:
        """The second one."""
        return self.post("/sign-in/code", {"code": code})

    def add_passkey(self, device: Device) -> TestResponse:
        """Register a device; the browser is signed in and has proved a moment ago."""
        page = "/security/passkeys/new"
        answer = device.create(self.options("/security/passkeys/options", page))
        return self.post("/security/passkeys", {"answer": answer}, form_on=page)

    def passkey(self, device: Device, path: str = "/sign-in/passkey", page: str = "/sign-in") -> TestResponse:
        """Sign in, or prove, by a device."""
        return self.post(path, {"answer": device.get(self.options("/passkey/options", page))}, form_on=page)

    def options(self, path: str, page: str) -> dict[str, Any]:
        """What the browser's script gets for a ceremony."""
        token = hidden_field(self.get(page).text, "csrf_token")
        answer = self.client.post(self.root + path, base_url=STAFF, headers={"X-CSRFToken": token})
        assert answer.status_code == 200, answer.text
        options: dict[str, Any] = answer.get_json()
        return options


def signed_in(app: Flask, shop: Shop, *roles: Role) -> Desk:
    """A browser of a new member with these roles, signed in a moment ago."""
    desk = Desk(app)
    desk.sign_in(shop, make_member(shop, *roles))
    return desk


def setting_up(shop: Shop, desk: Desk, kind: str = "join") -> str:
    """The secret that this browser is setting up."""
    from shop.staff import steps

    with shop.db.read() as session:
        step: Step | None = steps.peek(session, desk.cookie("staff-step"), kind, utcnow())
    assert step is not None
    secret = totp_of(shop.vault, step)
    assert secret is not None
    return secret


def audited(shop: Shop) -> Sequence[tuple[str, str, str]]:
    """Action, outcome and fields of every audit row, in order."""
    from sqlalchemy import select

    from shop.audit.models import AuditEntry

    with shop.db.read() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    return [(row.action, row.outcome, row.fields) for row in rows]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
