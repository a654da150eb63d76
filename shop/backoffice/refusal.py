"""That a member of staff tried what was refused is written down, like what is done."""

from __future__ import annotations

from flask import g
from sqlalchemy.orm import Session

from shop.context import the_shop
from shop.orders.models import Order
from shop.staff.access import the_member


def note_refused(action: str, store_id: str, order_id: str) -> None:
    """Write a refusal into the audit chain, in a transaction of its own; one of no order stands under its store."""
    actor, request_id = the_member().actor, g.request_id

    def work(session: Session) -> None:
        known = session.get(Order, (store_id, order_id))
        the_shop().audit.record(
            session,
            actor=actor,
            action=action,
            outcome="refused",
            subject=f"order/{store_id}/{known.id}" if known else f"store/{store_id}",
            store_id=store_id,
            request_id=request_id,
        )

    the_shop().db.write(work)
