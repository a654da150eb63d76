"""What of an order has left and what has not, and what happens to its parcels when the money's answer is there.

Functions need the order's lock and never commit.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalog import stock
from shop.fulfilment.models import Fulfilment, Shipment
from shop.fulfilment.states import FulfilmentState, advance
from shop.jobs.outbox import enqueue_mail
from shop.orders.models import Order, OrderLine
from shop.orders.refund_plan import Plan

SHIPPED_MAIL = "order_shipped"


def fulfilment_of(session: Session, order: Order) -> Fulfilment:
    """The order's row, made when it is not there. The order is locked, so nobody else makes one."""
    found = session.get(Fulfilment, (order.store_id, order.id))
    if found is None:
        found = Fulfilment(store_id=order.store_id, order_id=order.id, state=FulfilmentState.WAITING.value)
        session.add(found)
        session.flush()
    return found


def shipments_of(session: Session, order: Order) -> list[Shipment]:
    """Every parcel, the oldest first."""
    query = select(Shipment).where(Shipment.store_id == order.store_id, Shipment.order_id == order.id)
    return list(session.scalars(query.order_by(Shipment.created_at, Shipment.id)))


def left_to_ship(session: Session, order: Order) -> dict[str, int]:
    """Pieces by SKU that have not left and are in no parcel; nothing of an order whose rest was given up."""
    query = select(OrderLine).where(OrderLine.store_id == order.store_id, OrderLine.order_id == order.id)
    left = {line.sku: line.quantity for line in session.scalars(query.order_by(OrderLine.position))}
    for parcel in shipments_of(session, order):
        if parcel.state == "failed":
            continue
        released = parcel.released or {"lines": {}}
        for pieces in (parcel.lines, released["lines"]):
            for sku, quantity in pieces.items():
                left[sku] -= quantity
    return left


def released_plans(session: Session, order: Order) -> list[Plan]:
    """What was never charged because it was not delivered, as refunds count it."""
    query = select(Shipment.released).where(
        Shipment.store_id == order.store_id,
        Shipment.order_id == order.id,
        Shipment.state == "sent",
        Shipment.released.is_not(None),
    )
    return [Plan.from_json(kept) for kept in session.scalars(query) if kept]


def send(session: Session, order: Order, parcel: Shipment, *, cause: str) -> None:
    """The parcel may leave: its money is there. What will never follow goes back on the shelf."""
    parcel.state = "sent"
    session.flush()
    fulfilment = fulfilment_of(session, order)
    if parcel.released:
        put_back(session, order, parcel.released["lines"])
        advance(session, fulfilment, FulfilmentState.SHORT, cause=cause)
    elif not any(left_to_ship(session, order).values()):
        advance(session, fulfilment, FulfilmentState.SHIPPED, cause=cause)
    elif fulfilment.state != FulfilmentState.PARTLY:
        advance(session, fulfilment, FulfilmentState.PARTLY, cause=cause)
    enqueue_mail(session, order.store_id, order.id, f"{SHIPPED_MAIL}:{parcel.id}", order.locale)


def wanted_parcel(session: Session, order: Order) -> Shipment | None:
    """The parcel that waits for its money."""
    query = select(Shipment).where(
        Shipment.store_id == order.store_id, Shipment.order_id == order.id, Shipment.state == "wanted"
    )
    return session.scalar(query)


def hold_back(session: Session, order: Order, *, cause: str) -> None:
    """The parcel that waits for its money may not leave: nothing was taken, or not what was asked for."""
    parcel = wanted_parcel(session, order)
    if parcel is not None:
        parcel.state = "failed"
        advance(session, fulfilment_of(session, order), FulfilmentState.WAITING, cause=cause)


def call_off(session: Session, order: Order, *, cause: str) -> None:
    """Nothing will leave any more."""
    parcel = wanted_parcel(session, order)
    if parcel is not None:
        parcel.state = "failed"
    fulfilment = fulfilment_of(session, order)
    if fulfilment.state != FulfilmentState.CANCELED:
        advance(session, fulfilment, FulfilmentState.CANCELED, cause=cause)


def put_back(session: Session, order: Order, pieces: Mapping[str, int]) -> None:
    """Sold goods are for sale again."""
    for sku, quantity in sorted(pieces.items()):
        if quantity:
            stock.put_back(session, order.store_id, sku, quantity)
