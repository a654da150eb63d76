"""What staff read of orders, on both databases: lists by key, one order's life, the figures of the home page."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from payments.columns import utcnow
from payments.models import Payment
from shop.address.contact import Contact
from shop.backoffice.figures import figures, midnight
from shop.context import Shop
from shop.orders.models import Order, OrderPayment
from shop.orders.shelf import Filter, page
from shop.orders.timeline import Source, timeline
from tests.concurrency.test_refunding import paid_order, refund, send_wanted
from tests.servers.sandbox import Sandbox
from tests.shop.ordering import GUEST, place_order

BOTH = ["style", "cocomo"]


def _guest(number: int) -> Contact:
    return replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}-1")


def test_pages_hold_every_order_once_newest_first(shop: Shop) -> None:
    placed = [place_order(shop, store, contact=_guest(n)) for n, store in enumerate(BOTH * 3)]
    seen: list[str] = []
    after: str | None = None
    with shop.db.read() as session:
        while True:
            one = page(session, Filter(BOTH), after=after, size=2)
            seen += [row.order.id for row in one.rows]
            after = one.after
            if after is None:
                break
        assert seen == placed[::-1]
        assert {row.order.store_id for row in page(session, Filter(["cocomo"])).rows} == {"cocomo"}
        assert page(session, Filter(BOTH, state="paid")).rows == []
        first = page(session, Filter(BOTH)).rows[0].order
        assert [row.order.id for row in page(session, Filter(BOTH, number=first.number)).rows] == [first.id]
        hashes = [first.email_hash]
        assert [row.order.id for row in page(session, Filter(BOTH, email_hashes=hashes)).rows] == [first.id]


def test_a_key_that_is_none_of_ours_is_no_key(shop: Shop) -> None:
    place_order(shop)
    with shop.db.read() as session:
        for nonsense in ("", "x", "~", "nan~1", "inf~1", "1e400~2", "\x00~", "9" * 30):
            assert len(page(session, Filter(BOTH), after=nonsense).rows) == 1


def test_an_orders_life_is_one_list(shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_order(shop, sandbox)
    refund(shop, order_id, note="一つ")
    send_wanted(shop)
    with shop.db.read() as session:
        order = session.get_one(Order, ("style", order_id))
        link = session.get_one(OrderPayment, ("style", order_id))
        moments = timeline(session, order, session.get_one(Payment, ("style", link.payment_id)))
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    happened = {(moment.source, moment.what) for moment in moments}
    assert {
        (Source.SHOPPER, "placed"),
        (Source.SESSION, "complete"),
        (Source.PAYMENT, "paid"),
        (Source.ORDER, "paid"),
        (Source.MONEY, "captured"),
        (Source.STAFF, "damaged"),
        (Source.MONEY, "refunded"),
        (Source.MAIL, "order_paid"),
    } <= happened
    (by_hand,) = [moment for moment in moments if moment.source is Source.STAFF]
    assert by_hand.actor == "staff:someone"
    assert by_hand.refund is not None
    assert by_hand.refund.amount == by_hand.amount


def test_the_figures_of_a_day(shop: Shop, sandbox: Sandbox) -> None:
    paid_order(shop, sandbox)
    place_order(shop, "cocomo", quantity=3, contact=_guest(7))
    with shop.db.read() as session:
        found = figures(session, BOTH, utcnow())
        later = figures(session, ["style"], utcnow() + dt.timedelta(days=1, hours=1))
    style, cocomo = found.today
    assert style.by_state == {"paid": 1}
    assert style.paid.minor > 0
    assert cocomo.by_state == {"placed": 1}
    assert cocomo.paid.minor == 0
    assert found.held_units == 3
    assert found.next_hold_ends is not None
    assert found.attention.total == 0
    assert [today.count for today in later.today] == [0]
    assert later.held_units == 0


def test_today_begins_at_midnight_in_japan() -> None:
    assert (
        midnight(dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)).isoformat() == "2026-11-25T00:00:00+09:00"
    )
    assert (
        midnight(dt.datetime(2026, 11, 24, 14, 59, tzinfo=dt.UTC)).isoformat() == "2026-11-24T00:00:00+09:00"
    )
