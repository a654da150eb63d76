"""Cards stopped: no session is made or shown from the commit on, open ones end newest first, late money waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import cast

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session as DBSession

from payments import closing
from payments.closing import end_sessions_of_closed_stores, payable
from payments.columns import utcnow
from payments.database import Database
from payments.ledger import want_refund
from payments.line import place_in_line, waiting
from payments.making import Made, MakeResult
from payments.models import Attempt, CardSwitch, CardSwitchHistory, Payment
from payments.provider import OutcomeUnknown, Provider, Session, SessionRequest, SessionStatus
from payments.providers.stripe import StripeProvider
from payments.settle import let_go_on, settle
from payments.stop import (
    NEXT,
    CardsClosed,
    CardState,
    last_stop,
    locked_switch,
    state_held,
    state_of,
    turn,
    was_stopped_at,
)
from payments.transitions import WrongTransition
from tests.payments.conftest import Till

HOUR = dt.timedelta(hours=1)


def turn_to(
    db: Database,
    to: CardState,
    store_id: str = "style",
    *,
    at: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> None:
    now = at or utcnow()
    db.write(
        lambda session: turn(
            session, locked_switch(session, store_id), to, reason="test", now=now, until=until
        )
    )


class Meanwhile:
    """The provider, with something that happens right before or right after a session is made."""

    def __init__(self, inner: StripeProvider, before: Callable[[], None], after: Callable[[], None]) -> None:
        self._inner, self._before, self._after = inner, before, after
        self.calls = 0

    def create_session(self, request: SessionRequest) -> Session:
        self.calls += 1
        self._before()
        made = self._inner.create_session(request)
        self._after()
        return made

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def nothing() -> None:
    """Nothing happens."""


def _make(till: Till, attempt: Attempt, provider: Meanwhile) -> MakeResult:
    """The attempt's session, as the worker makes it, at that provider."""
    return till.make(attempt, cast(StripeProvider, provider))


@pytest.mark.parametrize("to", [CardState.PAUSED, CardState.STOPPED])
def test_a_closed_store_makes_no_session_and_the_attempt_waits_untouched(till: Till, to: CardState) -> None:
    attempt = till.want(till.payment())
    turn_to(till.db, to, until=utcnow() + HOUR)
    provider = Meanwhile(till.provider, nothing, nothing)
    result = _make(till, attempt, provider)
    assert (result.outcome, provider.calls) == (Made.CLOSED, 0)
    with till.db.read() as session:
        row = session.get_one(Attempt, ("style", attempt.id))
        assert (row.state, row.tries) == ("waiting", 0)
        assert waiting(session) == []
        assert payable(session, "style").total == 0
    with pytest.raises(CardsClosed):
        till.want(till.payment())


