"""Reconciling heals what was missed and names what it can't heal; refunds go out once."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.ledger import balance, want_refund
from payments.models import Attempt, LedgerEntry, Payment, Refund
from payments.provider import Refund as Told
from payments.providers.stripe import StripeProvider
from payments.reconcile import reconcile
from payments.refunds import send_refund, wanted_refunds
from payments.sandbox.keys import RESTRICTED_PERMISSIONS
from payments.settle import settle
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

    def forget(session: Session) -> None:
        session.execute(update(Attempt).values(session_id=None, state="waiting", tries=1))

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
    def work(session: Session) -> None:
        row = session.get_one(Payment, ("style", payment.id))
        want_refund(session, row, row.provider_id, AMOUNT.minor, reason=reason)  # type: ignore[arg-type]  # paid, so it has an id

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
        till.db.write(lambda session: session.execute(update(Refund).values(next_try_at=utcnow())))
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


def _began_before(till: Till, payment: Payment) -> dt.datetime:
    """A moment between the making of the payment's session and its payment: seconds are all that the lists know."""
    with till.db.read() as session:
        session_id = session.scalars(select(Attempt.session_id).where(Attempt.payment_id == payment.id)).one()
    assert session_id is not None
    since = till.provider.retrieve_session(session_id).created + dt.timedelta(seconds=1)
    while utcnow() < since:
        time.sleep(0.05)  # the provider's clock has whole seconds
    return since


