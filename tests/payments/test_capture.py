"""A card's reservation: noted once, taken once, let go once, whatever answers are lost and whoever else acts."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.capture import LEAD, NotCapturable, send_capture, want_capture, want_void, wanted_captures
from payments.columns import utcnow
from payments.ledger import balance
from payments.models import Attempt, Capture, LedgerEntry, Payment
from payments.money import Money
from payments.provider import UIMode
from payments.reconcile import reconcile
from payments.sessions import Terms, want_session
from payments.settle import settle
from tests.payments.conftest import AMOUNT, Till

PART = Money(2300)


pytestmark = pytest.mark.usefixtures("no_fault_is_left")


def _attempt(till: Till, payment: Payment) -> Attempt:
    return till.db.write(
        lambda session: want_session(
            session,
            session.get_one(Payment, (payment.store_id, payment.id)),
            ui_mode=UIMode.ELEMENTS,
            locale="ja",
            request_id="req-test",
            now=utcnow(),
            terms=Terms(capture_later=True),
        )
    )


def _session(till: Till, payment: Payment) -> str:
    made = till.make(_attempt(till, payment))
    assert made.session is not None
    return made.session.id


def _settle(till: Till, payment: Payment) -> Payment:
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    return till.now(payment)


def _promised(till: Till) -> Payment:
    payment = till.payment()
    till.sandbox.pay(_session(till, payment))
    return _settle(till, payment)


def _want(
    till: Till, payment: Payment, amount: Money | None = AMOUNT, *, lead: dt.timedelta = dt.timedelta()
) -> str:
    def work(session: Session) -> str:
        row = session.get_one(Payment, ("style", payment.id), with_for_update=True)
        if amount is None:
            assert row.provider_id is not None
            return want_void(session, row, row.provider_id, reason="test", lead=lead).id
        return want_capture(session, row, amount, reason="test", lead=lead).id

    return till.db.write(work)


def _send(till: Till, capture_id: str) -> bool:
    return send_capture(till.db, till.provider, till.listener, "style", capture_id)


def _whose_turn(till: Till) -> list[tuple[str, str]]:
    with till.db.read() as session:
        return wanted_captures(session)


def _pause_is_over(till: Till) -> None:
    long_ago = utcnow() - dt.timedelta(seconds=1)
    till.db.write(lambda session: session.execute(update(Capture).values(next_try_at=long_ago)))


def _booked(till: Till, payment: Payment) -> list[tuple[str, int]]:
    with till.db.read() as session:
        rows = session.scalars(
            select(LedgerEntry).where(LedgerEntry.payment_id == payment.id).order_by(LedgerEntry.id)
        )
        return [(row.kind, row.amount_minor) for row in rows]


def _wish(till: Till, capture_id: str) -> Capture:
    with till.db.read() as session:
        return session.get_one(Capture, ("style", capture_id))


def _captures_at_the_provider(till: Till, payment: Payment) -> list[int]:
    told = till.sandbox.control(f"payments/{payment.provider_id}", method="GET")
    return [one["amount"] for one in told["movements"] if one["type"] == "charge"]


def test_a_promise_is_noted_once_and_moves_no_money(till: Till) -> None:
    payment = _promised(till)
    _settle(till, payment)
    assert (payment.state, till.listener.told) == ("authorised", ["authorised"])
    assert payment.capture_before is not None
    assert payment.capture_before > utcnow()
    assert _booked(till, payment) == []


@pytest.mark.parametrize("amount", [AMOUNT, PART])
def test_it_is_taken_once_whole_or_in_part(till: Till, amount: Money) -> None:
    payment = _promised(till)
    wish = _want(till, payment, amount)
    assert _send(till, wish)
    assert not _send(till, wish)
    _settle(till, payment)
    assert till.now(payment).state == "paid"
    assert till.listener.told == ["authorised", "captured"]
    assert _booked(till, payment) == [("captured", amount.minor)]
    assert _captures_at_the_provider(till, payment) == [amount.minor]
    report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    assert not [line for line in report.differences if payment.id in line]


@pytest.mark.parametrize("fault", ["lost_answer", "429", "refuse"])
@pytest.mark.parametrize("amount", [PART, None])
def test_without_an_answer_it_is_read_and_never_done_twice(
    till: Till, fault: str, amount: Money | None
) -> None:
    payment = _promised(till)
    wish = _want(till, payment, amount)
    operation = "payment_intents.capture" if amount else "payment_intents.cancel"
    # The library asks twice, and so do we.
    till.sandbox.control("faults", {"operation": operation, "kind": fault, "times": 2})
    for _time in range(4):
        _send(till, wish)
        _pause_is_over(till)
    till.sandbox.control("faults", method="DELETE")
    _pause_is_over(till)
    _send(till, wish)
    assert _wish(till, wish).state == "done"
    assert till.now(payment).state == ("paid" if amount else "voided")
    assert _captures_at_the_provider(till, payment) == ([amount.minor] if amount else [])
    assert till.listener.told == ["authorised", "captured" if amount else "voided"]


def test_a_fault_that_the_provider_remembers_is_left_to_a_person(till: Till) -> None:
    payment = _promised(till)
    wish = _want(till, payment, PART)
    till.sandbox.control("faults", {"operation": "payment_intents.capture", "kind": "500", "times": 1})
    for _time in range(5):
        _send(till, wish)
        _pause_is_over(till)
    assert (_wish(till, wish).state, _wish(till, wish).code) == ("failed", "unanswered")
    assert till.listener.told == ["authorised", "capture_failed"]
    assert _send(till, _want(till, payment, PART))
    assert _captures_at_the_provider(till, payment) == [PART.minor]


def test_the_worker_leaves_a_new_wish_to_a_caller_who_sends_it_at_once(till: Till) -> None:
    payment = _promised(till)
    wish = _want(till, payment, lead=LEAD)
    assert _whose_turn(till) == []
    assert _send(till, wish)
    assert till.now(payment).state == "paid"


def test_what_its_caller_never_sent_is_the_workers_after_that(till: Till) -> None:
    wish = _want(till, _promised(till), lead=LEAD)
    _pause_is_over(till)
    assert _whose_turn(till) == [("style", wish)]


def test_eight_that_send_at_once_take_it_once(till: Till) -> None:
    payment = _promised(till)
    wish = _want(till, payment, PART)
    threads = [threading.Thread(target=_send, args=(till, wish)) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert till.listener.told == ["authorised", "captured"]
    assert _booked(till, payment) == [("captured", PART.minor)]


def test_what_is_let_go_is_no_refund(till: Till) -> None:
    payment = _promised(till)
    assert _send(till, _want(till, payment, None))
    _settle(till, payment)
    assert till.now(payment).state == "voided"
    assert till.listener.told == ["authorised", "voided"]
    assert _booked(till, payment) == []
    released = {one.id for one in till.provider.refunds_of(till.now(payment).provider_id or "")}
    assert released, "the provider notes it as a refund"
    report = reconcile(till.db, till.provider, till.listener, utcnow() - dt.timedelta(hours=1))
    assert not [line for line in report.differences if line.partition(":")[0] in released]


def test_after_its_end_nothing_is_taken_and_the_end_is_noted(till: Till) -> None:
    payment = _promised(till)
    wish = _want(till, payment)

    def late(session: Session) -> None:
        row = session.get_one(Payment, ("style", payment.id))
        row.capture_before = utcnow() + dt.timedelta(minutes=1)

    till.db.write(late)
    assert _send(till, wish)
    assert (_wish(till, wish).state, _wish(till, wish).code) == ("failed", "too_late")
    assert _captures_at_the_provider(till, payment) == []
    assert till.listener.told == ["authorised", "capture_failed"]
    with pytest.raises(NotCapturable, match="too_late"):
        _want(till, payment)
    till.sandbox.control(f"payments/{payment.provider_id}/cancel", {})
    assert _settle(till, payment).state == "voided"


def test_let_go_on_the_providers_screen_is_no_capture(till: Till) -> None:
    payment = _promised(till)
    wish = _want(till, payment)
    till.sandbox.control(f"payments/{payment.provider_id}/cancel", {})
    _send(till, wish)
    assert till.now(payment).state == "voided"
    assert (_wish(till, wish).state, _wish(till, wish).code) == ("failed", "overtaken")
    assert till.listener.told == ["authorised", "voided"]


def test_taken_on_the_providers_screen_in_part_wants_a_person(till: Till) -> None:
    payment = _promised(till)
    till.sandbox.control(f"payments/{payment.provider_id}/capture", {"amount": PART.minor})
    assert _settle(till, payment).state == "review"
    assert _booked(till, payment) == [("captured", PART.minor)]


def test_two_promises_of_one_payment_let_the_second_go(till: Till) -> None:
    payment = till.payment()
    first, second = _session(till, payment), _session(till, payment)
    till.sandbox.pay(first)
    till.sandbox.pay(second)
    _settle(till, payment)
    _settle(till, payment)
    with till.db.read() as session:
        rows = session.scalars(select(Capture).where(Capture.payment_id == payment.id)).all()
    assert [(row.reason, row.amount_minor) for row in rows] == [("authorised_twice", 0)]
    assert _send(till, rows[0].id)
    assert till.now(payment).state == "authorised"
    assert _wish(till, rows[0].id).state == "done"


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        (Money(0), "amount"),
        (Money(-1), "amount"),
        (AMOUNT + Money(1), "amount"),
        (Money(AMOUNT.minor, "USD"), "currency"),
    ],
)
def test_what_was_not_promised_is_not_taken(till: Till, amount: Money, why: str) -> None:
    payment = _promised(till)
    with pytest.raises(NotCapturable, match=why):
        _want(till, payment, amount)


def test_what_was_taken_or_let_go_is_not_taken_again(till: Till) -> None:
    payment = _promised(till)
    _want(till, payment, PART)
    with pytest.raises(NotCapturable, match="under_way"):
        _want(till, payment)
    with pytest.raises(NotCapturable, match="under_way"):
        _want(till, payment, None)
    other = _promised(till)
    _send(till, _want(till, other, None))
    with pytest.raises(NotCapturable, match="state"):
        _want(till, other)
    with till.db.read() as session:
        assert balance(session, other) == 0
