"""The only writer of stock. Each change is one conditional update: the database, not this process, decides.

Functions take a session and never commit. They are called in the order of SKUs, so that two orders for the same
goods can't wait for each other in a circle.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Update, bindparam, update
from sqlalchemy.orm import Session

from payments.columns import table_of
from shop.catalog.models import Variant

_VARIANT = table_of(Variant)
_OF = (_VARIANT.c.store_id == bindparam("store"), _VARIANT.c.sku == bindparam("goods"))
_ON_HAND, _HELD = _VARIANT.c.on_hand, _VARIANT.c.held
_N = bindparam("n", type_=Integer)


def _change(condition: ColumnElement[bool], **values: ColumnElement[int]) -> Update:
    """A statement, built once: rushes run it at every press of the order button."""
    return update(_VARIANT).where(*_OF, condition).values(**values)


_HOLD = _change(_ON_HAND - _HELD >= _N, held=_HELD + _N).returning(_ON_HAND, _HELD)
_RELEASE = _change(_HELD >= _N, held=_HELD - _N)
_TAKE = _change(_HELD >= _N, held=_HELD - _N, on_hand=_ON_HAND - _N)
_PUT_BACK = _change(_ON_HAND >= 0, on_hand=_ON_HAND + _N)


class Pieces(NamedTuple):
    """How many pieces there are, and how many of them are promised."""

    on_hand: int
    held: int


def hold(session: Session, store_id: str, sku: str, quantity: int) -> Pieces | None:
    """Promise `quantity` to an order: how it stands then. None, and nothing changed, when that much is not free."""
    row = session.execute(_HOLD, {"store": store_id, "goods": sku, "n": quantity}).first()
    return Pieces(row.on_hand, row.held) if row is not None else None


def release(session: Session, store_id: str, sku: str, quantity: int) -> bool:
    """Give a promise back. False when it was not promised, which is a fault in the caller."""
    return _run(session, _RELEASE, store_id, sku, quantity)


def take(session: Session, store_id: str, sku: str, quantity: int) -> bool:
    """Turn a promise into a sale: the goods leave the shelf."""
    return _run(session, _TAKE, store_id, sku, quantity)


def put_back(session: Session, store_id: str, sku: str, quantity: int) -> bool:
    """Goods that were sold are for sale again."""
    return _run(session, _PUT_BACK, store_id, sku, quantity)


def _run(session: Session, statement: Update, store_id: str, sku: str, quantity: int) -> bool:
    result = session.execute(statement, {"store": store_id, "goods": sku, "n": quantity})
    return bool(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
