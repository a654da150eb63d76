"""States of a payment, an attempt, a refund and a wish to capture as tables, and their only writers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payments.transitions import require_listed

if TYPE_CHECKING:
    from payments.models import Attempt, Capture, Payment
    from payments.models import Refund as RefundRow


class PaymentState(StrEnum):
    """Where the money of one order is."""

    PENDING = "pending"
    """Nothing came yet; a session may be open, or the provider's answer is unknown."""
    AUTHORISED = "authorised"
    """The money is reserved on the card; it is taken when the goods leave."""
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
    """What was reserved was let go, or ran out; nothing was taken."""


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


ATTEMPT_NEXT: dict[AttemptState, frozenset[AttemptState]] = {
    AttemptState.WAITING: frozenset(
        {AttemptState.OPEN, AttemptState.COMPLETE, AttemptState.EXPIRED, AttemptState.REFUSED}
    ),
    AttemptState.OPEN: frozenset({AttemptState.COMPLETE, AttemptState.EXPIRED}),
    AttemptState.COMPLETE: frozenset(),
    # Its session came to light after it had been given up, or refused without an answer: it is what the session is.
    AttemptState.EXPIRED: frozenset({AttemptState.OPEN, AttemptState.COMPLETE}),
    AttemptState.REFUSED: frozenset({AttemptState.OPEN, AttemptState.COMPLETE, AttemptState.EXPIRED}),
}


class RefundState(StrEnum):
    """Money on its way back, from the wish to the end."""

    WANTED = "wanted"
    SENT = "sent"
    """The provider has it."""
    DONE = "done"
    FAILED = "failed"
    """A person decides."""


REFUND_NEXT: dict[RefundState, frozenset[RefundState]] = {
    RefundState.WANTED: frozenset({RefundState.SENT, RefundState.DONE, RefundState.FAILED}),
    RefundState.SENT: frozenset({RefundState.DONE, RefundState.FAILED}),
    # It can fail days after it succeeded (docs.stripe.com/refunds#failed-refunds).
    RefundState.DONE: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
}


class CaptureState(StrEnum):
    """Where a wish to end a reservation is."""

    WANTED = "wanted"
    """Written down; perhaps asked for, with no answer yet."""
    DONE = "done"
    FAILED = "failed"
    """Refused, too late, or something else had ended the reservation."""


CAPTURE_NEXT: dict[CaptureState, frozenset[CaptureState]] = {
    CaptureState.WANTED: frozenset({CaptureState.DONE, CaptureState.FAILED}),
    CaptureState.DONE: frozenset(),
    CaptureState.FAILED: frozenset(),
}


def advance(session: Session, payment: Payment, to: PaymentState, *, cause: str) -> None:
    """Move a locked payment to `to` and write the history row. Never commits. WrongTransition when not listed."""
    from payments.models import PaymentHistory

    before = PaymentState(payment.state)
    require_listed(NEXT, before, to, f"payment {payment.id}", cause)
    payment.state = to
    session.add(
        PaymentHistory(store_id=payment.store_id, payment_id=payment.id, before=before, after=to, cause=cause)
    )


def advance_attempt(session: Session, attempt: Attempt, to: AttemptState, *, cause: str) -> None:
    """Move a locked attempt to `to` and write the history row; where it is there already, nothing is to do.

    Never commits. WrongTransition when not listed.
    """
    before = AttemptState(attempt.state)
    if to is before:
        return
    require_listed(ATTEMPT_NEXT, before, to, f"attempt {attempt.id}", cause)
    attempt.state = to
    note_attempt(session, attempt.store_id, attempt.id, before, to, cause=cause)


def note_attempt(
    session: Session, store_id: str, attempt_id: str, before: AttemptState, after: AttemptState, *, cause: str
) -> None:
    """The history row of a change that one conditional statement has made."""
    from payments.models import AttemptHistory

    row = AttemptHistory(store_id=store_id, attempt_id=attempt_id, before=before, after=after, cause=cause)
    session.add(row)


def advance_refund(session: Session, refund: RefundRow, to: RefundState, *, cause: str) -> None:
    """Move a refund, whose payment is locked, to `to` and write the history row; likewise."""
    from payments.models import RefundHistory

    before = RefundState(refund.state)
    if to is before:
        return
    require_listed(REFUND_NEXT, before, to, f"refund {refund.id}", cause)
    refund.state = to
    session.add(
        RefundHistory(store_id=refund.store_id, refund_id=refund.id, before=before, after=to, cause=cause)
    )


def end_capture(wish: Capture, to: CaptureState, *, code: str | None = None) -> None:
    """End a wish to capture, whose payment is locked; `code` says why it failed. WrongTransition when not listed.

    It has no history of its own: it ends once, and what was taken is in the ledger.
    """
    require_listed(CAPTURE_NEXT, CaptureState(wish.state), to, f"capture {wish.id}", code or "")
    wish.state, wish.code = to.value, code[:60] if code else None
