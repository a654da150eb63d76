"""Things that several hands do at one moment come out once: orders, holds, sessions, bookings."""

from __future__ import annotations

import datetime as dt
import urllib.error
from dataclasses import replace
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.inbox import apply_events, store_event
from payments.making import make_session
from payments.models import Attempt, LedgerEntry, Payment
from payments.provider import Event
from payments.settle import settle
from shop.catalog.models import Variant
from shop.checkout.payment import ui_mode_of
from shop.checkout.request import request_of
from shop.checkout.service import Buyer, confirm
from shop.checkout.sold_out import TooMany
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order, OrderPayment
from shop.orders.queries import OrderView, order_view
from shop.orders.release import release
from shop.stores import all_stores
from tests.concurrency.together import together
from tests.servers.sandbox import Sandbox
from tests.shop.ordering import GUEST, a_basket, a_quote, place_order
from tests.shop.starting import start_payment

STYLE = all_stores()["style"]


def test_eight_confirms_of_one_page_are_one_order_one_hold_one_session(shop: Shop) -> None:
    quote = a_quote(shop, STYLE)
    cart_id = a_basket(shop, "style", quote)
    buyer = Buyer(cart_id, GUEST, "ja", "req-test")
    mode = ui_mode_of(STYLE)

    def press() -> str:
        order_id = confirm(shop, STYLE, quote, buyer, mode, utcnow()).order_id
        start_payment(
            shop, _view(shop, order_id), ui_mode=mode, locale="ja", request_id="req-test", now=utcnow()
        )
        return order_id

    ids = together([press] * 8)

    assert len(set(ids)) == 1
    with shop.db.read() as session:
        assert session.scalar(select(func.count()).where(Order.cart_id == cart_id)) == 1
        assert session.scalar(select(func.sum(Hold.quantity)).where(Hold.order_id == ids[0])) == 1
        attempts = session.scalars(
            select(Attempt).where(Attempt.payment_id == _payment_id(shop, ids[0]))
        ).all()
    assert [attempt.state for attempt in attempts] == ["open"]
    assert len(_sessions_of(shop, ids[0])) == 1


def test_an_order_paid_while_two_workers_release_it_has_exactly_one_outcome(
    shop: Shop, sandbox: Sandbox
) -> None:
    for _round in range(5):
        order_id = place_order(shop)
        session_id = _open_session(shop, order_id)
        before = _stock_of(shop, order_id)
        _let_the_hold_run_out(shop, order_id)
        works = [
            partial(_release, shop, order_id),
            partial(_release, shop, order_id),
            partial(_settle, shop, order_id),
            partial(_pay, sandbox, session_id),
        ]
        together(works)
        _settle(shop, order_id)
        _release(shop, order_id)

        view = _view(shop, order_id)
        told = shop.providers["style"].retrieve_session(session_id)
        on_hand, held = _stock_of(shop, order_id)
        assert held == before[1] - 1
        assert _active_units(shop, order_id) == 0
        if told.paid:
            assert (view.order.state, view.payment.state) == ("paid", "paid")
            assert on_hand == before[0] - 1
            assert _booked(shop, view.payment) == view.order.total_minor
        else:
            assert (view.order.state, view.payment.state) == ("expired", "expired")
            assert on_hand == before[0]
            assert _booked(shop, view.payment) == 0


def test_four_settlings_of_one_payment_book_it_once(shop: Shop, sandbox: Sandbox) -> None:
    order_id = place_order(shop)
    sandbox.pay(_open_session(shop, order_id))
    on_hand, _held = _stock_of(shop, order_id)

    together([lambda: _settle(shop, order_id)] * 4)

    view = _view(shop, order_id)
    assert view.order.state == "paid"
    assert _booked(shop, view.payment) == view.order.total_minor
    assert _stock_of(shop, order_id)[0] == on_hand - 1


def test_one_event_delivered_and_applied_by_four_at_once_counts_once(shop: Shop, sandbox: Sandbox) -> None:
    order_id = place_order(shop)
    session_id = _open_session(shop, order_id)
    sandbox.pay(session_id)
    provider = shop.providers["style"]
    event = next(one for one in provider.events_since(_an_hour_ago()) if one.object_id == session_id)

    kept = together([lambda: _keep_event(shop, event)] * 4)
    applied = together([lambda: apply_events(shop.db, provider, OrderListener())] * 4)

    assert sorted(kept) == [False, False, False, True]
    assert sum(applied) == 1
    view = _view(shop, order_id)
    assert view.order.state == "paid"
    assert _booked(shop, view.payment) == view.order.total_minor


