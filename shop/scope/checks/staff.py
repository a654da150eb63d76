"""E12 and E13: who gets in at the staff's host, and that a leaver is out at the next request."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from shop.accounts.models import Account
from shop.app import create_app, create_shop
from shop.context import Shop
from shop.identity.passwords import Passwords
from shop.scope.checks import staff_rights, walls
from shop.scope.colleagues import (
    BY,
    addresses,
    browser,
    is_in,
    make_colleague,
    other_code,
    set_session,
    type_password,
)
from shop.scope.environ import make_environ
from shop.scope.guest import Guest
from shop.scope.lab import Lab
from shop.scope.result import Notes
from shop.scope.staff_pages import reviewed
from shop.settings import load
from shop.staff import people
from shop.staff.models import Member

USUAL = (
    ("admin", "admin"),
    ("admin@example.com", "password"),
    ("root", "root"),
    ("staff@example.jp", "hitsuka"),
)
MOST_FAILURES = 10
"""PCI DSS 4.0.1, 8.3.4."""
INSIDE, OUTSIDE = "192.0.2.7", "198.51.100.7"
_SAME = {"Sec-Fetch-Site": "same-origin"}


def look(lab: Lab, notes: Notes) -> None:
    """E12, each on a fresh installation; the walls between stores where orders were placed."""
    with _installed(lab) as app:
        _no_account(app, notes)
        _anonymous(app, notes)
        _second_factor(app, notes)
        _lock(app, notes)
        staff_rights.look(app, notes)
    with _installed(lab, STAFF_NETWORKS="192.0.2.0/24") as app:
        _address(app, notes)
    with _installed(lab, STAFF_NETWORKS="192.0.2.0/24", PROXY_HOPS="1") as app:
        _behind_a_proxy(app, notes)
    walls.look(lab.desk, notes)


@contextlib.contextmanager
def _installed(lab: Lab, **changes: str) -> Iterator[Flask]:
    """The shop as after its installation, with goods and nobody; passwords are checked without a queue."""
    url = lab.copy_of_template(lab.folder / f"staff-{uuid.uuid4().hex}.sqlite")
    shop = create_shop(load(make_environ(url, **changes)))
    shop = dataclasses.replace(shop, passwords=Passwords(per_second=1000, at_once=1000))
    try:
        yield create_app(shop=shop)
    finally:
        shop.db.dispose()


def _no_account(app: Flask, notes: Notes) -> None:
    shop: Shop = app.extensions["hitsuka"]
    notes.expect(_people(shop) == 0, "staff_member", "default-account", "a fresh installation has an account")
    for number, (name, password) in enumerate(USUAL):
        guest = browser(app, address=f"192.0.2.{number + 1}")
        guest.fill("/sign-in", email=name, password=password)
        notes.expect(not _got_on(guest), "staff:/sign-in", "default-account", f"{name} is let in")
    who = make_colleague(shop)
    notes.control(_people(shop) == 1, "an account that was made is not seen")
    guest = browser(app)
    type_password(guest, who)
    notes.control(_got_on(guest), "a right password does not lead on")


def _people(shop: Shop) -> int:
    with shop.db.read() as session:
        return sum(session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (Member, Account))


def _got_on(guest: Guest) -> bool:
    """Whether a password led on."""
    return any(path == "/sign-in" and _leads_on(answer) for _method, path, answer in guest.cookies)


def _leads_on(answer: TestResponse) -> bool:
    return answer.status_code == 303


def _anonymous(app: Flask, notes: Notes) -> None:
    """Every address that is not on the closed list sends a stranger to the sign-in page, or refuses."""
    shop: Shop = app.extensions["hitsuka"]
    member = browser(app, make_colleague(shop))
    notes.control(is_in(member), "a member is not let in")
    notes.control(not _is_refused(member.get("/members")), "a page that opens is taken for a refusal")
    guest = browser(app)
    notes.control(not _is_refused(guest.get("/sign-in")), "the sign-in page is taken for a refusal")
    for method, path, rule in addresses(app):
        if (method, rule.rule) in reviewed().open:
            continue
        for root in ("", "/en"):
            answer = guest.client.open(root + path, method=method, base_url=guest.origin, headers=_SAME)
            notes.expect(
                _is_refused(answer), f"staff:{rule.rule}", "anonymous", f"{method}: {answer.status_code}"
            )


def _is_refused(answer: TestResponse) -> bool:
    if answer.status_code == 303:
        return "/sign-in?next=" in answer.headers["Location"]
    return answer.status_code == 401


def _second_factor(app: Flask, notes: Notes) -> None:
    """A password opens nothing, nor does its step's cookie in the session's place; with the code it does."""
    shop: Shop = app.extensions["hitsuka"]
    who = make_colleague(shop)
    guest = browser(app)
    answer = type_password(guest, who)
    notes.control(_leads_on(answer), "a right password does not lead on")
    notes.expect(not is_in(guest), "staff:/sign-in", "one-factor", "a password alone opens the pages")
    for value in _cookie_values(answer):
        thief = browser(app)
        set_session(thief, value)
        notes.expect(not is_in(thief), "staff:/sign-in", "one-factor", "the first step's cookie is a session")
    wrong = guest.fill("/sign-in/code", code=other_code(who))
    notes.expect(
        wrong.status_code != 303 and not is_in(guest),
        "staff:/sign-in/code",
        "one-factor",
        "any code is taken",
    )
    guest.fill("/sign-in/code", code=who.code)
    notes.control(is_in(guest), "password and code do not open the pages")


def _cookie_values(answer: TestResponse) -> list[str]:
    lines = answer.headers.getlist("Set-Cookie")
    return [line.partition(";")[0].partition("=")[2] for line in lines]


def _lock(app: Flask, notes: Notes) -> None:
    """After ten wrong passwords, each from another address, the right one is refused."""
    shop: Shop = app.extensions["hitsuka"]
    who, other = make_colleague(shop), make_colleague(shop)
    for number in range(MOST_FAILURES):
        answer = type_password(browser(app, address=f"203.0.113.{number + 1}"), who, "wrong" + who.password)
        notes.expect(not _leads_on(answer), "staff:/sign-in", "lock", "a wrong password leads on")
    last = type_password(browser(app, address="203.0.113.90"), who)
    notes.expect(not _leads_on(last), "staff:/sign-in", "lock", f"open after {MOST_FAILURES} wrong passwords")
    fresh = type_password(browser(app, address="203.0.113.90"), other)
    notes.control(_leads_on(fresh), "somebody else, from the same address, is locked too")


FORGED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP")


def _address(app: Flask, notes: Notes) -> None:
    """From outside of STAFF_NETWORKS the host looks empty, to members as well, whatever a header claims."""
    shop: Shop = app.extensions["hitsuka"]
    who = make_colleague(shop)
    notes.control(is_in(browser(app, who, address=INSIDE)), "a listed address is not let in")
    outside = browser(app, who, address=OUTSIDE)
    for method, path, rule in addresses(app):
        answer = outside.client.open(path, method=method, base_url=outside.origin, headers=_SAME)
        notes.expect(
            _is_hidden(answer, method), f"staff:{rule.rule}", "address", f"{method}: {answer.status_code}"
        )
    for name in FORGED:
        value = f"for={INSIDE}" if name == "Forwarded" else INSIDE
        answer = outside.client.get("/", base_url=outside.origin, headers={name: value})
        notes.expect(
            _is_hidden(answer, "GET"), f"staff:/ ({name})", "forged-address", str(answer.status_code)
        )


def _is_hidden(answer: TestResponse, method: str) -> bool:
    """A post may be met by the check of tokens before anything else."""
    return answer.status_code == 404 or (method != "GET" and answer.status_code in {400, 403})


def _behind_a_proxy(app: Flask, notes: Notes) -> None:
    """Behind one proxy of ours the address that it added counts, and none that was there before."""
    shop: Shop = app.extensions["hitsuka"]
    who = make_colleague(shop)
    for chain, is_let_in in ((f"{OUTSIDE}, {INSIDE}", True), (f"{INSIDE}, {OUTSIDE}", False)):
        guest = browser(app, who, address="127.0.0.1")
        opened = guest.client.get("/", base_url=guest.origin, headers={"X-Forwarded-For": chain}).status_code
        if is_let_in:
            notes.control(opened == 200, "the address that our own proxy added is not believed")
        else:
            notes.expect(opened == 404, "staff:/ (X-Forwarded-For)", "forged-address", str(opened))


def leavers(lab: Lab, notes: Notes) -> None:
    """E13: disabled between two requests; the session, a half-made sign-in and the password are worth nothing."""
    with _installed(lab) as app:
        shop: Shop = app.extensions["hitsuka"]
        stays, leaves = make_colleague(shop), make_colleague(shop)
        colleague, old, half = browser(app, stays), browser(app, leaves), browser(app)
        type_password(half, leaves)
        notes.control(is_in(colleague) and is_in(old), "members are not let in before")
        code_page = half.form("/sign-in/code", "/sign-in/code").defaults()
        shop.db.write(lambda session: people.disable(session, shop, leaves.id, by=BY))
        for method, path, rule in addresses(app):
            if (method, rule.rule) not in reviewed().open:
                answer = old.client.open(path, method=method, base_url=old.origin, headers=_SAME)
                notes.expect(
                    _is_refused(answer), f"staff:{rule.rule}", "leaver", f"{method}: {answer.status_code}"
                )
        half.post("/sign-in/code", code_page | {"code": leaves.code})
        notes.expect(not is_in(half), "staff:/sign-in/code", "leaver", "a sign-in that was begun is finished")
        again = type_password(browser(app), leaves)
        notes.expect(not _leads_on(again), "staff:/sign-in", "leaver", "the old password leads on")
        notes.control(is_in(colleague), "whoever stays is out as well")
