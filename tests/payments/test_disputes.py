"""Disputes and warnings: noted once, booked once with fee and reversal, in any order, by event or by reconciling."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from payments.columns import utcnow
from payments.dispute_models import Dispute, DisputeHistory, FraudWarning
from payments.disputes import NEXT, DisputeState, advance, apply_disputes, has_taken_money
from payments.ledger import balance, left_with_us, refundable
from payments.models import LedgerEntry, Payment, ProviderEvent
from payments.provider import Evidence
from payments.providers.stripe import StripeProvider
from payments.reconcile import reconcile
from payments.settle import settle
from payments.transitions import WrongTransition
from tests.payments.conftest import AMOUNT, Till

FEE = 1300


def _paid(till: Till, card: str = "success") -> Payment:
    payment = till.payment()
    till.sandbox.pay(till.open(payment), card)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    return till.now(payment)


def _dispute(till: Till, payment: Payment, **given: object) -> str:
    told = till.sandbox.control(f"payments/{payment.provider_id}/dispute", given or {"reason": "duplicate"})
    return str(told["id"])


def _read(till: Till, payment: Payment) -> None:
    assert payment.provider_id is not None
    apply_disputes(
        till.db, till.provider, till.listener, "style", payment.id, payment.provider_id, cause="test"
    )


def _booked(till: Till, payment: Payment) -> list[tuple[str, int]]:
    with till.db.read() as session:
        rows = session.scalars(
            select(LedgerEntry).where(LedgerEntry.payment_id == payment.id).order_by(LedgerEntry.id)
        )
        return [(row.kind, row.amount_minor) for row in rows]


def _history(till: Till, dispute_id: str) -> list[str]:
    with till.db.read() as session:
        rows = session.scalars(
            select(DisputeHistory).where(DisputeHistory.dispute_id == dispute_id).order_by(DisputeHistory.id)
        )
        return [row.after for row in rows]


@pytest.mark.parametrize("verdict", ["won", "lost"])
def test_a_dispute_takes_money_and_fee_once_and_a_victory_brings_it_back(till: Till, verdict: str) -> None:
    payment = _paid(till)
    dispute_id = _dispute(till, payment)
    for _time in range(2):
        _read(till, payment)
    taken = [("captured", AMOUNT.minor), ("disputed", -AMOUNT.minor), ("dispute_fee", -FEE)]
    assert _booked(till, payment) == taken
    with till.db.read() as session:
        now = session.get_one(Payment, ("style", payment.id))
        assert (refundable(session, now), balance(session, now)) == (0, AMOUNT.minor)
        assert left_with_us(session, now) == -FEE
    till.sandbox.control(f"disputes/{dispute_id}/{verdict}", {})
    for _time in range(2):
        _read(till, payment)
    back = [("reinstated", AMOUNT.minor)] if verdict == "won" else []
    assert _booked(till, payment) == taken + back
    assert _history(till, dispute_id) == ["open", verdict]
    assert till.now(payment).state == "paid"
    assert till.listener.told == ["paid", "disputed", "disputed"]
    report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    assert not [line for line in report.differences if payment.id in line or dispute_id in line]


def test_reconciling_finds_what_no_event_told(till: Till) -> None:
    payment, warned = _paid(till), _paid(till)
    dispute_id = _dispute(till, payment)
    till.sandbox.control(f"payments/{warned.provider_id}/fraud_warning", {"fraud_type": "misc"})
    report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    assert f"{dispute_id} of payment {payment.id}: open" in report.healed
    with till.db.read() as session:
        warning = session.scalars(select(FraudWarning).where(FraudWarning.payment_id == warned.id)).one()
    assert warning.actionable
    assert not [line for line in report.differences if payment.id in line or dispute_id in line]
    again = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    assert again.healed == []
    assert (again.disputes > 0, again.balance_movements > 0) == (True, True)
    till.sandbox.control(f"payments/{warned.provider_id}/refund", {})
    reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    with till.db.read() as session:
        assert not session.get_one(FraudWarning, ("style", warning.id)).actionable
    assert till.now(warned).state == "refunded"


def test_reconciling_books_the_dispute_of_a_payment_that_is_under_review(till: Till) -> None:
    """Its money is with us though it can't be this payment's, and nothing of ours notes the provider's id."""
    payment, session_id = till.charged_otherwise()
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    assert (till.now(payment).state, till.now(payment).provider_id) == ("review", None)
    paid = till.provider.retrieve_session(session_id).payment_id
    told = till.sandbox.control(f"payments/{paid}/dispute", {"reason": "duplicate"})
    report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    assert not [line for line in report.differences if str(told["id"]) in line]
    taken = [("captured", AMOUNT.minor), ("disputed", -AMOUNT.minor), ("dispute_fee", -FEE)]
    assert _booked(till, payment) == taken


