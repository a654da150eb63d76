"""A storm in one process: random lives of orders, calls that go wrong, a process that dies at any edge, a moved clock.

What must never be is asserted at every step. When a story ends, the faults end too and time passes until nothing is
left to do; then `tests.storm.books` says whether all of it agrees.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import email.message
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from flask import Flask
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
from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.models import CardSwitch, Payment, PaymentHistory
from payments.money import Money
from payments.provider import PaymentError, Provider, Session
from payments.reconcile import reconcile
from payments.stop import CardsClosed, CardState, locked_switch, turn
from shop.app import create_app, create_shop
from shop.audit.actor import Actor
from shop.cards.after_stop import Decision, decide
from shop.cards.service import stop_cards
from shop.catalog.models import Product, Variant
from shop.checkout.payment import start_placed, ui_mode_of
from shop.checkout.service import Buyer, SoldOut, confirm
from shop.context import Shop
from shop.jobs.worker import Worker
from shop.mail.transport import MailNotTaken
from shop.orders.links import order_token
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from shop.orders.queries import OrderView, order_view
from shop.orders.refund_plan import NotRefundable, Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from shop.settings import load
from shop.stores import all_stores
from tests.environment import make_environ
from tests.shop.ordering import GUEST, a_basket, a_quote
from tests.storm.books import wrong, wrong_mails
from tests.storm.edges import Clock, Edges, Killed, MortalDatabase
from tests.storm.world import Trouble, World

STORE = "style"
PIECES = 5
HOST = "http://style.localhost:8000"
STAFF = Actor("staff", "someone")
_CALM_ROUNDS = 40


@dataclass(frozen=True)
class Rough:
    """How one step goes wrong: a call of it, or the process at one of its edges. Mostly nothing does."""

    trouble: Trouble | None = None
    after: int = 0
    dies_at: int | None = None


smooth = st.just(Rough())
rough = st.one_of(
    smooth,
    st.builds(
        Rough, st.sampled_from([*Trouble, Trouble.LOST, Trouble.LOST]), st.sampled_from([0, 0, 0, 1, 2])
    ),
    st.builds(Rough, dies_at=st.integers(0, 9)),
)


@dataclass
class Stage:
    """What stories share: the shop's parts are made once, its database is put back before each story."""

    template: Path
    folder: Path
    shop: Shop
    app: Flask
    edges: Edges
    worlds: dict[str, World]

    def clean(self) -> None:
        self.shop.db.dispose()
        for path in self.folder.glob("shop.sqlite*"):
            path.unlink()
        shutil.copy(self.template, self.folder / "shop.sqlite")


