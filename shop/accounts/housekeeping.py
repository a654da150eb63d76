"""What the worker does for accounts: old rows go, and orders from before can be found by their telephone."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from security.counted import counted
from security.sealing import CannotOpen
from shop.accounts import letters, sessions
from shop.accounts.lookup import phone_hash
from shop.address.contact import Contact
from shop.address.normalise import BadPhone
from shop.context import Shop
from shop.orders.models import Order
from shop.vault import Place, Purpose

BATCH = 100
UNREADABLE = "-"
"""Stands for the hash of an order whose contact can't be opened, so that it is not tried for ever."""


def sweep(shop: Shop) -> str:
    """Sessions, known browsers and letters that are over."""
    now = utcnow()
    ended = shop.db.write(lambda session: sessions.sweep(session, now))
    gone = shop.db.write(lambda session: letters.sweep(session, now))
    return f"{counted(ended, 'sessions')}, {counted(gone, 'letters')}"


def fill_phones(shop: Shop) -> str:
    """Give some orders from before `order.phone_hash` theirs. An index holds what is left, so asking is free at the
    end; nodes of the former version may still place such orders, so it goes on being asked."""
    with shop.db.read() as session:
        orders = session.scalars(select(Order).where(Order.phone_hash.is_(None)).limit(BATCH)).all()
    hashes = [(order.store_id, order.id, _phone_hash(shop, order)) for order in orders]

    def work(session: Session) -> None:
        for store_id, order_id, hashed in hashes:
            at = (Order.store_id == store_id) & (Order.id == order_id) & Order.phone_hash.is_(None)
            session.execute(
                update(Order).where(at).values(phone_hash=hashed).execution_options(synchronize_session=False)
            )

    if hashes:
        shop.db.write(work)
    return f"{len(hashes)} orders"


def _phone_hash(shop: Shop, order: Order) -> str:
    place = Place(order.store_id, "order", "contact", order.id)
    try:
        text = shop.vault.open_personal(place, order.contact, purpose=Purpose.PHONE_HASH)
        return phone_hash(shop.vault, order.store_id, Contact.from_json(text).phone)
    except (CannotOpen, ValueError, BadPhone):
        return UNREADABLE
