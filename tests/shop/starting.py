"""Lead a shopper to the payment of a placed order, as the pay page's button does, without a browser."""

from __future__ import annotations

import datetime as dt

from payments.provider import UIMode
from shop.checkout.payment import Started, resume, start_anew
from shop.context import Shop
from shop.orders.queries import OrderView


def start_payment(
    shop: Shop, view: OrderView, *, ui_mode: UIMode, locale: str, request_id: str, now: dt.datetime
) -> Started:
    """Reuse the open session of the wanted kind, or end what is open and make a new one."""
    return resume(shop, view, ui_mode=ui_mode, now=now) or start_anew(
        shop, view, ui_mode=ui_mode, locale=locale, request_id=request_id, now=now
    )
