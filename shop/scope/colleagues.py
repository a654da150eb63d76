"""Somebody who works here, made by the same functions as the pages, and their browser on the staff's host."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import pyotp
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from payments.columns import new_id, utcnow
from shop.audit.actor import Actor
from shop.context import Shop
from shop.identity import totp
from shop.identity.passwords import Passwords
from shop.scope.guest import Guest
from shop.settings import STAFF
from shop.staff import people, sessions
from shop.staff.access import cookie_name
from shop.staff.models import Link, Member, StaffSession
from shop.staff.rights import Role
from shop.staff.sealed import place

BY = Actor("command", "scope-verify")


@dataclass(frozen=True)
class Colleague:
    """A member who has joined: a password, and codes by time."""

    id: str
    email: str
    password: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def code(self) -> str:
        """What the authenticator app shows now."""
        return pyotp.TOTP(self.secret).at(utcnow())


def make_colleague(shop: Shop, *roles: Role) -> Colleague:
    """A member with these roles; with all of them unless told."""
    made = Colleague("", f"{new_id()}@example.jp", new_id() + new_id(), totp.new_secret())
    hashed = Passwords().hash(made.password)  # not of the shop's own allowance, which visitors share

    def work(session: Session) -> str:
        member, _token = people.invite(
            session, shop, name="試験", address=made.email, roles=roles or tuple(Role), by=BY, now=utcnow()
        )
        member.state, member.active_since = "active", utcnow()
        member.password = shop.vault.seal(place(member, "password"), hashed)
        member.totp = shop.vault.seal(place(member, "totp"), made.secret)
        session.execute(delete(Link).where(Link.member_id == member.id))
        return member.id

    return Colleague(shop.db.write(work), made.email, made.password, made.secret)


def staff_app(app: Flask) -> Flask:
    """The application behind the staff's host, for its map of addresses."""
    return cast(Flask, app.extensions["hitsuka_staff"])


def browser(app: Flask, who: Colleague | None = None, *, address: str = "127.0.0.1") -> Guest:
    """A profile on the staff's host, by way of the whole application; signed in a moment ago, if somebody's."""
    shop: Shop = app.extensions["hitsuka"]
    guest = Guest(app, shop, STAFF)
    guest.client.environ_base["REMOTE_ADDR"] = address
    if who is not None:
        set_session(guest, session_of(shop, who))
    return guest


def session_of(shop: Shop, who: Colleague) -> str:
    """A session's token."""

    def work(session: Session) -> str:
        return sessions.start(session, session.get_one(Member, who.id), "totp", "-", utcnow())

    return shop.db.write(work)


def set_session(guest: Guest, token: str) -> None:
    """Give the profile a session's cookie."""
    settings = guest.shop.settings
    host = urlsplit(settings.urls[STAFF]).hostname or ""
    name, secure = cookie_name(https=settings.https), settings.https
    guest.client.set_cookie(name, token, domain=host, secure=secure, httponly=True, samesite="Strict")


def type_password(guest: Guest, who: Colleague, password: str | None = None) -> TestResponse:
    """The first step of signing in."""
    return guest.fill("/sign-in", email=who.email, password=password or who.password)


def other_code(who: Colleague) -> str:
    """A code that is none now, nor half a minute before or after."""
    totp, now = pyotp.TOTP(who.secret), int(utcnow().timestamp()) // 30
    near = {totp.generate_otp(step) for step in range(now - 3, now + 4)}
    return next(code for code in (f"{number:06}" for number in range(10)) if code not in near)


def proved_at(shop: Shop, who: Colleague, then: dt.datetime) -> None:
    """Let the last proof of somebody's sessions be of that time."""
    query = update(StaffSession).where(StaffSession.member_id == who.id).values(proved_at=then)
    shop.db.write(lambda session: session.execute(query))


def is_in(guest: Guest) -> bool:
    """Whether the home page of the staff opens."""
    return guest.get("/").status_code == 200


def addresses(app: Flask, values: dict[str, str] | None = None) -> Iterator[tuple[str, str, Rule]]:
    """Method, address and rule of everything on the staff's host; `values` stand for its arguments."""
    known = {"store_id": "style", "kind": "join"} | (values or {})

    def fill(part: re.Match[str]) -> str:
        return known.get(part[1].rpartition(":")[2], "01" + "a" * 24)

    for rule in sorted(staff_app(app).url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, re.sub(r"<([^>]+)>", fill, rule.rule), rule


def every_answer(guest: Guest, values: dict[str, str]) -> Iterator[tuple[str, str, TestResponse]]:
    """Each address in both languages, posts without a token and from nowhere, and some where nothing is."""
    same = {"Sec-Fetch-Site": "same-origin"}
    for method, path, _rule in addresses(guest.app, values):
        for root in ("", "/en"):
            headers = [same] if method == "GET" else [same, {}]
            for each in headers:
                yield (
                    method,
                    root + path,
                    guest.client.open(root + path, method=method, base_url=guest.origin, headers=each),
                )
    for path in ("/not/there", "/orders/style/none", "/members/none", "/join/none"):
        yield "GET", path, guest.get(path)
    yield "DELETE", "/", guest.client.delete("/", base_url=guest.origin, headers=same)


def signing_in(app: Flask, who: Colleague) -> list[tuple[str, str, TestResponse]]:
    """The way in through the pages, each answer that sets a cookie; the last one opens a session."""
    guest = browser(app)
    type_password(guest, who)
    guest.fill("/sign-in/code", code=who.code)
    return guest.cookies
