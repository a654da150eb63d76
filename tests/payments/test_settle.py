"""`settle`: what the provider says is fetched anew, compared and applied once, in any order and from any caller."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from sqlalchemy import func, select

from payments.models import LedgerEntry, Payment, PaymentHistory, Refund
from payments.money import Money
from payments.provider import Payer, Session, UIMode
from payments.providers.stripe import StripeProvider
from payments.sessions import end_sessions
from payments.settle import apply_session, disagreement, settle
from payments.states import PaymentState
from tests.payments.conftest import AMOUNT, Till


def _settle(till: Till, payment_id: str) -> PaymentState | None:
    return settle(till.db, till.provider, till.listener, "style", payment_id, cause="test")


def test_an_unpaid_session_changes_nothing(till: Till) -> None:
    payment = till.payment()
    till.open(payment)
    assert _settle(till, payment.id) is PaymentState.PENDING
    assert till.listener.told == []


def test_a_paid_session_is_booked_once_however_often_it_is_heard_of(till: Till) -> None:
    payment = till.payment()
    till.sandbox.pay(till.open(payment))
    for _time in range(3):
        assert _settle(till, payment.id) is PaymentState.PAID
    assert till.listener.told == ["paid"]
    with till.db.read() as session:
        booked = session.scalars(
            select(LedgerEntry.amount_minor).where(LedgerEntry.payment_id == payment.id)
        ).all()
        changes = session.scalar(select(func.count()).where(PaymentHistory.payment_id == payment.id))
    assert booked == [AMOUNT.minor]
    assert changes == 1


def test_eight_threads_that_hear_of_it_at_once_book_it_once(till: Till) -> None:
    payment = till.payment()
    till.sandbox.pay(till.open(payment))
    threads = [threading.Thread(target=_settle, args=(till, payment.id)) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert till.now(payment).state == "paid"
    assert till.listener.told == ["paid"]


def test_a_decline_leaves_the_payment_open_and_says_why_coarsely(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id, "4000000000009995")
    assert _settle(till, payment.id) is PaymentState.PENDING
    assert till.now(payment).decline == "funds"
    till.sandbox.pay(session_id)
    assert _settle(till, payment.id) is PaymentState.PAID
    assert till.now(payment).decline is None


def test_brand_and_last_four_are_kept_and_nothing_more_of_the_card(till: Till) -> None:
    payment = till.payment()
    till.sandbox.pay(till.open(payment), "5555555555554444")
    _settle(till, payment.id)
    now = till.now(payment)
    assert (now.card_brand, now.card_last4) == ("mastercard", "4444")


def test_paid_on_an_expired_payment_is_still_money(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id)
    assert end_sessions(till.db, till.provider, till.listener, "style", payment.id) is PaymentState.PAID


def test_two_paid_sessions_of_one_payment_give_the_second_back(till: Till) -> None:
    payment = till.payment()
    first, second = till.open(payment), till.open(payment)
    till.sandbox.pay(first)
    till.sandbox.pay(second)
    _settle(till, payment.id)
    _settle(till, payment.id)
    with till.db.read() as session:
        refunds = session.scalars(select(Refund).where(Refund.payment_id == payment.id)).all()
    assert [(refund.reason, refund.amount_minor) for refund in refunds] == [("paid_twice", AMOUNT.minor)]
    assert refunds[0].provider_payment != till.now(payment).provider_id
    assert till.now(payment).state == "paid"
    assert till.listener.told == ["paid", "still_payable"]


def _paid(till: Till) -> tuple[str, Session]:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id)
    return payment.id, till.provider.retrieve_session(session_id)


ODDITIES = {
    "amount": lambda told: dataclasses.replace(told, amount=Money(told.amount.minor - 1)),
    "currency": lambda told: dataclasses.replace(told, amount=Money(told.amount.minor, "USD")),
    "livemode": lambda told: dataclasses.replace(told, livemode=True),
    "reference": lambda told: dataclasses.replace(told, reference="style.another"),
    "method": lambda told: dataclasses.replace(told, methods=("card", "konbini")),
    "charge amount": lambda told: dataclasses.replace(
        told, charge=dataclasses.replace(told.charge, amount=Money(1))
    ),
    "charge currency": lambda told: dataclasses.replace(
        told, charge=dataclasses.replace(told.charge, amount=Money(told.amount.minor, "KRW"), reserved=None)
    ),
    "reserved amount": lambda told: dataclasses.replace(
        told, charge=dataclasses.replace(told.charge, reserved=Money(told.amount.minor + 1))
    ),
    "charge not paid": lambda told: dataclasses.replace(
        told, charge=dataclasses.replace(told.charge, paid=False)
    ),
    "charge method": lambda told: dataclasses.replace(
        told, charge=dataclasses.replace(told.charge, method="konbini")
    ),
    "not captured": lambda told: dataclasses.replace(
        told, charge=dataclasses.replace(told.charge, captured=False)
    ),
    "no charge": lambda told: dataclasses.replace(told, charge=None),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_whatever_disagrees_is_held_for_a_person(till: Till, oddity: str) -> None:
    payment_id, told = _paid(till)
    odd = ODDITIES[oddity](told)
    apply_session(till.db, till.listener, "style", payment_id, odd, till.provider, cause="test")
    with till.db.read() as session:
        payment = session.get_one(Payment, ("style", payment_id))
        assert disagreement(payment, told, till.provider) is None
    assert payment.state == "review"
    assert payment.review_reason
    assert till.listener.told == ["review"]


def test_money_that_came_to_another_account_is_held_for_a_person(till: Till) -> None:
    payment_id, told = _paid(till)
    other = StripeProvider("cocomo", "sk_test_hitsuka", ("whsec_hitsuka",), till.sandbox.url, livemode=False)
    apply_session(till.db, till.listener, "style", payment_id, told, other, cause="test")
    assert till.listener.told == ["review"]


def test_a_second_look_does_not_lift_a_review(till: Till) -> None:
    payment_id, told = _paid(till)
    odd = ODDITIES["amount"](told)
    apply_session(till.db, till.listener, "style", payment_id, odd, till.provider, cause="test")
    apply_session(till.db, till.listener, "style", payment_id, told, till.provider, cause="test")
    assert till.listener.told == ["review"]


@pytest.mark.parametrize("odd", [{"livemode": True}, {"reference": "style.another"}])
def test_a_number_that_is_not_this_orders_is_shown_to_nobody(till: Till, odd: dict[str, object]) -> None:
    payment = till.payment()
    till.db.write(
        lambda session: setattr(session.get_one(Payment, ("style", payment.id)), "method", "konbini")
    )
    request = dataclasses.replace(
        till.request(till.want(payment, UIMode.PROMISE)),
        method="konbini",
        payer=Payer("試験 花", "fill_never@example.jp"),
    )
    told = dataclasses.replace(till.provider.create_session(request), **odd)  # type: ignore[arg-type]  # a field by its name
    apply_session(till.db, till.listener, "style", payment.id, told, till.provider, cause="test")
    assert (till.now(payment).state, till.listener.told[0]) == ("review", "review")
    assert "promised" not in till.listener.told
