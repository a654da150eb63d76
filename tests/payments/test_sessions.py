"""Sessions are made at most once for an attempt, whatever the provider answers and wherever a process dies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import update

from payments.bucket import take_token
from payments.columns import utcnow
from payments.database import Database
from payments.line import place_in_line, waiting
from payments.making import Made, make_session
from payments.models import Attempt, Payment
from payments.provider import OutcomeUnknown, PaymentError, Session, SessionRequest, SessionStatus, UIMode
from payments.providers.stripe import StripeProvider
from payments.sessions import end_sessions, is_payable
from payments.states import PaymentState
from tests.payments.conftest import Till


def _made_for(till: Till, attempt: Attempt) -> list[str]:
    since = utcnow() - dt.timedelta(minutes=5)
    return [found.id for found in till.provider.sessions_since(since) if found.attempt == attempt.id]


def test_making_twice_gives_the_same_session(till: Till) -> None:
    attempt = till.want(till.payment())
    assert till.make(attempt).outcome is Made.OPEN
    assert till.make(attempt).outcome is Made.OVER
    assert len(_made_for(till, attempt)) == 1


def test_a_lost_answer_is_found_again_and_no_second_session_is_made(till: Till) -> None:
    attempt = till.want(till.payment())
    till.sandbox.fault("checkout.sessions.create", "lost_answer")
    assert till.make(attempt).outcome is Made.OPEN
    assert len(_made_for(till, attempt)) == 1


@pytest.mark.parametrize("kind", ["500", "429"])
def test_a_provider_in_trouble_leaves_the_attempt_waiting(till: Till, kind: str) -> None:
    attempt = till.want(till.payment())
    till.sandbox.fault("checkout.sessions.create", kind)
    assert till.make(attempt).outcome in {Made.UNKNOWN, Made.IN_LINE}
    with till.db.read() as session:
        assert session.get_one(Attempt, ("style", attempt.id)).state == "waiting"


def test_a_stored_500_is_given_up_at_last_and_nothing_was_made(till: Till) -> None:
    attempt = till.want(till.payment())
    till.sandbox.fault("checkout.sessions.create", "500", times=20)
    for _try in range(3):
        till.wait_again(attempt)
        outcome = till.make(attempt).outcome
    till.sandbox.control("faults", method="DELETE")
    assert outcome is Made.REFUSED
    assert _made_for(till, attempt) == []


def test_an_unreachable_provider_changes_nothing(till: Till) -> None:
    attempt = till.want(till.payment())
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    assert till.make(attempt, nowhere).outcome is Made.UNKNOWN
    till.wait_again(attempt)
    assert till.make(attempt).outcome is Made.OPEN


def test_an_attempt_that_someone_makes_now_is_not_made_by_another(till: Till) -> None:
    attempt = till.want(till.payment())
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    till.make(attempt, nowhere)
    assert till.make(attempt).outcome is Made.IN_LINE
    assert _made_for(till, attempt) == []


def test_ending_makes_every_session_unpayable(till: Till) -> None:
    payment = till.payment()
    open_id, never_made = till.open(payment), till.want(payment)
    assert end_sessions(till.db, till.provider, till.listener, "style", payment.id) is PaymentState.PENDING
    assert till.provider.retrieve_session(open_id).status is SessionStatus.EXPIRED
    assert till.make(never_made).outcome is Made.OVER
    with till.db.read() as session:
        assert not is_payable(session, session.get_one(Payment, ("style", payment.id)))


def test_ending_does_not_conclude_anything_without_the_provider(till: Till) -> None:
    payment = till.payment()
    till.open(payment)
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    with pytest.raises(PaymentError):
        end_sessions(till.db, nowhere, till.listener, "style", payment.id)
    with till.db.read() as session:
        assert is_payable(session, session.get_one(Payment, ("style", payment.id)))


def test_ending_waits_for_a_making_that_may_be_under_way(till: Till) -> None:
    payment = till.payment()
    attempt = till.want(payment)
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    till.make(attempt, nowhere)
    with pytest.raises(OutcomeUnknown):
        end_sessions(till.db, till.provider, till.listener, "style", payment.id)


class LateAnswer(StripeProvider):
    """Makes the session, but `meanwhile` happens before its maker hears of it."""

    meanwhile: Callable[[], object]

    def create_session(self, request: SessionRequest) -> Session:
        made = super().create_session(request)
        self.meanwhile()
        return made


def test_ended_for_good_without_the_provider_where_nobody_has_seen_a_session(till: Till) -> None:
    payment = till.payment()
    attempt = till.want(payment)
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    till.make(attempt, nowhere)
    ended = end_sessions(till.db, nowhere, till.listener, "style", payment.id, for_good=True)
    assert ended is PaymentState.PENDING
    with till.db.read() as session:
        assert not is_payable(session, session.get_one(Payment, ("style", payment.id)))


def test_what_is_made_while_it_is_ended_for_good_is_ended_too(till: Till) -> None:
    payment = till.payment()
    attempt = till.want(payment)
    late = LateAnswer("default", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)

    def give_up() -> None:
        end_sessions(till.db, till.provider, till.listener, "style", payment.id, for_good=True)

    late.meanwhile = give_up
    assert till.make(attempt, late).session is None
    [made] = _made_for(till, attempt)
    assert till.provider.retrieve_session(made).status is SessionStatus.EXPIRED


@pytest.mark.parametrize("seen", ["shown", "a promise"])
def test_ended_for_good_is_not_ended_unheard_where_it_may_have_been_seen(till: Till, seen: str) -> None:
    payment = till.payment()
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    if seen == "shown":
        till.open(payment)
    else:
        attempt = till.want(payment)
        values = {"ui_mode": UIMode.PROMISE.value, "tries": 1}
        till.db.write(
            lambda session: session.execute(update(Attempt).where(Attempt.id == attempt.id).values(**values))
        )
    with pytest.raises(PaymentError):
        end_sessions(till.db, nowhere, till.listener, "style", payment.id, for_good=True)
    with till.db.read() as session:
        assert is_payable(session, session.get_one(Payment, ("style", payment.id)))


def test_those_who_came_first_are_served_first(till: Till) -> None:
    first, second = till.want(till.payment()), till.want(till.payment())
    with till.db.read() as session:
        assert place_in_line(session, second) == 2
        assert waiting(session) == [("style", first.id), ("style", second.id)]
    result = make_session(till.db, till.provider, till.listener, "style", second.id, till.request)
    assert result.outcome is Made.IN_LINE


def test_the_bucket_gives_no_more_than_its_rate(db: Database) -> None:
    now = utcnow()

    def take(at: dt.datetime) -> bool:
        return db.write(lambda session: take_token(session, "test", per_second=5, burst=3, now=at))

    assert [take(now) for _try in range(4)] == [True, True, True, False]
    assert [take(now + dt.timedelta(milliseconds=250)) for _try in range(2)] == [True, False]


def test_a_clock_that_ran_ahead_does_not_stop_everyone_until_its_time_has_come(db: Database) -> None:
    now = utcnow()

    def take(at: dt.datetime) -> bool:
        return db.write(lambda session: take_token(session, "skewed", per_second=5, burst=1, now=at))

    assert take(now + dt.timedelta(hours=1))
    assert not take(now)
    assert take(now + dt.timedelta(milliseconds=250))
