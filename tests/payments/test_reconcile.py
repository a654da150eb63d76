"""Reconciling heals what was missed and names what it can't heal; refunds go out once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select, update

from payments.columns import utcnow
from payments.models import Attempt, LedgerEntry, Payment, Refund
from payments.reconcile import reconcile
from payments.refunds import send_refund, wanted_refunds
from payments.settle import balance, settle, want_refund
from tests.payments.conftest import AMOUNT, Till


def _since() -> dt.datetime:
    return utcnow() - dt.timedelta(minutes=30)


def _differences(till: Till, payment: Payment) -> list[str]:
    """The differences that concern this test's payment; the sandbox is shared with other tests."""
    report = reconcile(till.db, till.provider, till.listener, _since())
    with till.db.read() as session:
        ours = [entry.provider_object for entry in session.scalars(select(LedgerEntry))]
        sessions = [attempt.session_id for attempt in session.scalars(select(Attempt))]
    known = [payment.id, *ours, *filter(None, sessions)]
    return [line for line in report.differences if any(name in line for name in known)]


def _paid(till: Till) -> Payment:
    payment = till.payment()
    till.sandbox.pay(till.open(payment))
    return payment


def test_a_payment_of_which_no_event_came_is_healed(till: Till) -> None:
    payment = _paid(till)
    report = reconcile(till.db, till.provider, till.listener, _since())
    assert till.now(payment).state == "paid"
    assert any(payment.id in line for line in report.healed)
    assert _differences(till, payment) == []


def test_a_session_whose_answer_was_lost_with_the_process_is_found(till: Till) -> None:
    payment = _paid(till)

    def forget(session: object) -> None:
        session.execute(update(Attempt).values(session_id=None, state="waiting", tries=1))  # type: ignore[attr-defined]

    till.db.write(forget)
    reconcile(till.db, till.provider, till.listener, _since())
    assert till.now(payment).state == "paid"


def test_a_booking_that_the_provider_does_not_know_is_a_difference(till: Till) -> None:
    payment = _paid(till)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    till.db.write(lambda session: session.execute(update(LedgerEntry).values(provider_object="ch_made_up")))
    assert any("ch_made_up" in line for line in _differences(till, payment))


def test_a_wrong_amount_in_the_ledger_is_a_difference(till: Till) -> None:
    payment = _paid(till)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    till.db.write(lambda session: session.execute(update(LedgerEntry).values(amount_minor=AMOUNT.minor - 1)))
    assert any(f"ledger {AMOUNT.minor - 1}" in line for line in _differences(till, payment))


def test_paid_without_a_capture_is_a_difference(till: Till) -> None:
    payment = till.payment()
    till.db.write(lambda session: session.execute(update(Payment).values(state="paid")))
    assert any("without a capture" in line for line in _differences(till, payment))


def _want(till: Till, payment: Payment, reason: str) -> None:
    def work(session: object) -> None:
        row = session.get_one(Payment, ("style", payment.id))  # type: ignore[attr-defined]
        want_refund(session, row, row.provider_id, AMOUNT.minor, reason=reason)  # type: ignore[arg-type]

    till.db.write(work)


def test_a_refund_goes_out_once_even_when_its_answer_is_lost(till: Till) -> None:
    payment = _paid(till)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    _want(till, payment, "goods_gone")
    _want(till, payment, "goods_gone")
    with till.db.read() as session:
        [(store_id, refund_id)] = wanted_refunds(session)
    till.sandbox.fault("refunds.create", "lost_answer", times=2)
    for _try in range(3):
        send_refund(till.db, till.provider, till.listener, store_id, refund_id)
    provider_id = till.now(payment).provider_id
    assert provider_id is not None
    assert [refund.amount for refund in till.provider.refunds_of(provider_id)] == [AMOUNT]
    assert till.now(payment).state == "refunded"
    assert till.listener.told == ["paid", "refunded"]
    with till.db.read() as session:
        assert balance(session, payment) == 0
    assert _differences(till, payment) == []


def test_a_refund_made_on_the_providers_own_screen_appears_here(till: Till) -> None:
    payment = _paid(till)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    provider_id = till.now(payment).provider_id
    assert provider_id is not None
    till.provider.refund(provider_id, AMOUNT, idempotency_key=f"screen-{payment.id}", reference="")
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="event charge.refunded")
    assert till.now(payment).state == "refunded"


def test_a_refund_of_which_no_event_came_is_healed_by_reconciling(till: Till) -> None:
    payment = _paid(till)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    provider_id = till.now(payment).provider_id
    assert provider_id is not None
    till.provider.refund(provider_id, AMOUNT, idempotency_key=f"missed-{payment.id}", reference="")
    till.db.write(lambda session: session.execute(delete(Refund)))
    assert _differences(till, payment) == []
    assert till.now(payment).state == "refunded"
