"""States of an order's way out as a table, and `advance`, the only writer of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payments.transitions import require_listed

if TYPE_CHECKING:
    from shop.fulfilment.models import Fulfilment


class FulfilmentState(StrEnum):
    """How far an order has left the house."""

    WAITING = "waiting"
    CAPTURING = "capturing"
    """A parcel is packed, and the card is being charged for it: it must not leave before."""
    PARTLY = "partly"
    """Some has left, the rest will."""
    SHIPPED = "shipped"
    SHORT = "short"
    """Some has left, the rest never will: a card's reservation can be taken once."""
    CANCELED = "canceled"
    """Called off before anything left."""


NEXT: dict[FulfilmentState, frozenset[FulfilmentState]] = {
    FulfilmentState.WAITING: frozenset(
        {
            FulfilmentState.CAPTURING,
            FulfilmentState.PARTLY,
            FulfilmentState.SHIPPED,
            FulfilmentState.CANCELED,
        }
    ),
    FulfilmentState.CAPTURING: frozenset(
        {
            FulfilmentState.WAITING,
            FulfilmentState.SHIPPED,
            FulfilmentState.SHORT,
            FulfilmentState.CANCELED,
        }
    ),
    FulfilmentState.PARTLY: frozenset({FulfilmentState.SHIPPED}),
    FulfilmentState.SHIPPED: frozenset(),
    FulfilmentState.SHORT: frozenset(),
    FulfilmentState.CANCELED: frozenset(),
}


def advance(session: Session, fulfilment: Fulfilment, to: FulfilmentState, *, cause: str) -> None:
    """Move it, under its order's lock, and write the history row. Never commits. WrongTransition when not listed."""
    from shop.fulfilment.models import FulfilmentHistory

    before = FulfilmentState(fulfilment.state)
    require_listed(NEXT, before, to, f"fulfilment of {fulfilment.order_id}", cause)
    fulfilment.state = to
    session.add(
        FulfilmentHistory(
            store_id=fulfilment.store_id,
            order_id=fulfilment.order_id,
            before=before,
            after=to,
            cause=cause,
        )
    )
