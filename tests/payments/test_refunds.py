"""Refunds: sent once whatever happens on the way, tried again with pauses, counted only when the money went back."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from payments import reconcile as reconciling
from payments.columns import utcnow
from payments.ledger import balance, want_refund
from payments.models import LedgerEntry, Payment, Refund
from payments.money import Money
from payments.providers.stripe import StripeProvider
from payments.reconcile import reconcile
from payments.refunds import TRIES_WITH_A_KEY, send_refund, wanted_refunds
from payments.sandbox.refunds import SETTLES_AFTER_S
from payments.settle import settle
from tests.payments.conftest import AMOUNT, Till
from tests.servers.sandbox import Sandbox

CARD_OF_PENDING_REFUND, CARD_OF_FAILING_REFUND = "refund_pending", "refund_fails"


pytestmark = pytest.mark.usefixtures("no_fault_is_left")


def _settle(till: Till, payment: Payment) -> None:
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")


def _paid(till: Till, card: str = "success") -> Payment:
    payment = till.payment()
    till.sandbox.pay(till.open(payment), card)
    _settle(till, payment)
    return till.now(payment)


def _want(till: Till, payment: Payment, reason: str = "goods_gone") -> tuple[str, str]:
    def work(session: Session) -> tuple[str, str]:
        row = session.get_one(Payment, ("style", payment.id))
        assert row.provider_id is not None
        want_refund(session, row, row.provider_id, AMOUNT.minor, reason=reason)
        session.flush()
        found = session.scalars(select(Refund).where(Refund.payment_id == payment.id)).one()
        return found.store_id, found.id

    return till.db.write(work)


def _send(till: Till, wanted: tuple[str, str], provider: StripeProvider | None = None) -> bool:
    return send_refund(till.db, provider or till.provider, till.listener, *wanted)


def _pause_is_over(till: Till) -> None:
    long_ago = utcnow() - dt.timedelta(seconds=1)
    till.db.write(lambda session: session.execute(update(Refund).values(next_try_at=long_ago)))


def _row(till: Till, wanted: tuple[str, str]) -> Refund:
    with till.db.read() as session:
        return session.get_one(Refund, wanted)


def _balance(till: Till, payment: Payment) -> int:
    with till.db.read() as session:
        return balance(session, payment)


def _on_their_screen(till: Till, payment: Payment, amount: Money = AMOUNT) -> str:
    assert payment.provider_id is not None
    key = f"screen-{payment.id}-{amount.minor}"
    return till.provider.refund(payment.provider_id, amount, idempotency_key=key, reference="").id


def _status_becomes(till: Till, refund_id: str, payment: Payment, status: str) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert payment.provider_id is not None
        [told] = [one for one in till.provider.refunds_of(payment.provider_id) if one.id == refund_id]
        if told.status == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"the refund did not become {status}")


@pytest.mark.parametrize("kind", ["500", "429"])
def test_a_refund_without_an_answer_is_not_asked_for_again_at_once(till: Till, kind: str) -> None:
    wanted = _want(till, _paid(till))
    till.sandbox.fault("refunds.create", kind, times=2)
    assert not _send(till, wanted)
    with till.db.read() as session:
        assert wanted not in wanted_refunds(session)
    assert not _send(till, wanted)
    assert _row(till, wanted).state == "wanted"


def test_a_refund_that_waits_does_not_stand_in_the_way_of_those_behind_it(till: Till) -> None:
    stuck, next_one = _want(till, _paid(till)), _want(till, _paid(till))
    till.sandbox.fault("refunds.create", "500", times=2)
    _send(till, stuck)
    with till.db.read() as session:
        assert wanted_refunds(session, limit=1) == [next_one]


def test_a_refund_that_was_made_long_ago_is_found_and_not_made_anew(till: Till) -> None:
    """The provider forgets an idempotency key after a day; its list does not forget."""
    payment = _paid(till)
    wanted = _want(till, payment)
    till.sandbox.fault("refunds.create", "lost_answer", times=2)
    _send(till, wanted)
    _pause_is_over(till)
    till.sandbox.fault("refunds.create", "500", times=None)
    assert _send(till, wanted)
    assert _row(till, wanted).state == "done"
    assert till.now(payment).state == "refunded"


def test_a_fault_that_the_providers_key_remembers_holds_no_refund_up_for_ever(till: Till) -> None:
    payment = _paid(till)
    wanted = _want(till, payment)
    till.sandbox.fault("refunds.create", "500", times=1)
    tries = 0
    while not _send(till, wanted):
        tries += 1
        assert tries <= TRIES_WITH_A_KEY
        _pause_is_over(till)
    assert tries == TRIES_WITH_A_KEY, "the same key as long as its answer may be on its way"
    assert _row(till, wanted).state == "done"
    assert till.now(payment).state == "refunded"
    assert len(till.provider.refunds_of(payment.provider_id or "")) == 1


def test_a_wrong_key_does_not_give_a_refund_up(till: Till) -> None:
    payment = _paid(till)
    wanted = _want(till, payment)
    wrong = StripeProvider("default", "sk_test_wrong", (), till.sandbox.url, livemode=False)
    assert not _send(till, wanted, wrong)
    assert _row(till, wanted).state == "wanted"
    _pause_is_over(till)
    assert _send(till, wanted)
    assert till.now(payment).state == "refunded"


def test_a_refused_refund_is_for_a_person(till: Till) -> None:
    payment = _paid(till)
    wanted = _want(till, payment)
    till.sandbox.control(
        f"payments/{payment.provider_id}/dispute", {"reason": "fraudulent"}
    )  # nothing goes back
    _send(till, wanted)
    assert _row(till, wanted).state == "failed"
    assert till.now(payment).state == "review"
    assert till.listener.told == ["paid", "review"]


@pytest.mark.parametrize("card", ["success", CARD_OF_PENDING_REFUND])
@pytest.mark.parametrize("parts", [(1,), (AMOUNT.minor - 1,), (1, 40)])
def test_all_that_is_left_goes_back_where_parts_went_back_unheard_of(
    till: Till, parts: tuple[int, ...], card: str
) -> None:
    """On the provider's screen, by somebody else, done or still under way; nobody has to look."""
    payment = _paid(till, card)
    wanted = _want(till, payment)
    for part in parts:
        _on_their_screen(till, payment, Money(part))
    tries = 0
    while _row(till, wanted).state == "wanted":
        _send(till, wanted)
        tries += 1
        assert tries <= 2
    assert _row(till, wanted).amount_minor == AMOUNT.minor - sum(parts)
    assert payment.provider_id is not None
    told = till.provider.refunds_of(payment.provider_id)
    assert sum(one.amount.minor for one in told) == AMOUNT.minor
    if card == CARD_OF_PENDING_REFUND:
        for one in told:
            _status_becomes(till, one.id, payment, "succeeded")
    _settle(till, payment)
    assert (till.now(payment).state, _balance(till, payment)) == ("refunded", 0)
    assert till.listener.told == ["paid", "refunded"]


