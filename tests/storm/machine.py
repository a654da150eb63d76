"""A storm in one process: random lives of orders, calls that go wrong, a process that dies at any edge, a moved clock.

What people, the provider and the worker do, in any order. What must hold, at every step and at the end, is
`tests.storm.story`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.money import Money
from payments.provider import DisputeTold, Session
from payments.stop import CardsClosed, CardState, locked_switch, turn
from shop.cards.service import stop_cards
from shop.checkout.payment import start_placed, ui_mode_of
from shop.checkout.service import Buyer, confirm
from shop.checkout.sold_out import SoldOut
from shop.orders.refund_plan import NotRefundable, Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from tests.shop.ordering import GUEST, a_basket, a_quote, prove_mailbox
from tests.storm.story import ROUGH, SMOOTH, STAFF, STORE, Rough, Story
from tests.storm.world import Odd, Trouble, World

_ORDERS = 4
"""So many in a story: more would only find the goods sold out."""
_WAYS = st.sampled_from(["pays"] * 6 + ["declined", "under way", *Odd])
_NEWS = st.sampled_from(["event", "page", "event", "page", "none"])
_LATE = ("paid late", "paid twice", "one given back")
"""An old session is told as paid though there is a new one; that is paid too; that goes back on their screen."""
_LIVES = st.sampled_from(
    ["placed", "declined", "paid", "in a stop", *_LATE, "odd", "given back", "given back"]
)
_SENT = st.sampled_from(
    [Rough(), *(Rough(trouble) for trouble in Trouble), *(Rough(dies_at=edge) for edge in range(8))]
)
"""How the first call of a refund goes: each way as often."""
_WISHES = st.sampled_from([Wish(everything=True), Wish(amount=Money(100))])


class StormMachine(Story):
    """One story."""

    # What people and the provider do.

    @initialize(how=ROUGH, life=_LIVES, news=_NEWS, odd=st.sampled_from(Odd), wish=_WISHES, sent=_SENT)
    def somebody_came_before(
        self, how: Rough, life: str, news: str, odd: Odd, wish: Wish, sent: Rough
    ) -> None:
        """Most that can go wrong goes wrong with an order: so each story begins with one, at some point of its life."""
        self.press_order_button(1, twice=False, leaves=False, how=how)
        for session in [] if life == "placed" else self._world.payable():
            if life in _LATE:
                self._pay_an_old_session(session, news, then=life)
            elif life == "in a stop":
                self._pay_in_a_stop(session, news)
            else:
                self._try_card(session, {"odd": odd, "declined": "declined"}.get(life, "pays"))
                self._bring_news(session, news, Rough())
        for order in self._paid_orders() if life == "given back" else []:
            self._give_back(order, wish, sent, sends=True)

    def _pay_an_old_session(self, old: Session, news: str, *, then: str) -> None:
        self._world.end(old.id)
        self._visit("POST", self._order_of(old), "pay", Rough())
        new = self._world.payable()
        self._pay_late(old)
        self._bring_news(old, news, Rough())
        for session in new if then != "paid late" else []:
            self._try_card(session, "pays")
            self._bring_news(session, news, Rough())
            if then == "one given back":
                self._world.give_back(f"pi_{session.id}", session.amount, session.reference or "")

    def _pay_in_a_stop(self, session: Session, news: str) -> None:
        """In its last seconds: it is heard of when cards are taken again."""
        self.turn_the_switch(stops=True)
        self._try_card(session, "pays")
        self.turn_the_switch(stops=False)
        self._bring_news(session, news, Rough())

    def _pay_late(self, session: Session) -> None:
        self._note_stop(session)
        self._late.add(session.reference or "")
        self._world.pay(session)

    @precondition(lambda self: len(self._orders) < _ORDERS)
    @rule(quantity=st.integers(1, 2), twice=st.booleans(), leaves=st.booleans(), how=ROUGH)
    def press_order_button(self, quantity: int, twice: bool, leaves: bool, how: Rough) -> None:
        number = len(self._orders)
        guest = dataclasses.replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}")
        prove_mailbox(self._shop, STORE, guest.email)  # what lapses often is sold to people with a mailbox
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
    @rule(data=st.data(), page=st.sampled_from(["pay", "pay/page"]), how=ROUGH)
    def press_pay_again(self, data: st.DataObject, page: str, how: Rough) -> None:
        """Goes on with what is open, or ends it and makes a new session."""
        self._visit("POST", self._any(data), page, how)

    @precondition(lambda self: self._orders)
    @rule(data=st.data(), page=st.sampled_from(["pay", "return", "wait"]), how=SMOOTH)
    def open_a_page(self, data: st.DataObject, page: str, how: Rough) -> None:
        order = self._any(data)
        before = self._states(order)
        self._visit("GET", order, page, how)
        assert self._states(order) == before, f"GET {page} changed an order"

    @precondition(lambda self: self._orders)
    @rule(data=st.data(), how=ROUGH)
    def come_back(self, data: st.DataObject, how: Rough) -> None:
        self._visit("POST", self._any(data), "check", how)

    @precondition(lambda self: self._world.payable())
    @rule(data=st.data(), way=_WAYS, news=_NEWS, how=ROUGH)
    def try_a_card(self, data: st.DataObject, way: str, news: str, how: Rough) -> None:
        """And the shop hears of it by an event, or by who comes back, or later."""
        payable = self._world.payable()
        session = payable[data.draw(st.integers(0, len(payable) - 1))]
        self._try_card(session, way)
        self._bring_news(session, news, how)

    def _try_card(self, session: Session, way: str) -> None:
        self._note_stop(session)
        if way == "declined":
            self._world.decline(session)
        elif isinstance(way, Odd):
            self._odd.add(session.reference or "")
            self._world.pay(session, odd=way)
        else:
            self._world.pay(session, taken=way == "pays")

    def _bring_news(self, session: Session, news: str, how: Rough) -> None:
        if news == "event":
            body = self._world.events[-1]
            self._post_event(body, World.signature(body))
            self._go(lambda: self._worker._apply_events(), how)
        elif news == "page":
            self._visit("POST", self._order_of(session), "check", how)

    @precondition(lambda self: self._world.ended())
    @rule(data=st.data(), news=_NEWS, how=ROUGH)
    def pay_in_the_last_moment(self, data: st.DataObject, news: str, how: Rough) -> None:
        """A card had been confirmed when the session ended; its goods may be gone, or another session paid."""
        ended = self._world.ended()
        session = ended[data.draw(st.integers(0, len(ended) - 1))]
        self._pay_late(session)
        self._bring_news(session, news, how)

    def _note_stop(self, session: Session) -> None:
        if self._is_closed():
            self._in_stop.add(session.reference or "")

    @precondition(lambda self: self._orders)
    @rule()
    def bank_says_yes(self) -> None:
        """To whatever was under way."""
        self._world.say_yes()

    @precondition(lambda self: self._world.events)
    @rule(data=st.data(), times=st.integers(1, 2), how=ROUGH)
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

    @precondition(lambda self: self._paid_orders())
    @rule(data=st.data(), wish=_WISHES, sends=st.booleans(), how=ROUGH)
    def staff_gives_back(self, data: st.DataObject, wish: Wish, sends: bool, how: Rough) -> None:
        """`sends`: the worker comes round right then."""
        paid = self._paid_orders()
        self._give_back(paid[data.draw(st.integers(0, len(paid) - 1))], wish, how, sends=sends)

    def _give_back(self, order: str, wish: Wish, how: Rough, *, sends: bool) -> None:
        wanted = Request(wish, RefundReason.DAMAGED, "", f"key-{self._clock.now():%H%M%S%f}", "me", "req")

        def press() -> None:
            self._shop.db.write(lambda session: refund_order(session, self._shop, STORE, order, wanted))
            if sends:
                self._worker._send_refunds()

        with contextlib.suppress(NotRefundable):
            self._go(press, how)

    @precondition(lambda self: self._world.refundable())
    @rule(data=st.data(), part=st.sampled_from([False, False, True]))
    def refunded_on_the_providers_screen(self, data: st.DataObject, part: bool) -> None:
        """A part of it leaves too little for a refund of the whole that is on its way: then a person looks."""
        there = self._world.refundable()
        session, left = there[data.draw(st.integers(0, len(there) - 1))]
        assert session.payment_id is not None
        if part:
            self._odd.add(session.reference or "")
        self._world.give_back(
            session.payment_id, Money(1, left.currency) if part else left, session.reference or ""
        )

    @precondition(lambda self: self._orders)
    @rule(data=st.data())
    def refund_fails_after_all(self, data: st.DataObject) -> None:
        done = [one for one in self._world.refunds.values() if one.status == "succeeded"]
        if done and data.draw(st.integers(0, 2)) == 0:
            refund = done[data.draw(st.integers(0, len(done) - 1))]
            self._odd.add(refund.reference or "")
            self._world.come_back(refund)

    @precondition(lambda self: self._contestable())
    @rule(data=st.data(), news=_NEWS, how=ROUGH)
    def go_to_the_bank(self, data: st.DataObject, news: str, how: Rough) -> None:
        """What is under way to go back will be refused then: a person looks."""
        there = self._contestable()
        session, left = there[data.draw(st.integers(0, len(there) - 1))]
        self._odd.add(session.reference or "")
        self._world.contest(session, left)
        self._bring_news(session, news, how)

    def _contestable(self) -> list[tuple[Session, Money]]:
        """Not what was charged in another currency: that dispute is left to a person, and listed."""
        there = self._world.refundable()
        return [(one, left) for one, left in there if left.currency == one.amount.currency]

    @precondition(lambda self: self._undecided())
    @rule(data=st.data(), is_won=st.booleans())
    def bank_decides(self, data: st.DataObject, is_won: bool) -> None:
        undecided = self._undecided()
        dispute = undecided[data.draw(st.integers(0, len(undecided) - 1))]
        self._world.give_verdict(dispute, is_won=is_won)

    def _undecided(self) -> list[DisputeTold]:
        return [one for one in self._world.disputes.values() if one.status == "needs_response"]

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
    @rule(how=ROUGH)
    def worker_applies_events(self, how: Rough) -> None:
        self._go(lambda: self._worker._apply_events(), how)

    @precondition(lambda self: self._orders)
    @rule(how=ROUGH)
    def worker_makes_sessions(self, how: Rough) -> None:
        self._go(lambda: self._worker._make_waiting_sessions(), how)

    @precondition(lambda self: self._orders)
    @rule(how=ROUGH)
    def worker_sends_refunds(self, how: Rough) -> None:
        self._go(lambda: self._worker._send_refunds(), how)

    @precondition(lambda self: self._orders)
    @rule(how=ROUGH, refuses_mail=st.booleans())
    def worker_runs_jobs(self, how: Rough, refuses_mail: bool) -> None:
        self._refuses_mail = refuses_mail
        self._go(lambda: self._worker._run_jobs(), how)
        self._refuses_mail = False

    @precondition(lambda self: self._orders)
    @rule(how=ROUGH)
    def worker_releases(self, how: Rough) -> None:
        self._go(lambda: self._worker._release_overdue(), how)

    @precondition(lambda self: self._orders)
    @rule(how=ROUGH)
    def worker_closes_sessions(self, how: Rough) -> None:
        with patch("shop.jobs.worker.CLOSING_S", 0.05):
            self._go(lambda: self._worker._close_sessions(), how)

    @precondition(lambda self: self._orders and self._is_closed())
    @rule()
    def stop_lasts_for_minutes(self) -> None:
        """Then what was open, or was being made, when cards were stopped has ended."""
        self._clock.advance(130)
        with patch("shop.jobs.worker.CLOSING_S", 5.0):
            self._worker._close_sessions()
        assert self._world.payable() == [], "cards were stopped minutes ago, and a session can be paid"

    @precondition(lambda self: self._orders)
    @rule()
    def worker_comes_round(self) -> None:
        """A minute later it does everything once, and nothing goes wrong."""
        self._clock.advance(65)
        self._all_steps()

    @precondition(lambda self: self._orders)
    @rule(how=ROUGH)
    def reconcile(self, how: Rough) -> None:
        self._go(self._reconcile, how)


_OF_ONE_KIND = 10
"""Hypothesis begins to vary old stories after ten; ten at a time are all new, and each run of ten has its own seed."""


def tell_stories(*, stories: int, steps: int, same: bool = False) -> None:
    """Run so many. `same`: those that every run tells. Not shrunk: each step writes, so it would take minutes."""
    first = 0 if same else random.randrange(2**32)
    for number, told in enumerate(range(0, stories, _OF_ONE_KIND)):
        run_state_machine_as_test(
            seed(first + number)(StormMachine),
            settings=settings(
                max_examples=min(_OF_ONE_KIND, stories - told),
                stateful_step_count=steps,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
