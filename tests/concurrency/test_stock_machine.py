"""Stock, holds, orders and money under any order of events (Hypothesis), with the provider played by this test."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import tempfile
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, update

from payments.columns import utcnow
from payments.making import make_session
from payments.models import LedgerEntry
from payments.models import Refund as RefundRow
from payments.provider import Provider, SessionStatus
from payments.refunds import send_refund, wanted_refunds
from payments.settle import apply_session, settle
from shop.app import create_shop
from shop.catalog.models import Product, Variant
from shop.checkout.request import request_of
from shop.checkout.sold_out import SoldOut
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from shop.orders.queries import OrderView, order_view
from shop.orders.release import release
from shop.settings import load
from tests.environment import make_environ
from tests.shop.ordering import GUEST, a_variant, place_order, prove_mailbox
from tests.storm.edges import Clock, Edges
from tests.storm.world import World

PIECES = 6


class StockMachine(RuleBasedStateMachine):
    """Random lives of orders for one variant of `PIECES` pieces."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="hitsuka-stock-"))
        shutil.copy(self.template, self._folder / "shop.sqlite")
        self._provider = World(Clock(), Edges())
        # It has what these rules need of the port. Its events are left unread: they only say that it is time to ask.
        self._port = cast(Provider, self._provider)
        shop = create_shop(load(make_environ(f"sqlite:///{self._folder / 'shop.sqlite'}")))
        self._shop: Shop = dataclasses.replace(shop, providers={"style": self._port, "cocomo": self._port})
        self._sku = a_variant(self._shop)[0].sku
        self._set_stock(PIECES)
        self._orders: list[str] = []

    def teardown(self) -> None:
        self._shop.db.dispose()
        shutil.rmtree(self._folder)

    @rule(quantity=st.integers(1, 3), reaches_payment=st.sampled_from([True, True, True, False]))
    def place(self, quantity: int, reaches_payment: bool) -> None:
        number = len(self._orders)
        guest = dataclasses.replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}")
        prove_mailbox(self._shop, "style", guest.email)  # what lapses often is sold to people with a mailbox
        with patch("tests.shop.ordering.a_variant", self._variant):
            try:
                self._orders.append(place_order(self._shop, quantity=quantity, contact=guest))
            except SoldOut:
                return
        if reaches_payment:
            self._open_session(self._view(self._orders[-1]))

    @precondition(lambda self: self._orders)
    @rule(data=st.data())
    def comes_back_to_pay(self, data: st.DataObject) -> None:
        self._open_session(self._any(data))

    def _open_session(self, view: OrderView) -> None:
        if view.attempt is not None and view.attempt.state == "waiting":
            make_session(
                self._shop.db,
                self._port,
                OrderListener(),
                "style",
                view.attempt.id,
                lambda attempt: request_of(self._shop, attempt),
                in_turn=True,
            )

    @precondition(lambda self: self._provider.sessions)
    @rule(data=st.data(), late=st.booleans())
    def card_pays(self, data: st.DataObject, late: bool) -> None:
        self._pay(self._session(data), even_if_over=late)

    def _pay(self, session_id: str, *, even_if_over: bool) -> None:
        """`even_if_over`: the card was confirmed in the last moment before the session ended."""
        told = self._provider.sessions[session_id]
        if not told.paid and (even_if_over or told.status is SessionStatus.OPEN):
            self._provider.pay(told)

    @precondition(lambda self: self._orders)
    @rule(data=st.data(), times=st.integers(1, 3))
    def events_come(self, data: st.DataObject, times: int) -> None:
        view = self._any(data)
        for _time in range(times):
            settle(self._shop.db, self._port, OrderListener(), "style", view.payment.id, cause="event")

    @rule()
    def reconciler_reads_every_session(self) -> None:
        """It also finds what was paid in the last moment of a session that we hold for ended."""
        for told in list(self._provider.sessions.values()):
            payment_id = (told.reference or "").partition(".")[2]
            apply_session(
                self._shop.db, OrderListener(), "style", payment_id, told, self._port, cause="reconcile"
            )

    @precondition(lambda self: self._orders)
    @rule(data=st.data())
    def hold_runs_out(self, data: st.DataObject) -> None:
        self._run_out(self._any(data).order.id)

    def _run_out(self, order_id: str) -> None:
        past = utcnow() - dt.timedelta(seconds=1)
        self._shop.db.write(
            lambda session: session.execute(update(Order).where(Order.id == order_id).values(held_until=past))
        )
        release(self._shop.db, self._port, OrderListener(), "style", order_id, utcnow())

    @precondition(lambda self: self._provider.sessions)
    @rule(data=st.data())
    def paid_in_the_last_moment(self, data: st.DataObject) -> None:
        """The hold runs out and the session ends, yet a card had been confirmed: the goods may be gone by now."""
        session_id = self._session(data)
        payment_id = (self._provider.sessions[session_id].reference or "").partition(".")[2]
        order_id = next(one for one in self._orders if self._view(one).payment.id == payment_id)
        self._run_out(order_id)
        self._pay(session_id, even_if_over=True)
        self.reconciler_reads_every_session()

    @precondition(lambda self: self._provider.refundable())
    @rule(data=st.data())
    def refunded_on_the_providers_screen(self, data: st.DataObject) -> None:
        there = self._provider.refundable()
        session, left = there[data.draw(st.integers(0, len(there) - 1))]
        assert session.payment_id is not None
        self._provider.give_back(session.payment_id, left, session.reference or "")

    @rule()
    def wanted_refunds_are_sent(self) -> None:
        with self._shop.db.read() as session:
            wanted = wanted_refunds(session)
        for store_id, refund_id in wanted:
            send_refund(self._shop.db, self._port, OrderListener(), store_id, refund_id)

    @invariant()
    def what_is_held_is_the_sum_of_active_holds(self) -> None:
        on_hand, held = self._stock()
        assert held == self._units("active")
        assert 0 <= held <= on_hand

    @invariant()
    def what_is_there_and_what_is_sold_is_what_there_was(self) -> None:
        on_hand, _held = self._stock()
        assert on_hand + self._units("taken") == PIECES

    @invariant()
    def every_payments_ledger_is_its_state(self) -> None:
        for order_id in self._orders:
            view = self._view(order_id)
            booked = self._sum(LedgerEntry.amount_minor, LedgerEntry.payment_id == view.payment.id)
            due = view.order.total_minor
            expected = {"pending": 0, "expired": 0, "paid": due, "refunding": due, "refunded": 0}
            assert booked == expected[view.payment.state]
            paired = {"pending": "placed"}
            assert view.order.state == paired.get(view.payment.state, view.payment.state)

    @invariant()
    def no_money_without_goods(self) -> None:
        """A paid order has taken its goods; another paid one is on its way back."""
        for order_id in self._orders:
            view = self._view(order_id)
            if view.order.state == "paid":
                assert self._states_of_holds(order_id) == {"taken"}
            if view.order.state == "refunding":
                wanted = self._sum(RefundRow.amount_minor, RefundRow.payment_id == view.payment.id)
                assert wanted == view.order.total_minor

    def _variant(self, shop: Shop, _store_id: str = "style") -> object:
        with shop.db.read() as session:
            variant = session.get_one(Variant, ("style", self._sku))
            return variant, session.get_one(Product, ("style", variant.product_slug))

    def _set_stock(self, pieces: int) -> None:
        self._shop.db.write(
            lambda session: session.execute(
                update(Variant)
                .where(Variant.store_id == "style", Variant.sku == self._sku)
                .values(on_hand=pieces, held=0)
            )
        )

    def _any(self, data: st.DataObject) -> OrderView:
        return self._view(self._orders[data.draw(st.integers(0, len(self._orders) - 1))])

    def _session(self, data: st.DataObject) -> str:
        ids = list(self._provider.sessions)
        return ids[data.draw(st.integers(0, len(ids) - 1))]

    def _view(self, order_id: str) -> OrderView:
        with self._shop.db.read() as session:
            view = order_view(session, "style", order_id)
        assert view is not None
        return view

    def _stock(self) -> tuple[int, int]:
        with self._shop.db.read() as session:
            variant = session.get_one(Variant, ("style", self._sku))
            return variant.on_hand, variant.held

    def _units(self, state: str) -> int:
        return self._sum(Hold.quantity, (Hold.sku == self._sku) & (Hold.state == state))

    def _states_of_holds(self, order_id: str) -> set[str]:
        with self._shop.db.read() as session:
            return set(session.scalars(select(Hold.state).where(Hold.order_id == order_id)))

    def _sum(self, column: object, condition: object) -> int:
        with self._shop.db.read() as session:
            return int(session.scalar(select(func.coalesce(func.sum(column), 0)).where(condition)) or 0)  # type: ignore[arg-type]  # a column of any number


def test_stock_holds_and_money_agree_after_any_events(
    sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.line.CREATES_AT_ONCE", 1000)
    StockMachine.template = sqlite_template
    # Not shrunk: every step writes to a disk, so a shorter story would take minutes.
    run_state_machine_as_test(
        StockMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
