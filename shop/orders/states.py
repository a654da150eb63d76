"""States of an order as a table, and `advance`, the only writer of an order's state."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payments.transitions import require_listed

if TYPE_CHECKING:
    from shop.orders.models import Order


class OrderState(StrEnum):
    """Where an order is."""

    PLACED = "placed"
    """Confirmed by the shopper, goods held, not paid yet."""
    AUTHORISED = "authorised"
    """Concluded; the card has promised the money, which is taken when the goods leave."""
    WAITING = "waiting"
    """Concluded; a number or an account to pay to was given, and the goods are held until its deadline."""
    ON_DELIVERY = "on_delivery"
    """Concluded; the carrier collects the money at the door."""
    PAID = "paid"
    EXPIRED = "expired"
    """Not paid in time; the goods are free again."""
    REVIEW = "review"
    """Payment reports something odd; nothing is shipped until a person has looked."""
    REFUNDING = "refunding"
    """Paid too late for the goods: the money goes back."""
    REFUNDED = "refunded"
    CANCELED = "canceled"
    """Called off before anything left or was charged. Nothing opens it again."""
    RETURNED = "returned"
    """Not taken at the door: no money came, and the goods are back."""


NEXT: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PLACED: frozenset(
        {
            OrderState.AUTHORISED,
            OrderState.PAID,
            OrderState.EXPIRED,
            OrderState.REVIEW,
            OrderState.WAITING,
            OrderState.ON_DELIVERY,
        }
    ),
    OrderState.WAITING: frozenset(
        {OrderState.PAID, OrderState.EXPIRED, OrderState.REVIEW, OrderState.CANCELED}
    ),
    OrderState.ON_DELIVERY: frozenset({OrderState.PAID, OrderState.RETURNED}),
    OrderState.RETURNED: frozenset(),
    OrderState.AUTHORISED: frozenset({OrderState.PAID, OrderState.CANCELED, OrderState.REVIEW}),
    # Paid in the last moment: the goods are held again if they can be, else the money goes back.
    OrderState.EXPIRED: frozenset(
        {
            OrderState.AUTHORISED,
            OrderState.PAID,
            OrderState.REFUNDING,
            OrderState.REVIEW,
            OrderState.CANCELED,
        }
    ),
    OrderState.REVIEW: frozenset(
        {
            OrderState.AUTHORISED,
            OrderState.PAID,
            OrderState.REFUNDING,
            OrderState.REFUNDED,
            OrderState.CANCELED,
        }
    ),
    # Its money was to go back, and the refund failed.
    OrderState.PAID: frozenset({OrderState.REFUNDED, OrderState.REVIEW}),
    OrderState.REFUNDING: frozenset({OrderState.REFUNDED, OrderState.REVIEW}),
    # The refund failed after all.
    OrderState.REFUNDED: frozenset({OrderState.REVIEW}),
    OrderState.CANCELED: frozenset(),
}


class HoldState(StrEnum):
    """Where goods are that were promised to an order."""

    ACTIVE = "active"
    RELEASED = "released"
    """Free for others."""
    TAKEN = "taken"
    """Sold."""
    RETURNED = "returned"
    """Sold, and for sale again."""


HOLD_NEXT: dict[HoldState, frozenset[HoldState]] = {
    HoldState.ACTIVE: frozenset({HoldState.RELEASED, HoldState.TAKEN}),
    # Paid in the last moment: held again, if they are there.
    HoldState.RELEASED: frozenset({HoldState.ACTIVE}),
    HoldState.TAKEN: frozenset({HoldState.RETURNED}),
    HoldState.RETURNED: frozenset(),
}


def advance(session: Session, order: Order, to: OrderState, *, cause: str) -> None:
    """Move a locked order to `to` and write the history row. Never commits. WrongTransition when not listed."""
    from shop.orders.models import OrderHistory

    before = OrderState(order.state)
    require_listed(NEXT, before, to, f"order {order.id}", cause)
    order.state = to
    session.add(
        OrderHistory(store_id=order.store_id, order_id=order.id, before=before, after=to, cause=cause)
    )
