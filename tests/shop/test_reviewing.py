"""A person ends a review: only what is this order's money is called good, and no more goes back than is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import LedgerEntry, Payment, Refund
from payments.money import Money
from payments.provider import Session as Told
from shop.context import Shop
from shop.orders import reviewing
from shop.orders.models import Order
from shop.orders.reviewing import NotDecided
from tests.servers.sandbox import Sandbox
from tests.shop.card_switch import settled, start, view_of
from tests.shop.ordering import place_order


@dataclass
class Review:
    """A paid order whose payment a person must look at, and the session through which its money came."""

    shop: Shop
    order_id: str
    told: Told

    @property
    def payment(self) -> Payment:
        return view_of(self.shop, self.order_id).payment

    def book(self, kind: str, minor: int) -> None:
        row = LedgerEntry(
            store_id="style",
            payment_id=self.payment.id,
            kind=kind,
            amount_minor=minor,
            currency="JPY",
            account=self.payment.account,
            provider_object=f"{kind}_{self.order_id}",
        )
        self.shop.db.write(lambda session: session.add(row))

    def accept(self, *told: Told) -> None:
        provider = self.shop.providers["style"]

        def work(session: Session) -> None:
            payment = session.get_one(Payment, ("style", self.payment.id))
            order = session.get_one(Order, ("style", self.order_id))
            reviewing._accept(session, provider, order, payment, list(told or (self.told,)))

        self.shop.db.write(work)

    def give_back(self, *told: Told) -> list[int]:
        """What is wanted back after it, in the order of asking."""

        def work(session: Session) -> list[int]:
            payment = session.get_one(Payment, ("style", self.payment.id))
            reviewing._give_back(session, payment, list(told or (self.told,)))
            query = select(Refund.amount_minor).where(Refund.payment_id == payment.id)
            return list(session.scalars(query.order_by(Refund.id)))

        return self.shop.db.write(work)


@pytest.fixture
def review(paying_shop: Shop, sandbox: Sandbox) -> Review:
    order_id = place_order(paying_shop)
    session_id = str(start(paying_shop, order_id))
    sandbox.pay(session_id)
    settled(paying_shop, order_id)
    made = Review(paying_shop, order_id, paying_shop.providers["style"].retrieve_session(session_id))

    def put_under_review(session: Session) -> None:
        session.get_one(Payment, ("style", made.payment.id)).state = "review"
        session.get_one(Order, ("style", order_id)).state = "review"

    paying_shop.db.write(put_under_review)
    return made


def test_what_agrees_is_good(review: Review) -> None:
    review.accept()
    assert review.payment.state == "paid"


def _second(review: Review) -> None:
    review.accept(review.told, replace(review.told, id="cs_other", payment_id="pi_other"))


def _another_payment(review: Review) -> None:
    other = replace(review.told, payment_id="pi_other")
    review.accept(other)


def _taken_by_a_dispute(review: Review) -> None:
    review.book("disputed", -review.payment.amount_minor)
    review.accept()


def _other_amount(review: Review) -> None:
    review.accept(replace(review.told, amount=Money(1)))


def _back_in_another_currency(review: Review) -> None:
    assert review.told.charge is not None
    strange = replace(review.told.charge, amount=Money(review.told.amount.minor, "USD"))
    review.give_back(replace(review.told, charge=strange))


def _back_though_nothing_is_left(review: Review) -> None:
    review.book("refunded", -review.payment.amount_minor)
    review.give_back()


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (_second, "several"),
        (_another_payment, "differs"),
        (_taken_by_a_dispute, "nothing"),
        (_other_amount, "differs"),
        (_back_in_another_currency, "differs"),
        (_back_though_nothing_is_left, "nothing"),
    ],
)
def test_what_can_not_be_decided_so_changes_nothing(
    review: Review, odd: Callable[[Review], None], code: str
) -> None:
    with pytest.raises(NotDecided) as refused:
        odd(review)
    assert refused.value.code == code
    assert review.payment.state == "review"


def test_what_went_back_already_does_not_go_back_again(review: Review) -> None:
    review.book("refunded", -100)
    assert review.give_back() == [review.payment.amount_minor - 100]


def test_a_refund_that_failed_before_does_not_stand_for_the_next(review: Review) -> None:
    whole = review.payment.amount_minor
    assert review.give_back() == [whole]

    def fails(session: Session) -> None:
        session.query(Refund).filter_by(payment_id=review.payment.id).update({"state": "failed"})
        session.get_one(Payment, ("style", review.payment.id)).state = "review"

    review.shop.db.write(fails)
    assert review.give_back() == [whole, whole]
