"""Goods that are held again and again and not bought: told from holds that lapsed, and answered with smaller shares.

Whoever wants to keep others from scarce goods places orders that nobody pays. One such order looks like any other; when
their time is over they say what they were. From then on, as long as many of the pieces are held, who is new proves a
mail address first, gets a small share, and one turn an hour. Reads only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from payments.methods import Method
from payments.models import Payment
from shop.card_testing.proof import was_proved
from shop.catalog.models import Variant
from shop.orders.models import Hold, Order, OrderPayment
from shop.orders.states import OrderState

COUNTS_FOR = dt.timedelta(hours=1)
LAPSED_FROM, LAPSED_SHARE = 5, 0.25
"""So many units lapsed unpaid within an hour, or such a share of the pieces where that is more; and more than sold."""
HELD_SHARE = 0.25
"""While no more of the pieces than this are held, there is enough for everybody."""
SHARE = 0.05
"""What one customer may hold of hoarded goods; one piece at the least."""
PROMISED_SHARE = 0.5
"""What may be held for days without a yen, by numbers for the convenience store and by bank transfers."""

_SOLD = (OrderState.PAID.value, OrderState.AUTHORISED.value)
_PROMISES = [method.value for method in Method if method.is_promise]


def is_scarce(on_hand: int, held: int) -> bool:
    """Whether so many of the pieces are held that it is worth a question."""
    return held > on_hand * HELD_SHARE


def allowance(on_hand: int) -> int:
    """Units that one customer may hold of hoarded goods."""
    return max(1, int(on_hand * SHARE))


def hoarded(session: Session, store_id: str, pieces: Mapping[str, int], now: dt.datetime) -> set[str]:
    """Those of some SKUs that are being hoarded. `pieces` is how many there are of each.

    What was sold to people who proved a mail address does not count: it says nothing of who would come without.
    """
    has_lapsed = (Order.state == OrderState.EXPIRED.value) & (Order.held_until <= now)
    is_sold = Order.state.in_(_SOLD) & ~was_proved(Order, now)
    query = (
        select(
            Hold.sku,
            func.sum(case((has_lapsed, Hold.quantity), else_=0)).label("lapsed"),
            func.sum(case((is_sold, Hold.quantity), else_=0)).label("sold"),
        )
        .join(Order, (Order.store_id == Hold.store_id) & (Order.id == Hold.order_id))
        .where(Order.store_id == store_id, Order.placed_at > now - COUNTS_FOR, Hold.sku.in_(pieces))
        .group_by(Hold.sku)
    )
    return {
        row.sku
        for row in session.execute(query)
        if row.lapsed >= max(LAPSED_FROM, pieces[row.sku] * LAPSED_SHARE) and row.lapsed > row.sold
    }


def had_a_turn(session: Session, order: Order, skus: Collection[str], now: dt.datetime) -> list[str]:
    """SKUs that this customer, or someone at this address, held within the hour and did not pay for."""
    query = (
        select(Hold.sku)
        .distinct()
        .join(Order, (Order.store_id == Hold.store_id) & (Order.id == Hold.order_id))
        .where(
            Hold.store_id == order.store_id,
            Hold.sku.in_(skus),
            or_(Hold.email_hash == order.email_hash, Hold.address_hash == order.address_hash),
            Order.state == OrderState.EXPIRED.value,
            Order.placed_at > now - COUNTS_FOR,
            Order.held_until <= now,
        )
    )
    return list(session.scalars(query))


def promised_out(session: Session, store_id: str, skus: Collection[str]) -> list[str]:
    """SKUs of which more is promised without money than may be, what the caller has just held included.

    One piece may always be. Asked after the stock's row is locked, as `shop.orders.holds.over_limit`.
    """
    query = (
        select(Hold.sku, Variant.on_hand, func.sum(Hold.quantity).label("promised"))
        .join(
            OrderPayment, (OrderPayment.store_id == Hold.store_id) & (OrderPayment.order_id == Hold.order_id)
        )
        .join(Payment, (Payment.store_id == OrderPayment.store_id) & (Payment.id == OrderPayment.payment_id))
        .join(Variant, (Variant.store_id == Hold.store_id) & (Variant.sku == Hold.sku))
        .where(
            Hold.store_id == store_id,
            Hold.sku.in_(skus),
            Hold.state == "active",
            Payment.method.in_(_PROMISES),
        )
        .group_by(Hold.sku, Variant.on_hand)
    )
    return [
        row.sku for row in session.execute(query) if row.promised > max(1, int(row.on_hand * PROMISED_SHARE))
    ]
