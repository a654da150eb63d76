"""Refunds of paid orders while the storm goes on: by a person at the desk, or on the provider's own screen."""

from __future__ import annotations

import time
import urllib.error

from sqlalchemy.exc import SQLAlchemyError

from benchmarks.storm.fleet import Fleet
from benchmarks.storm.plan import After
from benchmarks.storm.shopper import Told
from payments.money import Money
from shop.context import Shop
from shop.orders.links import order_of_token
from shop.orders.refund_plan import NotRefundable, Wish
from shop.orders.refunding import RefundReason, Request, refund_order

_WISHES = {After.ALL_BACK: Wish(everything=True), After.PART_BACK: Wish(amount=Money(100))}
_TRIES = 8


def give_back(fleet: Fleet, shop: Shop, told: Told) -> bool:
    """What the story wants of a paid order. Whether a refund was asked for."""
    if told.outcome != "paid" or told.order is None or told.story.after is After.NOTHING:
        return False
    if told.story.after is After.SCREEN:
        try:
            fleet.sandbox.control(f"payments/{told.intent}/refund", {})
        except urllib.error.HTTPError as error:
            error.close()
            return False
        return True
    return _by_staff(shop, told)


def _by_staff(shop: Shop, told: Told) -> bool:
    store = told.story.store
    order_id = order_of_token(shop.settings.keys, store, told.order or "")
    if order_id is None:
        return False
    wanted = Request(
        _WISHES[told.story.after],
        RefundReason.DAMAGED,
        "",
        key=f"storm-{told.story.number}",
        actor="storm",
        request_id="req-storm",
    )
    for _try in range(_TRIES):
        try:
            shop.db.write(lambda session: refund_order(session, shop, store, order_id, wanted))
        except NotRefundable:
            return False
        except SQLAlchemyError:
            time.sleep(0.5)  # the database is away; the same press again is the same refund
        else:
            return True
    return False