@contextlib.contextmanager
def stage(template: Path) -> Iterator[Stage]:
    """In memory where the machine has such a folder: every step writes."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="hitsuka-storm-", dir=memory if memory.is_dir() else None))
    shutil.copy(template, folder / "shop.sqlite")
    edges = Edges()
    worlds: dict[str, World] = {}
    MortalDatabase.edges = edges
    with patch("shop.app.Database", MortalDatabase):
        loaded = load(make_environ(f"sqlite:///{folder / 'shop.sqlite'}"))
        shop = create_shop(loaded, lambda _account: cast(Provider, _Now(worlds)))
    app = create_app(shop=shop)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    try:
        yield Stage(template, folder, shop, app, edges, worlds)
    finally:
        shop.db.dispose()
        shutil.rmtree(folder)


class _Now:
    """The provider of the story that is told now."""

    def __init__(self, worlds: dict[str, World]) -> None:
        self._worlds = worlds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._worlds.get("now", World), name)


class StormMachine(RuleBasedStateMachine):
    """One story."""

    on: Stage

    def __init__(self) -> None:
        super().__init__()
        self.on.clean()
        self._open = contextlib.ExitStack()
        self._clock, self._edges = Clock(), self.on.edges
        self._edges.kills = 0
        self._open.enter_context(self._clock.rules())
        self._open.enter_context(patch("payments.line.CREATES_AT_ONCE", 1000))
        self._open.enter_context(patch("shop.jobs.worker.deliver", self._deliver))
        self._world = self.on.worlds["now"] = World(self._clock, self._edges)
        self._shop, self._app = self.on.shop, self.on.app
        self._world.is_closed = self._is_closed
        self._client = self._app.test_client()
        self._client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        self._since = utcnow() - dt.timedelta(minutes=1)
        self._mails: Counter[str] = Counter()
        self._refuses_mail = False
        self._orders: list[str] = []
        self._odd: set[str] = set()
        """References of payments of which the provider says what can't be: a person must look."""
        self._late: set[str] = set()
        """References of payments whose session was paid after the provider had called it ended. Another session may be
        open by then; when that is paid too, the second money goes back."""
        self._in_stop: set[str] = set()
        """References of payments that were made while the store took no cards."""
        self._store = all_stores()[STORE]
        self._worker = Worker(self._app, self._shop)
        with self._shop.db.read() as session:
            self._variant = (
                session.query(Variant).filter_by(store_id=STORE).filter(Variant.on_hand > 20).first()
            )
            assert self._variant is not None
            self._product = session.get_one(Product, (STORE, self._variant.product_slug))
        self._shop.db.write(self._put_on_sale)

    def teardown(self) -> None:
        try:
            self._calm_down()
        finally:
            self._open.close()

    # What people and the provider do.

    @rule(quantity=st.integers(1, 2), twice=st.booleans(), leaves=st.booleans(), how=rough)
    def press_order_button(self, quantity: int, twice: bool, leaves: bool, how: Rough) -> None:
        number = len(self._orders)
        guest = dataclasses.replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}")
        with patch("tests.shop.ordering.a_variant", lambda _shop, _store: (self._variant, self._product)):
            quote = a_quote(self._shop, self._store, quantity=quantity, contact=guest)
            buyer = Buyer(a_basket(self._shop, STORE, quote), guest, "ja", "req-test")

        def press() -> None:
            mode = ui_mode_of(self._store)
            placed = confirm(self._shop, self._store, quote, buyer, mode, utcnow(), claim=not leaves)
            if not leaves and placed.view is not None:
                start_placed(self._shop, placed.view, guest)

        for _press in range(2 if twice else 1):
            with contextlib.suppress(SoldOut, CardsClosed):
                self._go(press, how)
        made = len(self._order_ids()) - number
        assert made <= 1, f"{made} orders by one order button"
        self._orders = self._order_ids()

    @precondition(lambda self: self._orders)
    @rule(data=st.data(), page=st.sampled_from(["pay", "pay/page"]), how=rough)
    def press_pay_again(self, data: st.DataObject, page: str, how: Rough) -> None:
        """Goes on with what is open, or ends it and makes a new session."""
        self._visit("POST", self._any(data), page, how)

    @precondition(lambda self: self._orders)
    @rule(data=st.data(), page=st.sampled_from(["pay", "return", "wait"]), how=smooth)
    def open_a_page(self, data: st.DataObject, page: str, how: Rough) -> None:
        order = self._any(data)
        before = self._states(order)
        self._visit("GET", order, page, how)
        assert self._states(order) == before, f"GET {page} changed an order"

    @precondition(lambda self: self._orders)
    @rule(data=st.data(), how=rough)
    def come_back(self, data: st.DataObject, how: Rough) -> None:
        self._visit("POST", self._any(data), "check", how)

    @precondition(lambda self: self._world.payable())
    @rule(data=st.data(), way=st.sampled_from(["pays"] * 6 + ["declined", "under way", "odd amount"]))
    def try_a_card(self, data: st.DataObject, way: str) -> None:
        payable = self._world.payable()
        session = payable[data.draw(st.integers(0, len(payable) - 1))]
        self._note_stop(session)
        if way == "declined":
            self._world.decline(session)
        elif way == "odd amount":
            self._odd.add(session.reference or "")
            self._world.pay(session, charged=session.amount - Money(1))
        else:
            self._world.pay(session, taken=way == "pays")

    @precondition(lambda self: self._world.ended())
    @rule(data=st.data())
    def pay_in_the_last_moment(self, data: st.DataObject) -> None:
        """A card had been confirmed when the session ended; its goods may be gone, or another session paid."""
        ended = self._world.ended()
        session = ended[data.draw(st.integers(0, len(ended) - 1))]
        self._note_stop(session)
        self._late.add(session.reference or "")
        self._world.pay(session)

    def _note_stop(self, session: Session) -> None:
        if self._is_closed():
            self._in_stop.add(session.reference or "")

    @precondition(lambda self: self._orders)
    @rule()
    def bank_says_yes(self) -> None:
        """To whatever was under way."""
        self._world.say_yes()

    @precondition(lambda self: self._world.events)
    @rule(data=st.data(), times=st.integers(1, 2), how=rough)
    def event_comes(self, data: st.DataObject, times: int, how: Rough) -> None:
        """Any of them, in any order, once or more often, or never."""
        body = self._world.events[data.draw(st.integers(0, len(self._world.events) - 1))]
        for _time in range(times):
            self._go(lambda: self._post_event(body, World.signature(body)), how)

    @precondition(lambda self: self._world.events)
    @rule(data=st.data())
    def forged_event_comes(self, data: st.DataObject) -> None:
        body = self._world.events[data.draw(st.integers(0, len(self._world.events) - 1))]
        forged = body.replace(b'"live": false', b'"live": true')
        assert self._post_event(forged, World.signature(body)) == 400

    @precondition(lambda self: self._orders)
    @rule(data=st.data(), wish=st.sampled_from([Wish(everything=True), Wish(amount=Money(100))]), how=rough)
    def staff_gives_back(self, data: st.DataObject, wish: Wish, how: Rough) -> None:
        order = self._any(data)
        wanted = Request(wish, RefundReason.DAMAGED, "", f"key-{self._clock.now():%H%M%S%f}", "me", "req")

        def press() -> None:
            self._shop.db.write(lambda session: refund_order(session, self._shop, STORE, order, wanted))

        with contextlib.suppress(NotRefundable):
            self._go(press, how)

    @precondition(lambda self: self._orders)
    @rule(data=st.data())
    def refunded_on_the_providers_screen(self, data: st.DataObject) -> None:
        paid = [one for one in self._world.sessions.values() if one.charge and not one.charge.refunded.minor]
        if paid:
            session = paid[data.draw(st.integers(0, len(paid) - 1))]
            assert session.charge is not None
            assert session.payment_id is not None
            self._world.give_back(session.payment_id, session.charge.amount, session.reference or "")

    @precondition(lambda self: self._orders)
    @rule(data=st.data())
    def refund_fails_after_all(self, data: st.DataObject) -> None:
        done = [one for one in self._world.refunds.values() if one.status == "succeeded"]
        if done and data.draw(st.integers(0, 2)) == 0:
            refund = done[data.draw(st.integers(0, len(done) - 1))]
            self._odd.add(refund.reference or "")
            self._world.come_back(refund)

    @precondition(lambda self: self._orders)
    @rule(seconds=st.sampled_from([3.0, 65.0, 400.0, 700.0, 2500.0]))
    def time_passes(self, seconds: float) -> None:
        self._clock.advance(seconds)

    @precondition(lambda self: self._orders)
    @rule(stops=st.booleans())
    def turn_the_switch(self, stops: bool) -> None:
        def work(session: DBSession) -> None:
            if stops:
                stop_cards(session, self._shop, STORE, reason="test", actor=STAFF, now=utcnow())
            elif (switch := locked_switch(session, STORE)).state == CardState.STOPPED:
                turn(session, switch, CardState.OPEN, reason="test", now=utcnow())

        self._shop.db.write(work)

    # What the worker does, one kind of work at a time.

    @precondition(lambda self: self._orders)
    @rule(how=rough)
    def worker_applies_events(self, how: Rough) -> None:
        self._go(lambda: self._worker._apply_events(), how)

    @precondition(lambda self: self._orders)
    @rule(how=rough)
    def worker_makes_sessions(self, how: Rough) -> None:
        self._go(lambda: self._worker._make_waiting_sessions(), how)

    @precondition(lambda self: self._orders)
    @rule(how=rough)
    def worker_sends_refunds(self, how: Rough) -> None:
        self._go(lambda: self._worker._send_refunds(), how)

    @precondition(lambda self: self._orders)
    @rule(how=rough, refuses_mail=st.booleans())
    def worker_runs_jobs(self, how: Rough, refuses_mail: bool) -> None:
        self._refuses_mail = refuses_mail
        self._go(lambda: self._worker._run_jobs(), how)
        self._refuses_mail = False

    @precondition(lambda self: self._orders)
    @rule(how=rough)
    def worker_releases(self, how: Rough) -> None:
        self._go(lambda: self._worker._release_overdue(), how)

    @precondition(lambda self: self._orders)
    @rule(how=rough)
    def worker_closes_sessions(self, how: Rough) -> None:
        with patch("shop.jobs.worker.CLOSING_S", 0.05):
            self._go(lambda: self._worker._close_sessions(), how)

    @precondition(lambda self: self._orders)
    @rule()
    def worker_comes_round(self) -> None:
        """A minute later it does everything once, and nothing goes wrong."""
        self._clock.advance(65)
        self._all_steps()

    @precondition(lambda self: self._orders)
    @rule(how=rough)
    def reconcile(self, how: Rough) -> None:
        self._go(self._reconcile, how)

    # What must hold at every step.

    @invariant()
    def what_is_held_is_the_sum_of_active_holds(self) -> None:
        with self._shop.db.read() as session:
            variant = session.get_one(Variant, (STORE, self._sku))
            held = self._units(session, "active")
            sold = self._units(session, "taken")
        assert variant.held == held
        assert variant.on_hand + sold == PIECES
        assert variant.held <= variant.on_hand

    @invariant()
    def the_provider_saw_nothing_that_must_not_be(self) -> None:
        assert self._world.broken == []

    @invariant()
    def what_can_be_paid_is_due(self) -> None:
        """An order that is over, one way or the other, has no session in which a card could be tried."""
        references = {one.reference for one in self._world.payable()} - self._late
        with self._shop.db.read() as session:
            for payment in session.scalars(select(Payment).where(Payment.state != "pending")):
                assert f"{STORE}.{payment.id}" not in references, f"it is {payment.state} and can be paid"

    # How a story ends.

    def _calm_down(self) -> None:
        """Nothing goes wrong any more, and time passes until nothing is left to do."""
        self._edges.die_at(None)
        self._world.go_wrong(None)
        self._open_again()
        self._world.say_yes()
        self._worker = Worker(self._app, self._shop)
        self._until_nothing_is_left()
        self._reconcile()
        self._until_nothing_is_left()
        faults = wrong(self._shop, self._since, {(STORE, self._sku): PIECES}, odd=self._odd)
        faults += wrong_mails(self._shop, self._mails, self._edges.kills)
        faults += self._let_through_in_stop()
        assert faults + self._world.broken == [], "\n".join(faults + self._world.broken)

    def _let_through_in_stop(self) -> Iterator[str]:
        """A payment made in a stop went on only when a person had said so."""
        with self._shop.db.read() as session:
            for payment in session.scalars(select(Payment).where(Payment.state == "paid")):
                of_it = select(PaymentHistory.id).where(PaymentHistory.payment_id == payment.id)
                was_asked = session.scalar(of_it.where(PaymentHistory.after == "after_stop").limit(1))
                if f"{STORE}.{payment.id}" in self._in_stop and was_asked is None:
                    yield f"payment {payment.id} was made in a stop and went on by itself"

    def _until_nothing_is_left(self) -> None:
        for _round in range(_CALM_ROUNDS):
            self._clock.advance(3600)
            self._decide_after_stop()
            if not self._all_steps():
                return

    def _all_steps(self) -> bool:
        worker = self._worker
        steps = (
            worker._apply_events,
            worker._make_waiting_sessions,
            worker._send_refunds,
            worker._run_jobs,
            worker._release_overdue,
        )
        return any([worker._guarded.step(step, otherwise=True) for step in steps])  # noqa: C419  (all of them)

    def _open_again(self) -> None:
        def work(session: DBSession) -> None:
            switch = locked_switch(session, STORE)
            if switch.state == CardState.STOPPED:
                turn(session, switch, CardState.OPEN, reason="test", now=utcnow())

        self._shop.db.write(work)

    def _decide_after_stop(self) -> None:
        with self._shop.db.read() as session:
            waiting = session.scalars(select(Payment).where(Payment.state == "after_stop")).all()
        for number, payment in enumerate(waiting):
            decision = Decision.GIVE_BACK if number % 2 else Decision.RELEASE
            self._shop.db.write(
                lambda session, payment=payment, decision=decision: decide(  # type: ignore[misc]  # bound for this round
                    session, self._shop, STORE, payment.reference, decision, actor=STAFF
                )
            )

    def _reconcile(self) -> None:
        reconcile(self._shop.db, cast(Provider, self._world), OrderListener(), self._since)

    # How steps are done.

    def _go(self, work: Callable[[], object], how: Rough) -> None:
        """Do it as a process that may die on the way would; after a death another one takes over."""
        self._world.go_wrong(how.trouble, how.after)
        self._edges.die_at(how.dies_at)
        try:
            work()
        except Killed:
            self._worker = Worker(self._app, self._shop)
        except PaymentError:
            pass  # what a worker's step, a page or a command says "later" to
        finally:
            self._edges.die_at(None)
            self._world.go_wrong(None)

    def _visit(self, method: str, order: str, page: str, how: Rough) -> None:
        path = f"/orders/{order_token(self._shop.settings.keys, STORE, order)}/{page}"

        def ask() -> None:
            answer = self._client.open(path, method=method, base_url=HOST)
            assert answer.status_code < 500 or answer.status_code == 503, answer.text

        self._go(ask, how)

    def _post_event(self, body: bytes, signature: str) -> int:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return self._client.post("/webhooks/stripe", data=body, headers=headers, base_url=HOST).status_code

    def _deliver(self, _url: str, message: email.message.EmailMessage) -> None:
        self._edges.cross()
        if self._refuses_mail:
            raise MailNotTaken("not now")
        self._mails[str(message["Message-ID"])] += 1
        self._edges.cross()

    # What is looked up.

    @property
    def _sku(self) -> str:
        assert self._variant is not None
        return self._variant.sku

    def _put_on_sale(self, session: DBSession) -> None:
        of_sku = update(Variant).where(Variant.store_id == STORE, Variant.sku == self._sku)
        session.execute(of_sku.values(on_hand=PIECES, held=0))

    def _is_closed(self) -> bool:
        """By the row itself, not by the function that the shop asks."""
        with self._shop.db.read() as session:
            switch = session.scalar(select(CardSwitch.state).where(CardSwitch.store_id == STORE))
        return switch == CardState.STOPPED.value

    def _order_ids(self) -> list[str]:
        with self._shop.db.read() as session:
            return list(session.scalars(select(Order.id).order_by(Order.id)))

    def _any(self, data: st.DataObject) -> str:
        return self._orders[data.draw(st.integers(0, len(self._orders) - 1))]

    def _states(self, order: str) -> tuple[str, str]:
        with self._shop.db.read() as session:
            view: OrderView | None = order_view(session, STORE, order)
        assert view is not None
        return view.order.state, view.payment.state

    def _units(self, session: DBSession, state: str) -> int:
        query = select(func.coalesce(func.sum(Hold.quantity), 0)).where(Hold.sku == self._sku)
        return int(session.scalar(query.where(Hold.state == state)) or 0)


def tell_stories(*, stories: int, steps: int, same: bool = False) -> None:
    """Run so many. `same`: those that every run tells. Not shrunk: each step writes, so it would take minutes."""
    run_state_machine_as_test(
        StormMachine,
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            deadline=None,
            derandomize=same,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
