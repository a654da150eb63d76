"""E12's part on walls: what a store or a member has is nowhere else to be seen, by whatever cookie or link."""

from __future__ import annotations

import itertools
from dataclasses import replace
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from shop.orders.links import order_of_token
from shop.scope import pages
from shop.scope.colleagues import browser, make_colleague
from shop.scope.guest import Guest
from shop.scope.lab import Desk
from shop.scope.members import Member, member_of
from shop.scope.pages import Known
from shop.scope.result import Notes
from shop.stores import all_stores

ACCOUNT = "account"
"""The cookie of who is signed in at a store."""


def look(desk: Desk, notes: Notes) -> None:
    """Each store against each other one, two members of one store, and the staff's pages of a store's order."""
    owners = {store_id: _with_member(desk, store_id) for store_id in all_stores()}
    for store_id, other in itertools.permutations(owners, 2):
        _elsewhere(desk, owners[store_id], owners[other], notes)
        _of_the_staff(desk, owners[store_id], other, notes)
    for known in owners.values():
        _of_another(desk, known, notes)


def _with_member(desk: Desk, store_id: str) -> Known:
    known = pages.known_of(desk.shop.db, store_id)
    first, second = (desk.guest(store_id).order(known.sku) for _each in range(2))
    member = member_of(desk.shop, store_id, _order_id(desk, store_id, first))
    return replace(known, paid=first, unpaid=second, member=member)


def _order_id(desk: Desk, store_id: str, token: str) -> str:
    return order_of_token(desk.shop.settings.keys, store_id, token) or ""


def _elsewhere(desk: Desk, known: Known, other: Known, notes: Notes) -> None:
    """A store's member, orders and links at another store, to its own members as well."""
    own, there = _member_at(desk, known.store_id, known), _member_at(desk, other.store_id, known)
    native = _member_at(desk, other.store_id, other)
    notes.control(_is_in(own), f"a member of {known.store_id} is not let in")
    notes.expect(
        not _is_in(there), f"{other.store_id}:/account", "wall", f"a member of {known.store_id} is let in"
    )
    for rule, path in _owned(desk, known):
        shown = _gives(own.get(path))
        for visitor in (there, native):
            notes.expect(
                not (shown and _gives(visitor.get(path))),
                f"{other.store_id}:{rule}",
                "wall",
                f"shows what is {known.store_id}'s",
            )


def _of_another(desk: Desk, known: Known, notes: Notes) -> None:
    """What a member has, by its address, to another member of the same store."""
    assert known.member is not None
    second = member_of(desk.shop, known.store_id, _order_id(desk, known.store_id, known.unpaid))
    own = _member_at(desk, known.store_id, known)
    stranger = _member_at(desk, known.store_id, replace(known, member=second))
    notes.control(_is_in(stranger), "a second member is not let in")
    mine = {known.member.address_id, known.member.order_id}
    for rule, path in _owned(desk, known):
        if mine & set(path.split("/")):
            notes.control(_gives(own.get(path)), f"{rule} is not shown to its owner")
            notes.expect(
                not _gives(stranger.get(path)),
                f"{known.store_id}:{rule}",
                "wall",
                "shows one member what is another's",
            )


def _of_the_staff(desk: Desk, known: Known, other: str, notes: Notes) -> None:
    """An order under the name of another store."""
    guest = browser(desk.app, make_colleague(desk.shop))
    order_id = _order_id(desk, known.store_id, known.paid)
    notes.control(guest.get(f"/orders/{known.store_id}/{order_id}").status_code == 200, "no order is shown")
    answer = guest.get(f"/orders/{other}/{order_id}")
    notes.expect(
        answer.status_code == 404, "staff:/orders/<store_id>/<order_id>", "wall", "shown as another store's"
    )


def _owned(desk: Desk, known: Known) -> list[tuple[str, str]]:
    """Rule and address of whatever names something of this store's member, or an order of it."""
    member: Member = known.member or pages.NOBODY
    names = {known.paid, known.unpaid, member.address_id, member.order_id, *member.links.values()}
    return [
        (rule.rule, path)
        for rule in pages.get_rules(desk.app)
        for path in pages.paths_of(rule, known)
        if names & set(path.split("/"))
    ]


def _member_at(desk: Desk, store_id: str, known: Known) -> Guest:
    """A browser at a store with the cookie of a member, whose store may be another."""
    guest = Guest(desk.app, desk.shop, store_id)
    host, https = urlsplit(guest.origin).hostname or "", desk.shop.settings.https
    value = known.member.cookie if known.member else ""
    guest.client.set_cookie(ACCOUNT, value, domain=host, secure=https, httponly=True, samesite="Lax")
    return guest


def _gives(answer: TestResponse) -> bool:
    """Whether an answer shows something, or leads to an order's page, whose address opens it."""
    leads_to = urlsplit(answer.headers.get("Location", "")).path
    return answer.status_code == 200 or leads_to.startswith("/orders/")


def _is_in(guest: Guest) -> bool:
    return guest.get("/account").status_code == 200