def test_a_stop_between_the_claim_and_the_call_is_seen(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = till.want(till.payment())
    write = till.db.write
    stopped: list[bool] = []

    def write_then_stop(work: Callable[[DBSession], object]) -> object:
        done = write(work)
        if not stopped:
            stopped.append(True)
            turn_to(till.db, CardState.STOPPED)
        return done

    monkeypatch.setattr(till.db, "write", write_then_stop)
    provider = Meanwhile(till.provider, nothing, nothing)
    result = _make(till, attempt, provider)
    assert (result.outcome, provider.calls) == (Made.CLOSED, 0)
    with till.db.read() as session:
        assert session.get_one(Attempt, ("style", attempt.id)).tries == 0, "it is as if nobody had begun"


def test_a_session_made_while_the_stop_commits_is_ended_at_once_and_led_to_by_nobody(till: Till) -> None:
    attempt = till.want(till.payment())
    provider = Meanwhile(till.provider, nothing, lambda: turn_to(till.db, CardState.STOPPED))
    result = _make(till, attempt, provider)
    assert (result.outcome, result.session) == (Made.CLOSED, None)
    with till.db.read() as session:
        row = session.get_one(Attempt, ("style", attempt.id))
    assert row.state == "expired"
    assert row.session_id is not None
    assert till.provider.retrieve_session(row.session_id).status is SessionStatus.EXPIRED


def test_a_store_that_is_closed_holds_no_other_up(till: Till) -> None:
    first = till.want(till.payment())
    turn_to(till.db, CardState.STOPPED)
    other = till.db.write(lambda session: _of_store(session, till, "cocomo"))
    attempt = till.want(other)
    with till.db.read() as session:
        assert place_in_line(session, attempt) == 1
        assert waiting(session) == [("cocomo", attempt.id)]
        assert session.get_one(Attempt, ("style", first.id)).state == "waiting"
    assert till.make(attempt).outcome is Made.OPEN


def _of_store(session: DBSession, till: Till, store_id: str) -> Payment:
    payment = Payment(
        store_id=store_id,
        reference="of-the-other",
        amount_minor=5100,
        currency="JPY",
        method="card",
        provider="stripe",
        account="default",
    )
    session.add(payment)
    session.flush()
    return payment


def test_a_pause_ends_by_itself_and_a_stop_does_not(db: Database) -> None:
    past, now = utcnow() - HOUR, utcnow()
    turn_to(db, CardState.PAUSED, at=past, until=now)
    with db.read() as session:
        assert state_of(session, "style", now) is CardState.OPEN
        assert state_of(session, "style", now - dt.timedelta(seconds=1)) is CardState.PAUSED
    turn_to(db, CardState.PAUSED, until=now + HOUR)
    turn_to(db, CardState.STOPPED)
    with db.read() as session:
        assert state_of(session, "style", now + 1000 * HOUR) is CardState.STOPPED
        assert state_of(session, "cocomo") is CardState.OPEN


def test_a_state_that_nobody_knows_takes_no_cards(db: Database) -> None:
    turn_to(db, CardState.PAUSED)
    db.write(lambda session: session.execute(update(CardSwitch).values(state="odd")))
    with db.read() as session, pytest.raises(ValueError):
        state_of(session, "style")


def test_only_what_the_table_lists_is_turned_and_each_turn_leaves_a_row(db: Database) -> None:
    listed = {(before, after) for before in NEXT for after in NEXT[before]} | {(CardState.PAUSED,) * 2}
    for before in CardState:
        for after in CardState:
            db.write(lambda session: locked_switch(session, "style"))
            db.write(
                lambda session, before=before: session.execute(update(CardSwitch).values(state=before.value))  # type: ignore[misc]  # bound for this round
            )
            if (before, after) in listed:
                turn_to(db, after)
            else:
                with pytest.raises(WrongTransition):
                    turn_to(db, after)
    with db.read() as session:
        rows = session.scalars(select(CardSwitchHistory)).all()
    assert {(row.before, row.after) for row in rows} == {(a.value, b.value) for a, b in listed}


@pytest.mark.postgres
def test_a_stop_waits_for_a_claim_that_saw_the_store_open(postgres_url: str) -> None:
    """So that every such claim is committed before the stop: the order of commits is the order of events."""
    db = Database(postgres_url)
    with DBSession(db._writing) as claiming:
        assert state_held(claiming, "style") is CardState.OPEN
        with DBSession(db._writing) as stopping:
            stopping.connection().exec_driver_sql("SET lock_timeout = '100ms'")
            with pytest.raises(Exception, match="lock timeout"):
                locked_switch(stopping, "style")
    db.dispose()


@pytest.fixture
def many(till: Till) -> list[str]:
    """Open sessions, oldest first."""
    opened = []
    for _session in range(6):
        opened.append(till.open(till.payment()))
        till.db.write(lambda session: session.execute(update(Attempt).values(next_try_at=utcnow())))
    return opened


class Watching:
    """The provider, seen: which sessions were ended, in which order; some it does not answer for."""

    def __init__(self, inner: StripeProvider, silent: frozenset[str] = frozenset()) -> None:
        self._inner, self._silent = inner, silent
        self.ended: list[str] = []

    def expire_session(self, session_id: str) -> Session:
        if session_id in self._silent:
            raise OutcomeUnknown("no answer")
        self.ended.append(session_id)
        return self._inner.expire_session(session_id)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def end(till: Till, provider: Watching, seconds: float = 240) -> int:
    return end_sessions_of_closed_stores(
        till.db, {"style": cast(Provider, provider)}, till.listener, seconds=seconds
    )


def test_open_sessions_end_newest_first_and_the_count_is_true(till: Till, many: list[str]) -> None:
    provider = Watching(till.provider)
    assert end(till, provider) == 0, "while the store is open nothing is ended"
    turn_to(till.db, CardState.STOPPED)
    with till.db.read() as session:
        assert payable(session, "style").total == len(many)
    assert end(till, provider) == len(many)
    assert provider.ended == many[::-1]
    with till.db.read() as session:
        assert payable(session, "style").total == 0
    assert {till.provider.retrieve_session(one).status for one in many} == {SessionStatus.EXPIRED}


def test_what_nobody_has_begun_to_make_uses_up_no_rate_before_what_can_be_paid(
    till: Till, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _newer in range(3):
        till.want(till.payment())
    turn_to(till.db, CardState.STOPPED)
    tokens = iter([True] * len(many))
    monkeypatch.setattr(closing, "take_token", lambda *_args, **_named: next(tokens))
    provider = Watching(till.provider)
    with pytest.raises(StopIteration):  # the tokens are used up
        end(till, provider, seconds=60)
    assert sorted(provider.ended) == sorted(many)
    with till.db.read() as session:
        assert payable(session, "style").total == 0


def test_one_that_cannot_be_ended_holds_no_other_up_and_stays_counted(till: Till, many: list[str]) -> None:
    turn_to(till.db, CardState.STOPPED)
    provider = Watching(till.provider, silent=frozenset({many[-1], many[2]}))
    assert end(till, provider) == 4
    with till.db.read() as session:
        assert payable(session, "style").open == 2
    till.db.write(lambda session: session.execute(update(Attempt).values(next_try_at=utcnow())))
    assert end(till, Watching(till.provider)) == 2


def test_an_attempt_without_an_answer_counts_until_it_is_known(till: Till) -> None:
    attempt = till.want(till.payment())
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    till.make(attempt, nowhere)
    turn_to(till.db, CardState.STOPPED)
    with till.db.read() as session:
        assert (payable(session, "style").open, payable(session, "style").unsure) == (0, 1)
    till.db.write(
        lambda session: session.execute(
            update(Attempt).values(next_try_at=utcnow(), created_at=utcnow() - dt.timedelta(minutes=5))
        )
    )
    assert end(till, Watching(till.provider)) == 1
    with till.db.read() as session:
        assert payable(session, "style").total == 0


def test_what_was_paid_after_the_stop_waits_for_a_person(till: Till) -> None:
    payment = till.payment()
    opened = till.open(payment)
    turn_to(till.db, CardState.STOPPED)
    till.sandbox.pay(opened)
    for _time in range(2):
        settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    assert (till.now(payment).state, till.listener.told) == ("after_stop", ["after_stop"])
    turn_to(till.db, CardState.OPEN)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    assert till.now(payment).state == "after_stop"

    def release(session: DBSession) -> None:
        let_go_on(session, session.get_one(Payment, ("style", payment.id)), till.listener)

    till.db.write(release)
    assert (till.now(payment).state, till.listener.told) == ("paid", ["after_stop", "paid"])


def test_it_counts_when_it_was_paid_not_when_we_heard_of_it(till: Till) -> None:
    before, during = till.payment(), till.payment()
    sessions_of = {one.id: till.open(one) for one in (before, during)}
    till.sandbox.pay(sessions_of[before.id])
    turn_to(till.db, CardState.STOPPED, at=utcnow() + HOUR)
    settle(till.db, till.provider, till.listener, "style", before.id, cause="test")
    assert till.now(before).state == "paid"
    till.db.write(lambda session: session.execute(update(CardSwitchHistory).values(at=utcnow() - HOUR)))
    till.sandbox.pay(sessions_of[during.id])
    turn_to(till.db, CardState.OPEN, at=utcnow() + HOUR)
    settle(till.db, till.provider, till.listener, "style", during.id, cause="test")
    assert till.now(during).state == "after_stop", "though the store is open again"


def test_money_of_after_a_stop_goes_back_in_full(till: Till) -> None:
    from payments.refunds import send_refund, wanted_refunds

    payment = till.payment()
    opened = till.open(payment)
    turn_to(till.db, CardState.STOPPED)
    till.sandbox.pay(opened)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")

    def give_back(session: DBSession) -> None:
        row = session.get_one(Payment, ("style", payment.id))
        want_refund(session, row, row.provider_id or "", row.amount_minor, reason="after_stop")

    till.db.write(give_back)
    with till.db.read() as session:
        [(store_id, refund_id)] = wanted_refunds(session)
    assert send_refund(till.db, till.provider, till.listener, store_id, refund_id)
    assert (till.now(payment).state, till.listener.told) == ("refunded", ["after_stop", "refunded"])


def test_the_history_knows_when_cards_were_stopped(db: Database) -> None:
    base = utcnow().replace(microsecond=0)
    turn_to(db, CardState.PAUSED, at=base, until=base + HOUR)
    turn_to(db, CardState.STOPPED, at=base + HOUR)
    turn_to(db, CardState.OPEN, at=base + 2 * HOUR)
    turn_to(db, CardState.STOPPED, at=base + 3 * HOUR)
    seconds = {
        0: False,
        3594: False,
        3595: True,
        3600: True,
        7194: True,
        7199: True,
        7200: False,
        20_000: True,
    }
    with db.read() as session:
        found = {at: was_stopped_at(session, "style", base + dt.timedelta(seconds=at)) for at in seconds}
        assert found == seconds
        assert not was_stopped_at(session, "cocomo", base + 3 * HOUR)
        stop = last_stop(session, "style")
        assert stop is not None
        assert stop.at == base + 3 * HOUR
