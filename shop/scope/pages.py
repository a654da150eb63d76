"""Which pages there are: every GET route of the URL map, with addresses that lead to it. A route without one is told.

A new route with arguments needs a line in `_ARGUMENTS`, or one in `EXCEPTIONS` with the reason why nobody can be led
to it; until then E2 says that it was not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from payments.database import Database
from shop.catalog.models import Product, Variant
from shop.pages.views import GUIDES
from shop.pictures.scenes import SCENE_NAMES
from shop.scope.members import Member
from shop.stores import all_stores

if TYPE_CHECKING:
    from shop.scope.lab import Desk

HERE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Known:
    """What stands for the arguments of routes on one store: goods of its own and orders of the run."""

    store_id: str
    slug: str
    category: str
    sku: str
    unpaid: str = ""
    paid: str = ""
    member: Member | None = None
    """Somebody with an account, where the walk has one."""


NOBODY = Member("", "none", "none", dict.fromkeys(("join", "reset", "email", "claim"), "none~none"))

EXCEPTIONS: dict[str, str] = {
    "payment.wait": "shown only while many people pay at once; leads on otherwise. Judged at request level",
    "cart.show_instead": "leads to the basket and shows nothing",
    "pictures.favicon": "leads to the icon and shows nothing",
    "scope.fails": "a view of the verifier alone",
    "health.metrics": "figures in text for machines",
}
"""GET routes that no browser is led to, each with its reason."""

Paths = Callable[[Known], tuple[str, ...]]

_ARGUMENTS: dict[str, Paths] = {
    "catalog.category": lambda known: (f"/categories/{known.category}",),
    "catalog.product": lambda known: (f"/products/{known.slug}",),
    "pages.guide": lambda _known: tuple(f"/guide/{name}" for name in GUIDES),
    "pictures.product": lambda known: (
        f"/pictures/products/{known.slug}.svg",
        f"/pictures/products/{known.slug}/{known.sku}.svg",
    ),
    "pictures.scene": lambda _known: (f"/pictures/scenes/{sorted(SCENE_NAMES)[0]}.svg",),
    "address.postcode": lambda _known: ("/postcode/1500001.json",),
    "orders.show": lambda known: _orders(known, ""),
    "orders.ask_to_cancel": lambda known: _orders(known, "/cancel"),
    "payment.pay": lambda known: _orders(known, "/pay"),
    "payment.wait": lambda known: _orders(known, "/wait"),
    "payment.back": lambda known: _orders(known, "/return"),
    "payment.slowed": lambda known: _orders(known, "/slowed"),
    "payment.state": lambda known: _orders(known, "/state.json"),
    "account.edit_address": lambda known: _of_member(known, "/account/addresses/{0.address_id}"),
    "account.order": lambda known: _of_member(known, "/account/orders/{0.order_id}"),
    "account.join_form": lambda known: _of_member(known, "/account/join/{0.links[join]}"),
    "account.reset_form": lambda known: _of_member(known, "/account/reset/{0.links[reset]}"),
    "account.email_link": lambda known: _of_member(known, "/account/email/{0.links[email]}"),
    "mail_proof.link": lambda _known: ("/checkout/mail/none~none",),
    "account.claim_link": lambda known: _of_member(known, "/account/claimed/{0.links[claim]}"),
}


def _of_member(known: Known, pattern: str) -> tuple[str, ...]:
    """A member's own address; at request level, where nobody is a member, one that nothing is at."""
    return (pattern.format(known.member or NOBODY),)


def _orders(known: Known, tail: str) -> tuple[str, ...]:
    return tuple(f"/orders/{token}{tail}" for token in (known.unpaid, known.paid) if token)


def get_rules(app: Flask) -> list[Rule]:
    """Every route that answers GET, but static files: they are no page."""
    return sorted(
        (
            rule
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint != "static"
        ),
        key=lambda rule: rule.rule,
    )


def paths_of(rule: Rule, known: Known) -> tuple[str, ...]:
    """Addresses that lead to a route; none when nobody has said what its arguments are."""
    if rule.endpoint in _ARGUMENTS:
        given = _ARGUMENTS[rule.endpoint](known)
        return tuple(path for path in given if path.count("/") == rule.rule.count("/"))
    return () if rule.arguments else (rule.rule,)


def known_of(db: Database, store_id: str) -> Known:
    """Goods of a store that are in stock."""
    with db.read() as session:
        variant = session.scalars(
            select(Variant)
            .where(Variant.store_id == store_id, Variant.on_hand > 5)
            .order_by(Variant.sku.desc())
        ).first()
        assert variant is not None, "the written goods are in stock"
        product = session.get_one(Product, (store_id, variant.product_slug))
        return Known(store_id, product.slug, product.category_slug, variant.sku)


ERRORS = ("/not/there", "/checkout/nowhere", "/orders/nobody~x", "/products/none-of-that-name")
"""Addresses that nothing is at."""


def every_answer(desk: Desk) -> Iterator[tuple[str, TestResponse]]:
    """Each GET route and some errors of both stores, as a guest with a basket, an address and two orders sees it."""
    for store_id in all_stores():
        known = visited(desk, store_id)
        guest = desk.guest(store_id)
        guest.add(known.sku)
        guest.to_final_page()
        for rule in get_rules(desk.app):
            for path in paths_of(rule, known):
                yield f"{store_id}:{path}", guest.get(path)
        for path in ERRORS:
            yield f"{store_id}:{path}", guest.get(path)


def visited(desk: Desk, store_id: str) -> Known:
    """Known goods of a store with an unpaid and a paid order. Made once a desk."""
    if store_id not in desk.visited:
        desk.visited[store_id] = _with_orders(desk, store_id)
    return desk.visited[store_id]


def _with_orders(desk: Desk, store_id: str) -> Known:
    from payments.settle import settle
    from shop.orders.listener import OrderListener
    from shop.scope.checks.money import order_of

    known = known_of(desk.shop.db, store_id)
    unpaid = desk.guest(store_id).order(desk.sku(store_id))
    paid = desk.guest(store_id).order(desk.sku(store_id))
    order = order_of(desk, store_id, paid)
    desk.sandbox.pay(order.session_id)
    settle(
        desk.shop.db,
        desk.shop.providers[store_id],
        OrderListener(),
        store_id,
        order.payment_id,
        cause="scope",
    )
    return Known(known.store_id, known.slug, known.category, known.sku, unpaid, paid)
