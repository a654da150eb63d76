"""Who may see an order: whoever holds its link, on the host of its store."""

from __future__ import annotations

from shop.context import the_shop, the_store
from shop.errors import NotFound
from shop.orders.links import order_of_token
from shop.orders.queries import OrderView, order_view


def the_order(token: str) -> OrderView:
    """The order that a token of this store names. NotFound for every other token."""
    shop, store = the_shop(), the_store()
    order_id = order_of_token(shop.settings.keys, store.id, token)
    if order_id is None:
        raise NotFound
    with shop.db.read() as session:
        view = order_view(session, store.id, order_id)
    if view is None:
        raise NotFound
    return view
