"""States of a payment and of an attempt as tables, and `advance`, the only writer of a payment's state."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from payments.models import Payment


class PaymentState(StrEnum):
    """Where the money of one order is."""

    PENDING = "pending"
    """Nothing came yet; a session may be open, or the provider's answer is unknown."""
    AUTHORISED = "authorised"
    """The card has promised the money; it is taken when the goods leave."""
    PAID = "paid"
    EXPIRED = "expired"
    """No session can be paid any more and none was."""
    REVIEW = "review"
    """The provider reports something that does not agree with us; a person decides."""
    AFTER_STOP = "after_stop"
    """Paid while cards were stopped: a person gives it back or lets it go on."""
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    VOIDED = "voided"
    """What the card had promised was let go, or ran out; nothing was taken."""


NEXT: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.PENDING: frozenset(
        {
            PaymentState.AUTHORISED,
            PaymentState.PAID,
            PaymentState.EXPIRED,
            PaymentState.REVIEW,
            PaymentState.AFTER_STOP,
        }
    ),
    PaymentState.AUTHORISED: frozenset({PaymentState.PAID, PaymentState.VOIDED, PaymentState.REVIEW}),
    # A payment confirmed in the last moment before its session expired is still money.
    PaymentState.EXPIRED: frozenset(
        {
            PaymentState.AUTHORISED,
            PaymentState.PAID,
            PaymentState.REVIEW,
            PaymentState.PENDING,
            PaymentState.AFTER_STOP,
        }
    ),
    PaymentState.AFTER_STOP: frozenset(
        {
            PaymentState.AUTHORISED,
            PaymentState.PAID,
            PaymentState.REFUNDING,
            PaymentState.REFUNDED,
            PaymentState.VOIDED,
            PaymentState.REVIEW,
        }
    ),
    PaymentState.REVIEW: frozenset(
        {
            PaymentState.AUTHORISED,
            PaymentState.PAID,
            PaymentState.REFUNDING,
            PaymentState.REFUNDED,
            PaymentState.VOIDED,
        }
    ),
    PaymentState.PAID: frozenset({PaymentState.REFUNDING, PaymentState.REFUNDED}),
    PaymentState.REFUNDING: frozenset({PaymentState.REFUNDED, PaymentState.PAID, PaymentState.REVIEW}),
    # A refund can fail days after it succeeded (docs.stripe.com/refunds#failed-refunds): the money is with us again.
    PaymentState.REFUNDED: frozenset({PaymentState.REVIEW}),
    # Taken on the provider's own screen, in the moment in which it was let go here.
    PaymentState.VOIDED: frozenset({PaymentState.REVIEW}),
}


class AttemptState(StrEnum):
    """One session at the provider, from the wish to the end."""

    WAITING = "waiting"
    """Written down, not yet made at the provider: in line, or its making has no known answer."""
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"
    REFUSED = "refused"
    """The provider said no to making it."""


class WrongTransition(Exception):
    """Code asked for a change of state that the table does not list: a fault of ours, never of a person."""


def advance(session: Session, payment: Payment, to: PaymentState, *, cause: str) -> None:
    """Move a locked payment to `to` and write the history row. Never commits. WrongTransition when not listed."""
    from payments.models import PaymentHistory

    before = PaymentState(payment.state)
    if to not in NEXT[before]:
        raise WrongTransition(f"payment {payment.id}: {before} -> {to} ({cause})")
    payment.state = to
    session.add(
        PaymentHistory(store_id=payment.store_id, payment_id=payment.id, before=before, after=to, cause=cause)
    )
