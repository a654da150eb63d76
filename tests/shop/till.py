"""Short ways to look at what a checkout has made, and to pay for it on the provider's side."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Attempt, Payment
from payments.settle import settle
from shop.catalog.models import Variant
from shop.context import Shop
from shop.orders.links import order_of_token
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment
from shop.orders.release import release
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, plenty

SKU = plenty("style")


def orders_of(shop: Shop) -> list[Order]:
    """Every order, in the order of placing."""
    with shop.db.read() as session:
        return list(session.scalars(select(Order).order_by(Order.placed_at)))


def attempts_of(shop: Shop) -> list[Attempt]:
    """Every session that was wanted, in that order."""
    with shop.db.read() as session:
        return list(session.scalars(select(Attempt).order_by(Attempt.created_at)))


def change_variant(shop: Shop, sku: str, **values: int) -> None:
    """Change a variant of the style store."""

    def work(session: Session) -> None:
        session.execute(
            update(Variant).where(Variant.store_id == "style", Variant.sku == sku).values(**values)
        )

    shop.db.write(work)


def stock_of(shop: Shop, sku: str = SKU) -> tuple[int, int]:
    """(on hand, held) of a variant."""
    with shop.db.read() as session:
        variant = session.get_one(Variant, ("style", sku))
        return variant.on_hand, variant.held


def hear_of(shop: Shop, order: Order) -> None:
    """What a webhook does: ask the provider, and apply what it says."""
    with shop.db.read() as session:
        payment = session.scalars(select(Payment).where(Payment.reference == order.id)).one()
    settle(shop.db, shop.providers["style"], OrderListener(), order.store_id, payment.id, cause="test")


def pay_for(shop: Shop, sandbox: Sandbox, order: Order, card: str = "success") -> None:
    """Pay the newest session of an order on the provider's side, and hear of it."""
    session_id = attempts_of(shop)[-1].session_id
    assert session_id is not None
    sandbox.pay(session_id, card)
    hear_of(shop, order)


def buy_and_pay(buyer: Buyer, shop: Shop, sandbox: Sandbox) -> str:
    """Two pieces, bought by a guest and paid; the order's id."""
    token = buyer.buy(quantity=2)
    order_id = order_of_token(shop.settings.keys, buyer.store_id, token)
    assert order_id is not None
    with shop.db.read() as session:
        link = session.get_one(OrderPayment, (buyer.store_id, order_id))
        session_id = session.scalar(select(Attempt.session_id).where(Attempt.payment_id == link.payment_id))
    sandbox.pay(session_id or "")
    settle(
        shop.db,
        shop.providers[buyer.store_id],
        OrderListener(),
        buyer.store_id,
        link.payment_id,
        cause="test",
    )
    return order_id


def run_out(shop: Shop, order: Order) -> None:
    """Let the hold of an order run out."""

    def work(session: Session) -> None:
        session.get_one(Order, (order.store_id, order.id)).held_until = utcnow() - dt.timedelta(seconds=1)

    shop.db.write(work)


def end_order(shop: Shop, order: Order) -> None:
    run_out(shop, order)
    assert release(shop.db, shop.providers["style"], OrderListener(), "style", order.id, utcnow())