def test_reconciling_lists_what_the_ledger_does_not_say(till: Till) -> None:
    payment = _paid(till)
    _dispute(till, payment)
    _read(till, payment)

    def forge(session: object) -> None:
        from sqlalchemy import update

        wrong = update(LedgerEntry).where(
            LedgerEntry.payment_id == payment.id, LedgerEntry.kind == "dispute_fee"
        )
        session.execute(wrong.values(amount_minor=-1))  # type: ignore[attr-defined]  # a session

    till.db.write(forge)
    report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    assert [line for line in report.differences if str(-AMOUNT.minor - 1) in line]
    assert not report.agrees


def test_an_inquiry_moves_nothing_until_it_becomes_a_dispute(till: Till) -> None:
    payment = _paid(till)
    dispute_id = _dispute(till, payment, reason="fraudulent", inquiry=True)
    _read(till, payment)
    assert _booked(till, payment) == [("captured", AMOUNT.minor)]
    till.sandbox.control(f"disputes/{dispute_id}/escalated", {})
    _read(till, payment)
    assert _history(till, dispute_id) == ["inquiry", "open"]
    assert ("disputed", -AMOUNT.minor) in _booked(till, payment)


def test_evidence_is_handed_in_once(till: Till) -> None:
    payment = _paid(till)
    dispute_id = _dispute(till, payment)
    evidence = Evidence({"uncategorized_text": "delivered"}, "receipt", "evidence.pdf", b"%PDF-1.4\n%%EOF\n")
    told = till.provider.answer_dispute(dispute_id, evidence, idempotency_key=f"key-{dispute_id}")
    assert (told.status, told.submissions) == ("under_review", 1)
    _read(till, payment)
    assert _history(till, dispute_id) == ["review"]


def test_the_table_is_kept_to_and_written_down(till: Till) -> None:
    payment = _paid(till)
    dispute_id = _dispute(till, payment)
    _read(till, payment)

    def work(session: object) -> None:
        row = session.get_one(Dispute, ("style", dispute_id))  # type: ignore[attr-defined]  # a session
        for before in DisputeState:
            for after in DisputeState:
                row.state = before.value
                if after in NEXT[before]:
                    advance(session, row, after, cause="test")  # type: ignore[arg-type]  # a session
                    assert row.state == after
                    continue
                with pytest.raises(WrongTransition):
                    advance(session, row, after, cause="test")  # type: ignore[arg-type]  # a session
                assert row.state == before

    till.db.write(work)
    assert len(_history(till, dispute_id)) == 1 + sum(len(then) for then in NEXT.values())


@pytest.mark.parametrize(
    ("verdict", "is_taken"), [("won", False), ("lost", True), ("under_review", True), (None, True)]
)
def test_of_money_that_a_dispute_has_taken_nothing_goes_back_besides(
    till: Till, verdict: str | None, is_taken: bool
) -> None:
    """Also not of what is left of it, where it was about a part: who wins would have it twice."""
    payment = _paid(till)
    dispute_id = _dispute(till, payment)
    if verdict == "under_review":
        told = Evidence({"uncategorized_text": "delivered"})
        till.provider.answer_dispute(dispute_id, told, idempotency_key=f"key-{dispute_id}")
    elif verdict is not None:
        till.sandbox.control(f"disputes/{dispute_id}/{verdict}", {})
    _read(till, payment)
    with till.db.read() as session:
        assert has_taken_money(session, till.now(payment)) is is_taken


def test_what_another_account_says_of_a_dispute_is_not_booked(till: Till) -> None:
    payment = _paid(till)
    _dispute(till, payment)
    other = StripeProvider("cocomo", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)
    paid = payment.provider_id or ""
    apply_disputes(till.db, other, till.listener, "style", payment.id, paid, cause="test")
    assert _booked(till, payment) == [("captured", AMOUNT.minor)]


def test_old_news_leads_nowhere_back(till: Till) -> None:
    payment = _paid(till)
    dispute_id = _dispute(till, payment)
    before = till.provider.retrieve_dispute(dispute_id)
    till.sandbox.control(f"disputes/{dispute_id}/won", {})
    _read(till, payment)
    from payments.disputes import book_dispute

    def stale(session: object) -> None:
        row = session.get_one(Payment, ("style", payment.id))  # type: ignore[attr-defined]  # a session
        book_dispute(session, row, before, till.provider, till.listener, cause="stale")  # type: ignore[arg-type]  # a session

    till.db.write(stale)
    assert _history(till, dispute_id) == ["won"]
    with till.db.read() as session:
        assert session.query(ProviderEvent).count() == 0