def test_a_part_that_somebody_chose_is_not_made_smaller(till: Till) -> None:
    payment = _paid(till)

    def part(session: Session) -> tuple[str, str]:
        row = session.get_one(Payment, ("style", payment.id))
        return "style", want_refund(session, row, row.provider_id or "", AMOUNT.minor - 10, reason="staff").id

    wanted = till.db.write(part)
    _on_their_screen(till, payment, Money(20))
    _send(till, wanted)
    assert (_row(till, wanted).state, _row(till, wanted).amount_minor) == ("failed", AMOUNT.minor - 10)
    assert (till.now(payment).state, _balance(till, payment)) == ("paid", AMOUNT.minor - 20)


def test_a_refund_that_staff_made_first_on_their_screen_is_no_failure(till: Till) -> None:
    payment = _paid(till)
    wanted = _want(till, payment)
    _on_their_screen(till, payment)
    _send(till, wanted)
    assert till.now(payment).state == "refunded"
    assert _row(till, wanted).state == "done"
    assert _balance(till, payment) == 0


def test_of_an_order_paid_twice_each_payment_goes_back_by_itself(till: Till) -> None:
    """The first was given back on their screen while ours was on its way: no failure, though the second is there."""
    payment = till.payment()
    first, second = till.open(payment), till.open(payment)
    till.sandbox.pay(first)
    _settle(till, payment)
    wanted = _want(till, till.now(payment))
    till.sandbox.pay(second)
    _settle(till, payment)
    _on_their_screen(till, till.now(payment))
    assert _send(till, wanted)
    assert (_row(till, wanted).state, till.now(payment).state) == ("done", "refunding")
    with till.db.read() as session:
        [of_second] = [one for one in wanted_refunds(session) if one != wanted]
    assert _send(till, of_second)
    assert (_row(till, of_second).state, till.now(payment).state) == ("done", "refunded")
    assert _balance(till, payment) == 0


def test_a_second_payment_that_went_back_on_their_screen_leaves_the_order_paid(till: Till) -> None:
    payment = till.payment()
    first, second = till.open(payment), till.open(payment)
    till.sandbox.pay(first)
    till.sandbox.pay(second)
    _settle(till, payment)
    with till.db.read() as session:
        [wanted] = [one for one in wanted_refunds(session) if _row(till, one).payment_id == payment.id]
    of_second = _row(till, wanted).provider_payment
    till.provider.refund(of_second, AMOUNT, idempotency_key=f"screen-{of_second}", reference="")
    assert _send(till, wanted)
    assert (_row(till, wanted).state, till.now(payment).state) == ("done", "paid")


