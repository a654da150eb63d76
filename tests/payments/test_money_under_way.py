"""Sessions that may still bring money are never taken for over; those that can't are not asked about again."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy.orm import Session as DBSession

from payments.models import Attempt, Payment
from payments.provider import Session, SessionStatus
from payments.providers.stripe import StripeProvider
from payments.sessions import SESSIONS_A_PAYMENT, end_sessions, is_payable, may_want
from payments.settle import apply_session, settle
from payments.states import AttemptState, PaymentState
from tests.payments.conftest import Till


def _is_payable(till: Till, payment: Payment) -> bool:
    with till.db.read() as session:
        return is_payable(session, session.get_one(Payment, ("style", payment.id)))


def _attempt(till: Till, attempt: Attempt) -> Attempt:
    with till.db.read() as session:
        return session.get_one(Attempt, ("style", attempt.id))


def _set(till: Till, attempt: Attempt, **values: object) -> None:
    def work(session: DBSession) -> None:
        row = session.get_one(Attempt, ("style", attempt.id))
        for name, value in values.items():
            setattr(row, name, value)

    till.db.write(work)


def test_a_completed_session_whose_money_is_still_under_way_keeps_the_order_from_being_released(
    till: Till,
) -> None:
    payment = till.payment()
    told = till.provider.retrieve_session(till.open(payment))
    processing = dataclasses.replace(told, status=SessionStatus.COMPLETE, payment_status="processing")
    apply_session(till.db, till.listener, "style", payment.id, processing, till.provider, cause="test")
    assert till.now(payment).state == "pending"
    assert _is_payable(till, payment)


def test_a_completed_session_whose_money_did_not_come_is_over(till: Till) -> None:
    payment = till.payment()
    told = till.provider.retrieve_session(till.open(payment))
    failed = dataclasses.replace(
        told, status=SessionStatus.COMPLETE, payment_status="requires_payment_method"
    )
    apply_session(till.db, till.listener, "style", payment.id, failed, till.provider, cause="test")
    assert not _is_payable(till, payment)


def test_a_session_found_after_its_attempt_was_closed_counts_as_what_it_is(till: Till) -> None:
    """Made by a process that died, closed by another that did not see it: it is open, and says so."""
    payment = till.payment()
    attempt = till.want(payment)
    session = till.provider.create_session(till.request(attempt))
    _set(till, attempt, state=AttemptState.EXPIRED.value, tries=1)
    apply_session(till.db, till.listener, "style", payment.id, session, till.provider, cause="test")
    assert _attempt(till, attempt).state == "open"
    end_sessions(till.db, till.provider, till.listener, "style", payment.id)
    assert till.provider.retrieve_session(session.id).status is SessionStatus.EXPIRED


def test_a_session_noted_late_is_written_down_as_open_before_it_is_ended(
    till: Till,
) -> None:
    """The process may die between the two."""
    payment = till.payment()
    attempt = till.want(payment)

    class Dies(StripeProvider):
        def create_session(self, request: object) -> Session:
            made = super().create_session(request)  # type: ignore[arg-type]  # the port's own request
            _set(till, attempt, state=AttemptState.EXPIRED.value)
            return made

        def expire_session(self, session_id: str) -> Session:
            raise KeyboardInterrupt

    dying = Dies("default", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)
    with pytest.raises(KeyboardInterrupt):
        till.make(attempt, dying)
    assert _attempt(till, attempt).state == "open"
    end_sessions(till.db, till.provider, till.listener, "style", payment.id)
    assert not _is_payable(till, payment)


def test_expired_sessions_are_not_asked_about_again(till: Till) -> None:
    payment = till.payment()
    for _session in range(3):
        till.open(payment)
        end_sessions(till.db, till.provider, till.listener, "style", payment.id)
    open_one = till.open(payment)
    asked: list[str] = []

    class Counting(StripeProvider):
        def retrieve_session(self, session_id: str) -> Session:
            asked.append(session_id)
            return super().retrieve_session(session_id)

    counting = Counting("default", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)
    assert settle(till.db, counting, till.listener, "style", payment.id, cause="test") is PaymentState.PENDING
    assert asked == [open_one]


def test_nobody_can_want_sessions_without_end(till: Till) -> None:
    payment = till.payment()
    for _session in range(SESSIONS_A_PAYMENT):
        with till.db.read() as session:
            assert may_want(session, session.get_one(Payment, ("style", payment.id)))
        _set(till, till.want(payment), state=AttemptState.EXPIRED.value)
    with till.db.read() as session:
        assert not may_want(session, session.get_one(Payment, ("style", payment.id)))


def test_no_session_is_wanted_while_another_can_be_paid(till: Till) -> None:
    payment = till.payment()
    till.open(payment)
    with till.db.read() as session:
        assert not may_want(session, session.get_one(Payment, ("style", payment.id)))


def test_an_attempt_of_another_store_is_not_touched(till: Till) -> None:
    """A session's metadata name an attempt; only one of this payment can be meant."""
    mine, other = till.payment(), till.payment()
    told = till.provider.retrieve_session(till.open(mine))
    foreign = till.want(other)
    odd = dataclasses.replace(told, id=f"{told.id}_odd", attempt=foreign.id)
    apply_session(till.db, till.listener, "style", mine.id, odd, till.provider, cause="test")
    assert _attempt(till, foreign).session_id is None