def test_a_session_made_before_the_period_and_paid_in_it_is_no_difference(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    since = _began_before(till, payment)
    till.sandbox.pay(session_id)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    report = reconcile(till.db, till.provider, till.listener, since)
    assert [line for line in report.differences if payment.id in line or "ch_" in line] == []
    with till.db.read() as session:
        assert report.ledger_minor >= balance(session, payment) == AMOUNT.minor


def test_a_payment_that_comes_while_the_lists_are_read_is_no_difference(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)

    class PaidMeanwhile(StripeProvider):
        def refunds_since(self, since: dt.datetime) -> Iterator[Told]:
            till.sandbox.pay(session_id)
            settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
            return super().refunds_since(since)

    provider = PaidMeanwhile("default", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)
    report = reconcile(till.db, provider, till.listener, _since())
    with till.db.read() as session:
        [charge] = session.scalars(select(LedgerEntry.provider_object)).all()
    assert [line for line in report.differences if charge in line or payment.id in line] == []


class MovesMeanwhile(StripeProvider):
    """Something happens after the list of refunds has been read."""

    def __init__(self, till: Till, happens: Callable[[], object]) -> None:
        super().__init__("default", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)
        self._happens = happens

    def refunds_since(self, since: dt.datetime) -> Iterator[Told]:
        yield from list(super().refunds_since(since))
        self._happens()


def _refunded(till: Till, card: str) -> tuple[Payment, str]:
    """A payment whose money was asked back, and the refund's id at the provider."""
    payment = till.payment()
    till.sandbox.pay(till.open(payment), card)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    paid = till.now(payment).provider_id or ""
    refund = till.provider.refund(paid, AMOUNT, idempotency_key=f"back-{payment.id}", reference="")
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    return payment, refund.id


@pytest.mark.usefixtures("still_sandbox")
def test_a_refund_that_arrives_while_the_lists_are_read_is_booked(till: Till) -> None:
    """The list told of it as pending; of the balance it was taken at once."""
    payment, refund_id = _refunded(till, "refund_pending")

    def arrives() -> None:
        till.sandbox.control(f"refunds/{refund_id}/complete", {})

    report = reconcile(till.db, MovesMeanwhile(till, arrives), till.listener, _since())
    assert [line for line in report.differences if refund_id in line] == []
    with till.db.read() as session:
        assert balance(session, payment) == 0


@pytest.mark.parametrize("is_heard_of", [True, False], ids=["heard_of", "not_heard_of"])
def test_a_refund_that_fails_while_the_lists_are_read_is_no_difference(till: Till, is_heard_of: bool) -> None:
    """The list told of it as done. When no event has come of the failure, the next run heals it."""
    payment, refund_id = _refunded(till, "success")

    def fails() -> None:
        till.sandbox.control(f"refunds/{refund_id}/fail", {})
        if is_heard_of:
            settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")

    report = reconcile(till.db, MovesMeanwhile(till, fails), till.listener, _since())
    assert [line for line in report.differences if refund_id in line] == []
    if not is_heard_of:
        reconcile(till.db, till.provider, till.listener, _since())
    with till.db.read() as session:
        assert balance(session, payment) == AMOUNT.minor


def test_a_payment_of_which_nothing_is_heard_while_the_lists_are_read_is_no_difference(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    provider = MovesMeanwhile(till, lambda: till.sandbox.pay(session_id))
    report = reconcile(till.db, provider, till.listener, _since())
    charge = till.provider.retrieve_session(session_id).charge
    assert charge is not None
    assert [line for line in report.differences if charge.id in line or payment.id in line] == []


def test_a_lost_refund_of_a_payment_older_than_the_period_is_healed(till: Till) -> None:
    payment = _paid(till)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    since = _began_before(till, payment)
    provider_id = till.now(payment).provider_id
    assert provider_id is not None
    till.provider.refund(provider_id, AMOUNT, idempotency_key=f"late-{payment.id}", reference="")
    report = reconcile(till.db, till.provider, till.listener, since)
    assert till.now(payment).state == "refunded"
    assert any(payment.id in line for line in report.healed)


def test_a_refund_is_booked_on_no_payment_of_another_account(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its metadata say somebody may have typed on the provider's screen: the payment that it is of decides. Its
    session was made before the period."""
    mine, other = _paid(till), till.payment()
    settle(till.db, till.provider, till.listener, "style", mine.id, cause="test")

    def of_another_account(session: Session) -> None:
        session.get_one(Payment, ("style", other.id)).account = "cocomo"

    till.db.write(of_another_account)
    paid = till.now(mine).provider_id or ""
    till.provider.refund(paid, AMOUNT, idempotency_key=f"odd-{mine.id}", reference=f"style.{other.id}")
    monkeypatch.setattr(till.provider, "sessions_since", lambda _since: iter(()))
    reconcile(till.db, till.provider, till.listener, _since())
    assert (till.now(mine).state, till.now(other).state) == ("refunded", "pending")
    with till.db.read() as session:
        assert balance(session, till.now(other)) == 0


def test_a_payment_that_waits_for_a_person_is_listed_with_its_reason(till: Till) -> None:
    payment, _session_id = till.charged_otherwise()
    report = reconcile(till.db, till.provider, till.listener, _since())
    reason = till.now(payment).review_reason
    assert reason
    assert f"payment {payment.id} needs a person: {reason}" in report.differences


def test_a_balance_that_may_not_be_read_is_a_difference_and_the_rest_is_compared(till: Till) -> None:
    payment = _paid(till)
    rights = sorted(RESTRICTED_PERMISSIONS - {"balance_transaction_read"})
    till.sandbox.control("keys", {"key": "rk_test_no_balance", "permissions": rights})
    kept = StripeProvider(
        "default", "rk_test_no_balance", ("whsec_hitsuka",), till.sandbox.url, livemode=False
    )
    report = reconcile(till.db, kept, till.listener, _since())
    assert till.now(payment).state == "paid"
    assert "the balance can't be read: the key lacks the right" in report.differences
    assert report.balance_movements == 0


def test_what_is_known_already_is_compared_without_a_lock(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = _paid(till)
    reconcile(till.db, till.provider, till.listener, _since())
    applied: list[str] = []
    monkeypatch.setattr(
        "payments.reconcile.apply_session", lambda *arguments, **_cause: applied.append(arguments[3])
    )
    reconcile(till.db, till.provider, till.listener, _since())
    assert payment.id not in applied


def test_a_provider_that_is_asked_too_fast_does_not_end_the_comparison(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.patience.TRIES", 40)
    monkeypatch.setattr("payments.patience.FIRST_WAIT_S", 0.0)
    payments = [_paid(till) for _ in range(3)]
    till.sandbox.control("faults", {"operation": "*", "kind": "429", "probability": 0.7, "times": None})
    try:
        reconcile(till.db, till.provider, till.listener, _since())
        refused = sum(fault["met"] for fault in till.sandbox.control("faults", method="GET")["data"])
    finally:
        till.sandbox.control("faults", method="DELETE")
    assert [till.now(payment).state for payment in payments] == ["paid"] * 3
    assert refused
