"""Holds: made with the order, ended exactly once. The only writer of `Hold`; stock changes in `catalog.stock`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from payments.transitions import WrongTransition
from shop.cart.cart import note_held
from shop.catalog import stock
from shop.orders.hoarding import is_scarce
from shop.orders.models import Hold, HoldHistory, Order, OrderLine
from shop.orders.states import HOLD_NEXT, HoldState

HOLD_FOR = dt.timedelta(minutes=10)
LAST_MINUTES = dt.timedelta(minutes=5)
"""A hold is prolonged, once, when the shopper is still busy in its last minutes."""
UNITS_PER_CUSTOMER = 10
"""What one customer or one address may hold of a variant without having paid."""
UNITS_PER_NETWORK = 30
"""What everybody behind one client address may hold of a variant: an office is not one customer."""
_BY_CUSTOMER = or_(Hold.email_hash == bindparam("email"), Hold.address_hash == bindparam("address"))
_BY_NETWORK = Hold.network_hash == bindparam("network")
_HELD = (
    select(
        Hold.sku,
        func.sum(case((_BY_CUSTOMER, Hold.quantity), else_=0)).label("by_customer"),
        func.sum(case((_BY_NETWORK, Hold.quantity), else_=0)).label("by_network"),
    )
    .where(
        Hold.store_id == bindparam("store"),
        Hold.state == "active",
        Hold.sku.in_(bindparam("skus", expanding=True)),
        or_(_BY_CUSTOMER, _BY_NETWORK),
    )
    .group_by(Hold.sku)
)


class Held(NamedTuple):
    """What came of holding the lines of an order."""

    short: list[str]
    """SKUs that are not free in that number: the caller rolls back."""
    scarce: dict[str, int]
    """SKUs many of whose pieces are held, and how many pieces there are."""


def make(session: Session, order: Order, lines: Sequence[OrderLine]) -> Held:
    """Hold every line of a new order, or none."""
    in_order = sorted(lines, key=lambda line: line.sku)
    found = {line.sku: stock.hold(session, order.store_id, line.sku, line.quantity) for line in in_order}
    if short := [sku for sku, pieces in found.items() if pieces is None]:
        return Held(short, {})
    note_held(session, order.store_id, order.cart_id, {line.sku: line.quantity for line in lines})
    session.add_all(_hold(order, line) for line in in_order)
    return Held([], {sku: pieces.on_hand for sku, pieces in found.items() if pieces and is_scarce(*pieces)})


def _hold(order: Order, line: OrderLine) -> Hold:
    return Hold(
        store_id=order.store_id,
        order_id=order.id,
        sku=line.sku,
        quantity=line.quantity,
        email_hash=order.email_hash,
        address_hash=order.address_hash,
        network_hash=order.network_hash,
    )


def over_limit(
    session: Session, order: Order, lines: Sequence[OrderLine], most: Mapping[str, int] = MappingProxyType({})
) -> list[str]:
    """SKUs of which this customer or where they are holds more than one may without paying, this order included.
    `most` says for a SKU what one customer may, where it is less than usual.

    Asked after `make`: who holds the same goods at the same moment waits at the variant's row, so both are counted.
    """
    values = {
        "store": order.store_id,
        "skus": [line.sku for line in lines],
        "email": order.email_hash,
        "address": order.address_hash,
        "network": order.network_hash,
    }
    return [
        row.sku
        for row in session.execute(_HELD, values)
        if row.by_customer > most.get(row.sku, UNITS_PER_CUSTOMER) or row.by_network > UNITS_PER_NETWORK
    ]


def take(session: Session, order: Order) -> None:
    """The order is paid: what is held for it is sold."""
    for sku, quantity in _move(session, order, HoldState.TAKEN):
        if not stock.take(session, order.store_id, sku, quantity):
            raise RuntimeError(f"stock of {sku} does not cover a hold")


def release(session: Session, order: Order, *, has_basket: bool = True) -> None:
    """The order is over unpaid: what is held for it is free. `has_basket`: its goods lie in its basket still."""
    ended = _move(session, order, HoldState.RELEASED)
    for sku, quantity in ended:
        if not stock.release(session, order.store_id, sku, quantity):
            raise RuntimeError(f"stock of {sku} does not cover a hold")
    if has_basket:
        note_held(session, order.store_id, order.cart_id, {sku: 0 for sku, _quantity in ended})


def give_back(session: Session, order: Order) -> None:
    """The order is called off: what was sold or is held for it is for sale again, once."""
    for sku, quantity in _move(session, order, HoldState.RETURNED, of=HoldState.TAKEN):
        stock.put_back(session, order.store_id, sku, quantity)
    release(session, order, has_basket=False)


def is_held(session: Session, order: Order) -> bool:
    """Whether its goods are held still, all of them: holds end together."""
    query = select(Hold.sku).where(
        Hold.store_id == order.store_id, Hold.order_id == order.id, Hold.state == "active"
    )
    return session.scalar(query.limit(1)) is not None


def hold_again(session: Session, order: Order) -> bool:
    """A late payment: hold the released goods anew. False, and nothing held, when any of them is gone."""
    released = session.scalars(
        select(Hold)
        .where(Hold.store_id == order.store_id, Hold.order_id == order.id, Hold.state == "released")
        .order_by(Hold.sku)
    ).all()
    held: list[Hold] = []
    for hold in released:
        if not stock.hold(session, order.store_id, hold.sku, hold.quantity):
            for back in held:
                stock.release(session, order.store_id, back.sku, back.quantity)
            return False
        held.append(hold)
    _move(session, order, HoldState.ACTIVE, of=HoldState.RELEASED)
    return True


def prolong(order: Order, now: dt.datetime) -> bool:
    """The shopper is still paying: ten minutes more, once. True when the hold lasts."""
    if order.state != "placed" or order.held_until <= now:
        return False
    if not order.hold_prolonged and order.held_until - now < LAST_MINUTES:
        order.hold_prolonged = True
        order.held_until = now + HOLD_FOR
    return True


def _move(
    session: Session, order: Order, to: HoldState, *, of: HoldState = HoldState.ACTIVE
) -> list[tuple[str, int]]:
    """Move the holds of an order that are in a state: (SKU, quantity) of each, in the order of SKUs.

    One conditional statement, so a hold comes back from one call only, whoever else is moving it. WrongTransition when
    the table does not list it.
    """
    if to not in HOLD_NEXT[of]:
        raise WrongTransition(f"holds of order {order.id}: {of} -> {to}")
    moved = session.execute(
        update(Hold)
        .where(Hold.store_id == order.store_id, Hold.order_id == order.id, Hold.state == of.value)
        .values(state=to.value)
        .returning(Hold.sku, Hold.quantity)
        .execution_options(synchronize_session="fetch")
    )
    rows = sorted((row.sku, row.quantity) for row in moved)
    session.add_all(
        HoldHistory(store_id=order.store_id, order_id=order.id, sku=sku, before=of, after=to)
        for sku, _quantity in rows
    )
    return rows
