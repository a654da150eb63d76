"""E20: what the shop asks about 3-D Secure, as the provider has it on record, and what failing it does."""

from __future__ import annotations

from payments.inbox import apply_events
from payments.settle import settle
from shop.orders.listener import OrderListener
from shop.scope.checks.money import order_of
from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes, Table
from shop.stores import all_stores

_ASKED = frozenset({"any", "challenge"})


def look(lab: Lab, notes: Notes) -> None:
    """One order a store, read back from the provider; then one whose authentication fails."""
    desk = lab.desk
    table = Table("3-D Secure as asked for", ("Store", "Currency", "request_three_d_secure", "Methods"))
    for store_id in all_stores():
        order = order_of(desk, store_id, desk.guest(store_id).order(desk.sku(store_id)))
        session = desk.sandbox.read(f"checkout/sessions/{order.session_id}")
        asked = (session.get("payment_method_options") or {}).get("card", {}).get("request_three_d_secure")
        table.rows.append(
            (store_id, session["currency"], str(asked), ", ".join(session["payment_method_types"]))
        )
        notes.expect(session["currency"] == "jpy", store_id, "currency", "the session is not in yen")
        notes.expect(
            asked in _ASKED,
            store_id,
            "three-d-secure",
            f"the provider decides alone whether to authenticate (request_three_d_secure: {asked})",
        )
        _fail_it(desk, store_id, notes)
    notes.tables.append(table)


def _fail_it(desk: Desk, store_id: str, notes: Notes) -> None:
    token = desk.guest(store_id).order(desk.sku(store_id))
    order = order_of(desk, store_id, token)
    desk.sandbox.pay(order.session_id, "three_d_secure_error")
    provider = desk.shop.providers[store_id]
    settle(desk.shop.db, provider, OrderListener(), store_id, order.payment_id, cause="scope")
    apply_events(desk.shop.db, provider, OrderListener())
    notes.expect(
        order_of(desk, store_id, token).state == "placed",
        store_id,
        "three-d-secure",
        "an order that failed it is paid",
    )
    paid = desk.guest(store_id).order(desk.sku(store_id))
    before = order_of(desk, store_id, paid)
    desk.sandbox.pay(before.session_id)
    settle(desk.shop.db, provider, OrderListener(), store_id, before.payment_id, cause="scope")
    notes.control(order_of(desk, store_id, paid).state == "paid", "an honest payment does not pay the order")
