"""What every story of the storm has: its world, how a step is done by a process that may die, and what must hold.

What must never be is asserted at every step. When a story ends, the faults end too and time passes until nothing is
left to do; then `tests.storm.books` says whether all of it agrees. The steps themselves are `tests.storm.machine`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.message
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.models import Attempt, CardSwitch, Payment, PaymentHistory
from payments.provider import PaymentError, Provider, Session
from payments.reconcile import reconcile
from payments.stop import CardState, locked_switch, turn
from shop.audit.actor import Actor
from shop.cards.after_stop import Decision, decide
from shop.catalog.models import Product, Variant
from shop.jobs.guarded import Guarded
from shop.jobs.models import Job
from shop.jobs.worker import Worker
from shop.mail.transport import MailNotTaken
from shop.orders.links import order_token
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from shop.orders.queries import OrderView, order_view
from shop.stores import all_stores
from tests.storm.books import wrong, wrong_mails
from tests.storm.edges import Clock, Killed
from tests.storm.stage import Stage
from tests.storm.world import Trouble, World

PIECES = 5

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


SMOOTH = st.just(Rough())
ROUGH = st.one_of(
    SMOOTH,
    st.builds(
        Rough, st.sampled_from([*Trouble, Trouble.LOST, Trouble.LOST]), st.sampled_from([0, 0, 0, 1, 2])
    ),
    st.builds(Rough, dies_at=st.integers(0, 9)),
)


class _Strict(Guarded):
    """A worker lives on after a fault of ours and tries again: here it is a find."""

    def _tell(self, name: str, error: Exception) -> None:
        raise AssertionError(f"{name} failed: {error!r}") from error


class Story(RuleBasedStateMachine):
    """One story, without its steps."""

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
        self._worker = self._new_worker()
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
    def what_can_not_be_counts_for_nothing(self) -> None:
        """Another amount, currency or method, or real money for a test order: no payment of ours is that one."""
        with self._shop.db.read() as session:
            counted = select(Payment.state).where(Payment.provider_id.in_(self._world.odd))
            assert session.scalar(counted.limit(1)) is None, (
                "what can't be true of a payment counts as its money"
            )

    @invariant()
    def what_can_be_paid_is_due(self) -> None:
        """An order that is over, one way or the other, has no session in which a card could be tried; where one was
        paid after the provider had called it ended, the end of the others is at least asked for."""
        references = {one.reference for one in self._world.payable()}
        with self._shop.db.read() as session:
            asked = select(Job.subject_id).where(Job.kind == "end_sessions", Job.state == "waiting")
            being_ended = set(session.scalars(asked))
            for payment in session.scalars(select(Payment).where(Payment.state != "pending")):
                is_late = payment.reference in being_ended and f"{STORE}.{payment.id}" in self._late
                is_payable = f"{STORE}.{payment.id}" in references and not is_late
                assert not is_payable, f"it is {payment.state} and can be paid"

    @invariant()
    def what_can_be_paid_has_its_goods(self) -> None:
        """Nobody is asked for money for what may be somebody else's by then."""
        references = {one.reference for one in self._world.payable()}
        with self._shop.db.read() as session:
            freed = (
                select(Payment.id)
                .join(Hold, (Hold.store_id == Payment.store_id) & (Hold.order_id == Payment.reference))
                .where(Payment.state == "pending", Hold.state != "active")
            )
            payments = {f"{STORE}.{payment_id}" for payment_id in session.scalars(freed)}
        assert not payments & references, "its goods are free and it can be paid"

    @invariant()
    def what_can_be_paid_counts_as_payable(self) -> None:
        """A stop counts down to nothing only when nothing is left: each session has an attempt that is not over."""
        with self._shop.db.read() as session:
            live = select(Attempt.id).where(Attempt.state.in_(["waiting", "open"]))
            known = set(session.scalars(live))
        unknown = [one.id for one in self._world.payable() if one.attempt not in known]
        assert unknown == [], f"{len(unknown)} sessions can be paid and count as over"

    # How a story ends.

    def _calm_down(self) -> None:
        """Nothing goes wrong any more, and time passes until nothing is left to do."""
        self._edges.die_at(None)
        self._world.go_wrong(None)
        self._open_again()
        self._world.say_yes()
        self._worker = self._new_worker()
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
            self._worker = self._new_worker()
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

    def _new_worker(self) -> Worker:
        worker = Worker(self._app, self._shop)
        worker._guarded = _Strict()
        return worker

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

    def _paid_orders(self) -> list[str]:
        """Those that staff may give money back of."""
        with self._shop.db.read() as session:
            paid = select(Payment.reference).where(
                Payment.state.in_(["paid", "review"]), Payment.provider_id.is_not(None)
            )
            return list(session.scalars(paid.order_by(Payment.reference)))

    def _any(self, data: st.DataObject) -> str:
        return self._orders[data.draw(st.integers(0, len(self._orders) - 1))]

    def _order_of(self, told: Session) -> str:
        """The order that a session is of."""
        with self._shop.db.read() as session:
            return session.get_one(Payment, (STORE, (told.reference or "").partition(".")[2])).reference

    def _states(self, order: str) -> tuple[str, str]:
        with self._shop.db.read() as session:
            view: OrderView | None = order_view(session, STORE, order)
        assert view is not None
        return view.order.state, view.payment.state

    def _units(self, session: DBSession, state: str) -> int:
        query = select(func.coalesce(func.sum(Hold.quantity), 0)).where(Hold.sku == self._sku)
        return int(session.scalar(query.where(Hold.state == state)) or 0)
