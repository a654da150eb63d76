"""E11: joining, signing in and changing a shopper's account, as a stranger with a list of passwords would try it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from werkzeug.test import TestResponse

from payments.columns import new_id, utcnow
from shop.accounts import letters
from shop.accounts.models import AccountSession
from shop.scope.fresh import fresh_desk
from shop.scope.guest import Guest
from shop.scope.lab import Desk, Lab
from shop.scope.members import letter_to
from shop.scope.result import Notes

STORE = "style"
GUESSES = 20
"""More wrong passwords in a row than anybody needs; the guideline speaks of ten."""
_WEAK = ("short-1", "password1234", "aaaaaaaaaaaa", "")
_LONG_AGO = dt.timedelta(days=1)


@dataclass
class _Member:
    """A browser that joined, and what it knows."""

    guest: Guest
    email: str
    password: str


def look(lab: Lab, notes: Notes) -> None:
    """On an installation of its own, for accounts are made, tried and locked."""
    with fresh_desk(lab) as desk:
        member = _join(desk, notes)
        _tells_nobody(desk, member, notes)
        _guessing(desk, member, notes)
        _weak_passwords(desk, notes)
        _sessions(desk, member, notes)
        _changes(desk, member, notes)


def _from(desk: Desk, address: str) -> Guest:
    guest = Guest(desk.app, desk.shop, STORE)
    guest.client.environ_base["REMOTE_ADDR"] = address
    return guest


def _join(desk: Desk, notes: Notes) -> _Member:
    email, password, guest = f"{new_id()}@example.jp", new_id() + new_id(), _from(desk, "192.0.2.1")
    answer = _answer_invitation(desk, guest, email, password)
    notes.control(answer.status_code == 303 and _is_in(guest), "an honest person cannot join")
    return _Member(guest, email, password)


def _answer_invitation(desk: Desk, guest: Guest, email: str, password: str) -> TestResponse:
    token = letter_to(desk.shop, STORE, letters.JOIN, email)
    form = guest.form(f"/account/join/{token}", f"/account/join/{token}")
    typed = {"family_name": "試験", "given_name": "花", "password": password}
    return guest.post(f"/account/join/{token}", form.defaults() | typed)


def _is_in(guest: Guest) -> bool:
    return guest.get("/account").status_code == 200


def _sign_in(guest: Guest, email: str, password: str) -> TestResponse:
    return guest.fill("/account/sign-in", email=email, password=password)


def _tells_nobody(desk: Desk, member: _Member, notes: Notes) -> None:
    """The same answer for an address with an account and one without, at each of the three doors."""
    for path, more in (
        ("/account/sign-in", {"password": new_id()}),
        ("/account/join", {}),
        ("/account/reset", {}),
    ):
        said = []
        for number, email in enumerate((member.email, f"{new_id()}@example.jp")):
            answer = _from(desk, f"192.0.2.{10 + number}").fill(path, email=email, **more)
            words = re.sub(r'value="[^"]*"', "", answer.text.replace(email, ""))
            said.append((answer.status_code, answer.headers.get("Location"), _main(words)))
        notes.expect(said[0] == said[1], path, "tells-accounts", "it tells who has an account")


def _main(text: str) -> str:
    return text.partition("<main")[2].partition("</main>")[0]


def _guessing(desk: Desk, member: _Member, notes: Notes) -> None:
    """Wrong passwords one after the other, then the right one; meanwhile its owner comes in."""
    stranger = _from(desk, "198.51.100.7")
    for _guess in range(GUESSES):
        _sign_in(stranger, member.email, new_id())
    _sign_in(stranger, member.email, member.password)
    notes.expect(
        not _is_in(stranger), "/account/sign-in", "guessing", f"the right password after {GUESSES} wrong ones"
    )
    owner = _from(desk, "192.0.2.1")
    _sign_in(owner, member.email, member.password)
    notes.control(_is_in(owner), "a stranger's guesses lock the owner out")


def _weak_passwords(desk: Desk, notes: Notes) -> None:
    for password in _WEAK:
        guest = _from(desk, "192.0.2.40")
        _answer_invitation(desk, guest, f"{new_id()}@example.jp", password)
        notes.expect(
            not _is_in(guest),
            "/account/join",
            "weak-password",
            f"a password of {len(password)} characters is taken",
        )


def _sessions(desk: Desk, member: _Member, notes: Notes) -> None:
    """A session is new with each sign-in and dead after signing out, whatever the cookie was before."""
    guest = _from(desk, "192.0.2.1")
    host = guest.origin.partition("://")[2].partition(":")[0]
    flags: dict[str, Any] = {"secure": desk.shop.settings.https, "httponly": True, "samesite": "Lax"}
    guest.client.set_cookie("account", "planted", domain=host, **flags)
    _sign_in(guest, member.email, member.password)
    cookie = guest.client.get_cookie("account", domain=host)
    value = cookie.value if cookie else ""
    notes.expect(value != "planted", "/account/sign-in", "session", "a session's name is taken from outside")
    notes.control(_is_in(guest), "a right password does not sign in")
    guest.fill("/account", "/account/sign-out")
    guest.client.set_cookie("account", value, domain=host, **flags)
    notes.expect(not _is_in(guest), "/account/sign-out", "session", "a session lives on after signing out")


def _changes(desk: Desk, member: _Member, notes: Notes) -> None:
    """Who one is is asked again before a change; a new password ends every other session."""
    guest, other = member.guest, _from(desk, "192.0.2.1")
    _sign_in(other, member.email, member.password)
    notes.control(_is_in(other), "a second browser cannot sign in")
    form = guest.form("/account/password", "/account/password")
    long_ago = update(AccountSession).values(proved_at=utcnow() - _LONG_AGO)
    desk.shop.db.write(lambda session: session.execute(long_ago))
    fresh = new_id() + new_id()
    guest.post("/account/password", form.defaults() | {"password": fresh})
    notes.expect(_is_in(other), "/account/password", "no-proof", "it is changed without asking who one is")
    guest.fill("/account/prove", password=member.password)
    answer = guest.fill("/account/password", password=fresh)
    notes.control(answer.status_code == 303, "an honest change of the password is refused")
    notes.expect(not _is_in(other), "/account/password", "session", "another session outlives the password")
    late = _from(desk, "192.0.2.1")
    _sign_in(late, member.email, member.password)
    notes.expect(not _is_in(late), "/account/password", "session", "the old password still opens")
