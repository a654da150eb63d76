"""What the provider tells of a refund is booked as told: of its own payment, once, and nothing that did not move."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.given_up import NotAgain, refund_again
from payments.ledger import balance, has_all_gone_back, refundable, want_refund
from payments.models import Payment
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.provider import Refund
from payments.settle import apply_refund, settle
from payments.states import PaymentState
from tests.payments.conftest import AMOUNT, Till


def _paid(till: Till) -> Payment:
    payment = till.payment()
    till.sandbox.pay(till.open(payment))
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    return till.now(payment)


def _want(till: Till, payment: Payment, amount: int, reason: str = "test") -> str:
    def work(session: Session) -> str:
        row = session.get_one(Payment, ("style", payment.id))
        return want_refund(session, row, row.provider_id or "", amount, reason=reason).id

    return till.db.write(work)


def _tell(
    till: Till, payment: Payment, status: str, *, key: str | None = None, amount: Money = AMOUNT
) -> None:
    told = Refund(
        id=f"re_{payment.id}",
        payment_id=payment.provider_id or "",
        amount=amount,
        status=status,
        reference=None,
        key=key,
    )
    apply_refund(till.db, till.listener, "style", payment.id, told, till.provider)


def _row(till: Till, refund_id: str) -> RefundRow:
    with till.db.read() as session:
        return session.get_one(RefundRow, ("style", refund_id))


def _sums(till: Till, payment: Payment) -> tuple[int, int]:
    """What was not given back, and what can still go back."""
    with till.db.read() as session:
        row = session.get_one(Payment, ("style", payment.id))
        return balance(session, row), refundable(session, row)


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_never_went_through_moves_nothing(till: Till, status: str) -> None:
    payment = _paid(till)
    wish = _want(till, payment, AMOUNT.minor)
    _tell(till, payment, status, key=wish)
    assert _sums(till, payment) == (AMOUNT.minor, AMOUNT.minor)
    assert (_row(till, wish).state, _row(till, wish).failure) == ("failed", status)
    assert (till.now(payment).state, till.listener.told) == ("review", ["paid", "review"])


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_one_that_fails_after_it_went_through_is_our_money_again(till: Till, status: str) -> None:
    payment = _paid(till)
    wish = _want(till, payment, AMOUNT.minor)
    _tell(till, payment, "succeeded", key=wish)
    assert till.now(payment).state == "refunded"
    for _time in range(2):
        _tell(till, payment, status, key=wish)
    assert _sums(till, payment) == (AMOUNT.minor, AMOUNT.minor)
    assert till.now(payment).state == "review"


def test_what_is_on_its_way_can_not_go_back_once_more(till: Till) -> None:
    payment = _paid(till)
    wish = _want(till, payment, 5000)
    assert _sums(till, payment) == (AMOUNT.minor, 100)
    _tell(till, payment, "pending", key=wish, amount=Money(5000))
    assert _row(till, wish).state == "sent"
    assert _sums(till, payment) == (AMOUNT.minor, 100)


def test_what_is_pending_has_not_gone_back_already(till: Till) -> None:
    """A refusal may mean that the money went back by another refund; one that may still fail is none."""
    payment = _paid(till)
    told = [
        Refund(f"re_{status}", payment.provider_id or "", AMOUNT, status, None, None)
        for status in ("pending", "requires_action", "failed")
    ]
    done = Refund("re_done", payment.provider_id or "", AMOUNT, "succeeded", None, None)
    with till.db.read() as session:
        row = session.get_one(Payment, ("style", payment.id))
        assert not has_all_gone_back(session, row, payment.provider_id or "", told)
        assert has_all_gone_back(session, row, payment.provider_id or "", [*told, done])


def test_the_last_part_is_the_rest(till: Till) -> None:
    payment = _paid(till)
    _want(till, payment, 5000, "first")
    assert till.now(payment).state == "paid"
    _want(till, payment, 100, "last")
    assert till.now(payment).state == "refunding"


def test_a_refund_meets_no_wish_of_another_payment(till: Till) -> None:
    """Its key is what somebody typed on the provider's screen, or a copy: only a wish of this payment can be meant."""
    mine, other = _paid(till), _paid(till)
    wish = _want(till, other, 100)
    _tell(till, mine, "succeeded", key=wish, amount=Money(100))
    assert (_row(till, wish).state, _row(till, wish).provider_id) == ("wanted", None)


def test_of_a_second_payment_that_goes_back_no_customer_hears_as_of_a_part(till: Till) -> None:
    payment = till.payment()
    for session_id in [till.open(payment), till.open(payment)]:
        till.sandbox.pay(session_id)
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    with till.db.read() as session:
        second = session.scalars(select(RefundRow).where(RefundRow.payment_id == payment.id)).one()
    told = Refund(
        id=f"re_{second.id}",
        payment_id=second.provider_payment,
        amount=AMOUNT,
        status="succeeded",
        reference=None,
        key=second.id,
    )
    apply_refund(till.db, till.listener, "style", payment.id, told, till.provider)
    assert (_row(till, second.id).state, till.now(payment).state) == ("done", "paid")
    assert "part_refunded" not in till.listener.told


@pytest.mark.parametrize(
    "state", [one for one in PaymentState if one not in {"paid", "review", "after_stop"}]
)
def test_a_failed_refund_is_asked_for_again_only_while_the_money_is_ours(till: Till, state: str) -> None:
    payment = _paid(till)
    wish = _want(till, payment, 100)
    _tell(till, payment, "failed", key=wish, amount=Money(100))

    def again(session: Session) -> None:
        session.get_one(Payment, ("style", payment.id)).state = state
        session.flush()
        refund_again(session, "style", wish)

    with pytest.raises(NotAgain, match="state"):
        till.db.write(again)


def test_a_failed_refund_is_not_asked_for_again_when_it_would_be_too_much(till: Till) -> None:
    payment = _paid(till)
    wish = _want(till, payment, 3000, "first")
    _tell(till, payment, "failed", key=wish, amount=Money(3000))
    _want(till, payment, 3000, "second")
    with pytest.raises(NotAgain, match="over"):
        till.db.write(lambda session: refund_again(session, "style", wish))