def test_a_pending_refund_is_not_called_refunded_before_it_is(till: Till, still_sandbox: Sandbox) -> None:
    payment = _paid(till, CARD_OF_PENDING_REFUND)
    wanted = _want(till, payment)
    _send(till, wanted)
    refund_id = _row(till, wanted).provider_id
    assert refund_id is not None
    assert (till.now(payment).state, _row(till, wanted).state) == ("refunding", "sent")
    assert till.listener.told == ["paid"]
    still_sandbox.control("clock", {"advance_s": SETTLES_AFTER_S})
    _status_becomes(till, refund_id, payment, "succeeded")
    _settle(till, payment)
    assert (till.now(payment).state, _row(till, wanted).state) == ("refunded", "done")
    assert till.listener.told == ["paid", "refunded"]


@pytest.mark.parametrize("ends", ["complete", "fail"])
def test_what_a_refund_holds_while_it_is_pending_is_no_difference(
    till: Till, ends: str, still_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider takes it out of the balance at once, and puts it back when the refund comes to nothing."""
    payment = _paid(till, CARD_OF_PENDING_REFUND)
    wanted = _want(till, payment)
    _send(till, wanted)
    refund_id = _row(till, wanted).provider_id or ""

    def differences() -> list[str]:
        report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(minutes=30))
        return [line for line in report.differences if refund_id in line]

    assert differences() == []
    still_sandbox.control(f"refunds/{refund_id}/{ends}", {})
    _settle(till, payment)
    assert (_row(till, wanted).state, _balance(till, payment)) == (
        ("done", 0) if ends == "complete" else ("failed", AMOUNT.minor)
    )
    assert differences() == []
    forgotten = delete(LedgerEntry).where(LedgerEntry.provider_object == refund_id)
    till.db.write(lambda session: session.execute(forgotten))
    for heals in ("apply_session", "apply_refund"):
        monkeypatch.setattr(reconciling, heals, lambda *_given, **_named: None)
    said = any(line.startswith("balance") for line in differences())
    assert said is (ends == "complete"), "what did go back and is not booked is one"


def test_a_refund_that_fails_after_all_is_our_money_again_and_for_a_person(till: Till) -> None:
    payment = _paid(till, CARD_OF_FAILING_REFUND)
    wanted = _want(till, payment)
    _send(till, wanted)
    refund_id = _row(till, wanted).provider_id
    assert refund_id is not None
    _status_becomes(till, refund_id, payment, "failed")
    for _time in range(2):
        _settle(till, payment)
    assert _balance(till, payment) == AMOUNT.minor
    assert _row(till, wanted).state == "failed"
    assert till.now(payment).state == "review"
    assert till.listener.told[-1] == "review"
    report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(minutes=30))
    assert not [line for line in report.differences if refund_id in line]


def test_a_refund_on_their_screen_that_fails_after_all_is_heard_of(
    till: Till, still_sandbox: Sandbox
) -> None:
    payment = _paid(till, CARD_OF_FAILING_REFUND)
    refund_id = _on_their_screen(till, payment)
    _settle(till, payment)
    still_sandbox.control("clock", {"advance_s": SETTLES_AFTER_S})
    _status_becomes(till, refund_id, payment, "failed")
    _settle(till, payment)
    assert _balance(till, payment) == AMOUNT.minor
    assert till.now(payment).state == "review"


def test_a_partial_refund_leaves_the_payment_paid(till: Till) -> None:
    payment = _paid(till)
    _on_their_screen(till, payment, Money(100))
    _settle(till, payment)
    assert (till.now(payment).state, _balance(till, payment)) == ("paid", AMOUNT.minor - 100)
    _on_their_screen(till, payment, Money(AMOUNT.minor - 100))
    _settle(till, payment)
    assert (till.now(payment).state, _balance(till, payment)) == ("refunded", 0)


def test_both_of_two_payments_given_back_is_refunded_in_either_order(till: Till) -> None:
    payment = till.payment()
    for session_id in [till.open(payment), till.open(payment)]:
        till.sandbox.pay(session_id)
    _settle(till, payment)
    _on_their_screen(till, till.now(payment))
    _settle(till, payment)
    assert till.now(payment).state == "paid"
    with till.db.read() as session:
        [wanted] = [
            one for one in wanted_refunds(session) if session.get_one(Refund, one).payment_id == payment.id
        ]
    _send(till, wanted)
    assert (till.now(payment).state, _balance(till, payment)) == ("refunded", 0)


def test_giving_the_money_back_on_their_screen_ends_a_review(till: Till) -> None:
    payment = till.payment()
    till.sandbox.pay(till.open(payment))
    till.db.write(
        lambda session: session.execute(
            update(Payment).where(Payment.id == payment.id).values(amount_minor=AMOUNT.minor + 1)
        )
    )
    _settle(till, payment)
    assert till.now(payment).state == "review"
    since = utcnow() - dt.timedelta(minutes=30)
    [told] = [one for one in till.provider.sessions_since(since) if one.reference == f"style.{payment.id}"]
    assert told.payment_id is not None
    till.provider.refund(told.payment_id, AMOUNT, idempotency_key=f"review-{payment.id}", reference="")
    _settle(till, payment)
    assert till.now(payment).state == "refunded"
    assert till.listener.told == ["review", "refunded"]
