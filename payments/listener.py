"""News that goes up: what `payments` tells whoever owns the order, in the same transaction.

`shop.app` passes an implementation in; `payments` never imports it.
"""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session

from payments.models import Attempt, LedgerEntry, Payment, PaymentPromise
from payments.provider import Session as Told


class PaymentListener(Protocol):
    """Told inside the transaction that changes a payment. None of it may commit or call out."""

    def lock(self, session: Session, payment: Payment) -> None:
        """Lock the order before the payment is locked: one order of locks everywhere."""

    def paid(self, session: Session, payment: Payment) -> None:
        """The money of this order is there."""

    def promised(self, session: Session, payment: Payment, promise: PaymentPromise) -> None:
        """It can be paid as `promise` says, until its deadline; told anew whenever the provider is asked."""

    def money_left(self, session: Session, payment: Payment, promise: PaymentPromise) -> None:
        """More money came than is due, or too late: it lies in the customer's balance, and a person sends it back."""

    def authorised(self, session: Session, payment: Payment) -> None:
        """The money of this order is reserved on the card; it is taken when the goods leave."""

    def captured(self, session: Session, payment: Payment) -> None:
        """What was reserved was taken, all or part: the ledger says how much."""

    def voided(self, session: Session, payment: Payment) -> None:
        """What was reserved was let go or ran out: no money will come."""

    def capture_failed(self, session: Session, payment: Payment) -> None:
        """The provider refused to take it, and the reservation stands."""

    def declined(self, session: Session, payment: Payment, told: Told) -> None:
        """A try failed, as `told` says, perhaps not for the first time; the order stays open for another."""

    def review(self, session: Session, payment: Payment) -> None:
        """What the provider reports does not agree with us; a person must look."""

    def after_stop(self, session: Session, payment: Payment) -> None:
        """It was paid while cards were stopped; nothing is shipped until a person has decided."""

    def still_payable(self, session: Session, payment: Payment, attempt: Attempt) -> None:
        """Nothing is due any more, and this session is open or may yet be made: it must be ended, soon."""

    def disputed(self, session: Session, payment: Payment) -> None:
        """A charge of it is contested, or the dispute has gone on."""

    def warned(self, session: Session, payment: Payment) -> None:
        """Its card's issuer warns that it may be fraud."""

    def part_refunded(self, session: Session, payment: Payment, entry: LedgerEntry) -> None:
        """A part of it went back, as the ledger's new entry says; the rest stays."""

    def refunded(self, session: Session, payment: Payment) -> None:
        """All of it went back."""
