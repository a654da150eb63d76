"""Whether a store takes cards, for pages. Any area of `shop` may import this."""

from __future__ import annotations

from payments.stop import state_of
from shop.context import Shop


def cards_closed(shop: Shop, store_id: str) -> bool:
    """Whether the store takes no cards at this moment, as the database has it."""
    with shop.db.read() as session:
        return state_of(session, store_id).is_closed
