"""Money that a card promises when the order is over, parcels of the wrong order, and books that only a person keeps."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.by_hand import collect, hand_back
from payments.columns import new_id, utcnow
from payments.models import Capture, LedgerEntry, Payment
from shop.catalog import stock
from shop.catalog.models import Variant
from shop.context import Shop
from shop.fulfilment.carriers import Carrier
from shop.fulfilment.shipping import NotShippable, Parcel, Who, ship
from shop.jobs.models import Job
from shop.orders import holds
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from tests.shop.card_switch import STAFF, view_of
from tests.shop.ordering import place_order


def _authorised_late(shop: Shop, *, are_there: bool) -> str:
    """An order that had run out when its card promised the money; its id."""
    order_id = place_order(shop)
    payment_id = view_of(shop, order_id).payment.id

    def work(session: Session) -> None:
        order = session.get_one(Order, ("style", order_id))
        order.state = "expired"
        holds.release(session, order)
        payment = session.get_one(Payment, ("style", payment_id))
        payment.state, payment.provider_id = "authorised", f"pi_{order_id}"
        session.flush()
        if not are_there:
            sku = session.scalars(select(Hold.sku).where(Hold.order_id == order_id)).one()
            row = session.get_one(Variant, ("style", sku))
            assert stock.hold(session, "style", sku, row.on_hand - row.held)
        OrderListener().authorised(session, payment)

    shop.db.write(work)
    return order_id


def _mails(shop: Shop, order_id: str) -> set[str]:
    with shop.db.read() as session:
        return set(session.scalars(select(Job.detail).where(Job.kind == "mail", Job.subject_id == order_id)))


def test_a_promise_that_came_too_late_for_the_goods_is_let_go_with_an_apology(paying_shop: Shop) -> None:
    order_id = _authorised_late(paying_shop, are_there=False)
    with paying_shop.db.read() as session:
        assert session.get_one(Order, ("style", order_id)).state == "canceled"
        wish = session.scalars(select(Capture)).one()
    assert (wish.is_void, wish.reason, wish.state) == (True, "goods_gone", "wanted")
    assert _mails(paying_shop, order_id) == {"order_apology"}


def test_one_that_came_late_while_the_goods_are_there_takes_them(paying_shop: Shop) -> None:
    order_id = _authorised_late(paying_shop, are_there=True)
    with paying_shop.db.read() as session:
        assert session.get_one(Order, ("style", order_id)).state == "authorised"
        assert session.scalars(select(Hold.state).where(Hold.order_id == order_id)).all() == ["taken"]
    assert _mails(paying_shop, order_id) == {"order_authorised"}


def test_the_key_of_one_orders_parcel_sends_nothing_of_another(paying_shop: Shop) -> None:
    first, second = place_order(paying_shop), place_order(paying_shop)

    def paid(session: Session) -> None:
        for order_id in (first, second):
            session.get_one(Order, ("style", order_id)).state = "paid"
            session.get_one(Payment, ("style", view_of(paying_shop, order_id).payment.id)).state = "paid"

    paying_shop.db.write(paid)
    parcel, who = Parcel(new_id(), Carrier("own"), "", None), Who(STAFF, "req-test")
    assert ship(paying_shop, "style", first, parcel, who).order_id == first
    with pytest.raises(NotShippable) as refused:
        ship(paying_shop, "style", second, parcel, who)
    assert refused.value.code == "key"


def test_of_what_a_provider_knows_nothing_is_booked_by_hand(paying_shop: Shop) -> None:
    payment_id = view_of(paying_shop, place_order(paying_shop)).payment.id

    def collected(session: Session) -> None:
        collect(session, session.get_one(Payment, ("style", payment_id)), OrderListener())

    def handed_back(session: Session) -> None:
        payment = session.get_one(Payment, ("style", payment_id))
        payment.state, payment.provider_id, payment.created_at = "paid", "pi_x", utcnow()
        hand_back(session, payment, 100, OrderListener(), reason="test")

    for work in (collected, handed_back):
        with pytest.raises(ValueError, match="a provider knows"):
            paying_shop.db.write(work)
    with paying_shop.db.read() as session:
        assert session.scalars(select(LedgerEntry)).all() == []