def test_one_guest_in_four_browsers_holds_no_more_than_one_may(shop: Shop) -> None:
    def press() -> bool:
        try:
            place_order(shop, quantity=4)
        except TooMany:
            return False
        return True

    placed = together([press] * 4)

    assert sum(placed) == 2, "four each, ten together"


def test_two_goods_in_two_orders_at_once_do_not_block_each_other(shop: Shop) -> None:
    with shop.db.read() as session:
        skus = session.scalars(
            select(Variant.sku).where(Variant.store_id == "style", Variant.on_hand > 20).limit(2)
        ).all()
    line = a_quote(shop, STYLE).lines[0]
    lines = [replace(line, sku=sku) for sku in skus]
    guests = [replace(GUEST, email=f"guest{n}@example.jp", street=f"神宮前{n}") for n in range(6)]

    def press(number: int) -> str:
        order = lines if number % 2 else lines[::-1]
        quote = replace(a_quote(shop, STYLE), lines=tuple(order))
        buyer = Buyer(a_basket(shop, "style", quote), guests[number], "ja", "req-test")
        return confirm(shop, STYLE, quote, buyer, ui_mode_of(STYLE), utcnow()).order_id

    ids = together([partial(press, number) for number in range(6)])

    assert len(set(ids)) == 6


def _view(shop: Shop, order_id: str) -> OrderView:
    with shop.db.read() as session:
        view = order_view(session, "style", order_id)
    assert view is not None
    return view


def _payment_id(shop: Shop, order_id: str) -> str:
    with shop.db.read() as session:
        return session.get_one(OrderPayment, ("style", order_id)).payment_id


def _open_session(shop: Shop, order_id: str) -> str:
    attempt = _view(shop, order_id).attempt
    assert attempt is not None
    made = make_session(
        shop.db,
        shop.providers["style"],
        OrderListener(),
        "style",
        attempt.id,
        lambda claimed: request_of(shop, claimed),
        in_turn=True,
    )
    assert made.session is not None
    return made.session.id


def _sessions_of(shop: Shop, order_id: str) -> list[str]:
    reference = f"style.{_payment_id(shop, order_id)}"
    found = shop.providers["style"].sessions_since(_an_hour_ago())
    return [one.id for one in found if one.reference == reference]


def _an_hour_ago() -> dt.datetime:
    return utcnow() - dt.timedelta(hours=1)


def _let_the_hold_run_out(shop: Shop, order_id: str) -> None:
    def work(session: Session) -> None:
        session.get_one(Order, ("style", order_id)).held_until = utcnow() - dt.timedelta(seconds=1)

    shop.db.write(work)


def _release(shop: Shop, order_id: str) -> None:
    release(shop.db, shop.providers["style"], OrderListener(), "style", order_id, utcnow())


def _settle(shop: Shop, order_id: str) -> None:
    provider, payment_id = shop.providers["style"], _payment_id(shop, order_id)
    settle(shop.db, provider, OrderListener(), "style", payment_id, cause="test")


def _pay(sandbox: Sandbox, session_id: str) -> None:
    try:
        sandbox.pay(session_id)
    except urllib.error.HTTPError as error:
        error.close()  # the session had ended before: then nobody has paid


def _keep_event(shop: Shop, event: Event) -> bool:
    return shop.db.write(lambda session: store_event(session, shop.providers["style"], event, b"{}"))


def _stock_of(shop: Shop, order_id: str) -> tuple[int, int]:
    with shop.db.read() as session:
        sku = session.scalars(select(Hold.sku).where(Hold.order_id == order_id)).one()
        variant = session.get_one(Variant, ("style", sku))
        return variant.on_hand, variant.held


def _active_units(shop: Shop, order_id: str) -> int:
    query = select(func.coalesce(func.sum(Hold.quantity), 0))
    with shop.db.read() as session:
        return int(session.scalar(query.where(Hold.order_id == order_id, Hold.state == "active")) or 0)


def _booked(shop: Shop, payment: Payment) -> int:
    query = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
    with shop.db.read() as session:
        return int(session.scalar(query.where(LedgerEntry.payment_id == payment.id)) or 0)
