"""The only writer of stock. Each change is one conditional update: the database, not this process, decides.

Functions take a session and never commit. They are called in the order of SKUs, so that two orders for the same
goods can't wait for each other in a circle.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from shop.catalog.models import Variant


def hold(session: Session, store_id: str, sku: str, quantity: int) -> bool:
    """Promise `quantity` to an order. False, and nothing changed, when that much is not free."""
    return _change(session, store_id, sku, Variant.on_hand - Variant.held >= quantity, held=quantity)


def release(session: Session, store_id: str, sku: str, quantity: int) -> bool:
    """Give a promise back. False when it was not promised, which is a fault in the caller."""
    return _change(session, store_id, sku, Variant.held >= quantity, held=-quantity)


def take(session: Session, store_id: str, sku: str, quantity: int) -> bool:
    """Turn a promise into a sale: the goods leave the shelf."""
    return _change(session, store_id, sku, Variant.held >= quantity, held=-quantity, on_hand=-quantity)


def put_back(session: Session, store_id: str, sku: str, quantity: int) -> bool:
    """Goods that were sold are for sale again."""
    return _change(session, store_id, sku, Variant.on_hand >= 0, on_hand=quantity)


def _change(
    session: Session,
    store_id: str,
    sku: str,
    condition: ColumnElement[bool],
    *,
    held: int = 0,
    on_hand: int = 0,
) -> bool:
    statement = (
        update(Variant)
        .where(Variant.store_id == store_id, Variant.sku == sku, condition)
        .values(held=Variant.held + held, on_hand=Variant.on_hand + on_hand)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
