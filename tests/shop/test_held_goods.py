"""Goods that are held: all of an order or none, once prolonged, and free only when nobody can pay for them any more."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import sessions
from payments.columns import new_id, utcnow
from payments.models import Attempt
from payments.states import PaymentState
from shop.catalog import stock
from shop.catalog.models import Variant
from shop.checkout.payment import ui_mode_of
from shop.checkout.request import request_of
from shop.checkout.service import Buyer, confirm
from shop.context import Shop
from shop.fulfilment.models import Fulfilment, Shipment
from shop.orders import holds
from shop.orders import release as releasing
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from shop.orders.release import release
from shop.stores import all_stores
from tests.shop.card_switch import view_of
from tests.shop.ordering import GUEST, a_basket, a_quote, place_order

STYLE = all_stores()["style"]


def _two_goods(shop: Shop) -> str:
    """An order of one piece each of two goods; its id."""
    quote = a_quote(shop, STYLE)
    (line,) = quote.lines
    with shop.db.read() as session:
        query = select(Variant).where(
            Variant.store_id == "style", Variant.sku > line.sku, Variant.on_hand > 5
        )
        other = session.scalars(query.order_by(Variant.sku).limit(1)).one()
    quote = replace(quote, lines=(line, replace(line, sku=other.sku, product_slug=other.product_slug)))
    buyer = Buyer(a_basket(shop, "style", quote), GUEST, "ja", "req-test")
    return confirm(shop, STYLE, quote, buyer, ui_mode_of(STYLE), utcnow()).order_id


def _order(session: Session, order_id: str) -> Order:
    return session.get_one(Order, ("style", order_id))


def _held(shop: Shop, order_id: str) -> dict[str, tuple[str, int]]:
    """By SKU: the state of the order's hold, and how many pieces anybody holds."""
    with shop.db.read() as session:
        rows = session.scalars(select(Hold).where(Hold.order_id == order_id).order_by(Hold.sku)).all()
        return {row.sku: (row.state, session.get_one(Variant, ("style", row.sku)).held) for row in rows}


def test_a_late_payment_holds_all_its_goods_again_or_none(paying_shop: Shop) -> None:
    order_id = _two_goods(paying_shop)
    first, second = _held(paying_shop, order_id)
    paying_shop.db.write(lambda session: holds.release(session, _order(session, order_id)))

    def the_second_goes(session: Session) -> None:
        row = session.get_one(Variant, ("style", second))
        assert stock.hold(session, "style", second, row.on_hand - row.held)

    paying_shop.db.write(the_second_goes)
    gone = _held(paying_shop, order_id)[second]
    assert not paying_shop.db.write(lambda session: holds.hold_again(session, _order(session, order_id)))
    assert _held(paying_shop, order_id) == {first: ("released", 0), second: gone}


def test_a_hold_is_prolonged_once_in_its_last_minutes_and_never_after_its_end() -> None:
    now = utcnow()

    def order(left: dt.timedelta, **more: object) -> Order:
        return Order(**{"state": "placed", "held_until": now + left, "hold_prolonged": False} | more)

    early, late = order(holds.LAST_MINUTES + dt.timedelta(minutes=1)), order(dt.timedelta(minutes=1))
    assert (holds.prolong(early, now), early.hold_prolonged) == (True, False)
    assert (holds.prolong(late, now), late.held_until) == (True, now + holds.HOLD_FOR)
    later = now + holds.HOLD_FOR - dt.timedelta(minutes=1)
    assert (holds.prolong(late, later), late.held_until) == (True, now + holds.HOLD_FOR)
    over = order(dt.timedelta())
    assert (holds.prolong(over, now), over.held_until) == (False, now)
    paid = order(dt.timedelta(minutes=1), state="paid")
    assert (holds.prolong(paid, now), paid.hold_prolonged) == (False, False)


def _overdue(shop: Shop, order_id: str) -> None:
    past = utcnow() - dt.timedelta(seconds=1)
    shop.db.write(lambda session: setattr(_order(session, order_id), "held_until", past))


@pytest.mark.parametrize("meanwhile", ["a new session", "a longer hold"])
def test_what_came_while_the_provider_was_asked_keeps_the_goods(
    paying_shop: Shop, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Between the end of the sessions and the end of the order its shopper was busy in another tab."""
    order_id = place_order(paying_shop)
    _overdue(paying_shop, order_id)

    def ended(*given: object, **named: object) -> PaymentState:
        state = sessions.end_sessions(*given, **named)  # type: ignore[arg-type]  # as it was called

        def busy(session: Session) -> None:
            if meanwhile == "a longer hold":
                _order(session, order_id).held_until = utcnow() + holds.HOLD_FOR
                return
            attempt = session.scalars(select(Attempt)).one()
            values = {
                name: getattr(attempt, name) for name in ("store_id", "payment_id", "ui_mode", "locale")
            }
            session.add(
                Attempt(**values, id=new_id(), request_id="x", state="waiting", expires_at=attempt.expires_at)
            )

        paying_shop.db.write(busy)
        return state

    monkeypatch.setattr(releasing, "end_sessions", ended)
    provider = paying_shop.providers["style"]
    assert not release(paying_shop.db, provider, OrderListener(), "style", order_id, utcnow())
    assert [state for state, _held_now in _held(paying_shop, order_id).values()] == ["active"]


def test_a_request_is_worded_as_it_was_wanted_whatever_the_store_wants_by_now(paying_shop: Shop) -> None:
    """Its key stands for its words: with others the provider would refuse to say what became of it."""
    order_id = place_order(paying_shop)
    attempt = view_of(paying_shop, order_id).attempt
    assert attempt is not None
    before = request_of(paying_shop, attempt)
    strict = {
        store_id: replace(terms, capture="shipment", three_d_secure=type(terms.three_d_secure)("challenge"))
        for store_id, terms in paying_shop.settings.cards.items()
    }
    now = replace(paying_shop, settings=replace(paying_shop.settings, cards=strict))
    assert request_of(now, attempt) == before


def test_a_parcel_whose_payment_comes_under_review_may_not_leave(paying_shop: Shop) -> None:
    order_id = place_order(paying_shop)
    view = view_of(paying_shop, order_id)
    parcel_id = new_id()

    def review(session: Session) -> None:
        order = _order(session, order_id)
        order.state = "authorised"
        session.add(Fulfilment(store_id="style", order_id=order_id, state="capturing"))
        session.add(
            Shipment(
                store_id="style",
                id=parcel_id,
                order_id=order_id,
                state="wanted",
                carrier="own",
                lines={},
                actor="staff:x",
                request_id="x",
            )
        )
        session.flush()
        OrderListener().review(session, view.payment)

    paying_shop.db.write(review)
    with paying_shop.db.read() as session:
        assert session.get_one(Shipment, ("style", parcel_id)).state == "failed"
