"""Disputes and early warnings of fraud: read at the provider, noted, booked, each once, however we hear of them.

A dispute takes its amount and a fee out of our balance at once, and gives the amount back when it is won. It changes
nothing of where the payment or its order is: whoever looks at those sees it beside them.
"""

from __future__ import annotations

import logging
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.database import Database
from payments.dispute_models import Dispute, DisputeHistory, FraudWarning
from payments.ledger import book_movement
from payments.listener import PaymentListener
from payments.models import Payment
from payments.money import Money
from payments.provider import DisputeTold, Provider, WarningTold
from payments.settle import lock_payment
from payments.transitions import require_listed

_log = logging.getLogger("hitsuka.payments")


class DisputeState(StrEnum):
    """Where a dispute is, in our words."""

    INQUIRY = "inquiry"
    """The issuer asks; no money has moved. An answer is wanted."""
    INQUIRY_REVIEW = "inquiry_review"
    OPEN = "open"
    """The money was taken. An answer is wanted."""
    REVIEW = "review"
    """The issuer has our answer."""
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"
    """It ended without a verdict: withdrawn, prevented, or an inquiry that came to nothing."""


_ENDS = {DisputeState.WON, DisputeState.LOST, DisputeState.CLOSED}
# A word of the provider can be missed, so every later state may follow; none leads back. After a verdict there is the
# appeal, which ends in the other one.
NEXT: dict[DisputeState, frozenset[DisputeState]] = {
    DisputeState.INQUIRY: frozenset(
        {DisputeState.INQUIRY_REVIEW, DisputeState.OPEN, DisputeState.REVIEW, *_ENDS}
    ),
    DisputeState.INQUIRY_REVIEW: frozenset({DisputeState.OPEN, DisputeState.REVIEW, *_ENDS}),
    DisputeState.OPEN: frozenset({DisputeState.REVIEW, *_ENDS}),
    DisputeState.REVIEW: frozenset(_ENDS),
    DisputeState.WON: frozenset({DisputeState.LOST}),
    DisputeState.LOST: frozenset({DisputeState.WON}),
    DisputeState.CLOSED: frozenset(),
}
WANTS_ANSWER = frozenset({DisputeState.INQUIRY, DisputeState.OPEN})
_OF_PROVIDER = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY_REVIEW,
    "warning_closed": DisputeState.CLOSED,
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "prevented": DisputeState.CLOSED,
    # An appeal is made on the provider's own screen; until it is decided the loss stands.
    "appeal_needs_response": DisputeState.LOST,
    "appeal_under_review": DisputeState.LOST,
}


def advance(session: DBSession, dispute: Dispute, to: DisputeState, *, cause: str) -> None:
    """Move a dispute, under its payment's lock, and write the history row. Never commits. WrongTransition else."""
    before = DisputeState(dispute.state)
    require_listed(NEXT, before, to, f"dispute {dispute.id}", cause)
    dispute.state = to.value
    _note(session, dispute, before, cause)


def apply_disputes(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    store_id: str,
    payment_id: str,
    provider_payment: str,
    *,
    cause: str,
) -> None:
    """Ask for every dispute and warning about one of the provider's payments, and note what it says. One transaction.

    Raises a PaymentError when the provider did not answer; then nothing changed.
    """
    disputes = provider.disputes_of(provider_payment)
    warnings = provider.warnings_of(provider_payment)

    def work(session: DBSession) -> None:
        payment = lock_payment(session, listener, store_id, payment_id)
        if payment is None or payment.account != provider.account:
            return
        for told in disputes:
            book_dispute(session, payment, told, provider, listener, cause=cause)
        for warning in warnings:
            book_warning(session, payment, warning, listener)

    db.write(work)


def book_dispute(
    session: DBSession,
    payment: Payment,
    told: DisputeTold,
    provider: Provider,
    listener: PaymentListener,
    *,
    cause: str,
) -> None:
    """Note what the provider says of a dispute, and book what it moved. Needs the payment's lock."""
    if told.livemode != provider.livemode or told.amount.currency != payment.currency:
        _log.error(
            "a dispute that can't be this payment's", extra={"payment": payment.id, "dispute": told.id}
        )
        return
    state = state_told(told)
    if state is None:
        _log.error("a dispute in a state we do not know", extra={"dispute": told.id, "state": told.status})
        return
    _follow(session, payment, told, state, listener, cause)
    for movement in told.movements:
        kind = "disputed" if movement.amount.minor < 0 else "reinstated"
        book_movement(session, payment, kind, movement.amount, provider, movement.id)
        if movement.fee.minor:
            fee = Money(-movement.fee.minor, movement.fee.currency)
            book_movement(session, payment, "dispute_fee", fee, provider, movement.id)


def state_told(told: DisputeTold) -> DisputeState | None:
    """What the provider says, in our words; None for a word that we do not know."""
    return _OF_PROVIDER.get(told.status)


def _follow(
    session: DBSession,
    payment: Payment,
    told: DisputeTold,
    state: DisputeState,
    listener: PaymentListener,
    cause: str,
) -> None:
    known = session.get(Dispute, (payment.store_id, told.id), with_for_update=True)
    if known is None:
        known = Dispute(
            store_id=payment.store_id,
            id=told.id,
            payment_id=payment.id,
            account=payment.account,
            amount_minor=told.amount.minor,
            currency=told.amount.currency,
            reason=told.reason[:40],
            state=state.value,
            due_by=told.due_by,
            opened_at=told.created,
        )
        session.add(known)
        session.flush()
        _note(session, known, "", cause)
        listener.disputed(session, payment)
        return
    known.due_by, known.amount_minor = told.due_by, told.amount.minor
    if state == known.state:
        return
    if state not in NEXT[DisputeState(known.state)]:
        _log.error("a dispute went back", extra={"dispute": told.id, "from": known.state, "to": state.value})
        return
    advance(session, known, state, cause=cause)
    listener.disputed(session, payment)


def book_warning(session: DBSession, payment: Payment, told: WarningTold, listener: PaymentListener) -> None:
    """Note an early warning. Needs the payment's lock."""
    known = session.get(FraudWarning, (payment.store_id, told.id), with_for_update=True)
    if known is not None:
        known.actionable = told.actionable
        return
    session.add(
        FraudWarning(
            store_id=payment.store_id,
            id=told.id,
            payment_id=payment.id,
            account=payment.account,
            fraud_type=told.fraud_type[:40],
            actionable=told.actionable,
            warned_at=told.created,
        )
    )
    session.flush()
    listener.warned(session, payment)


def disputes_of(session: DBSession, payment: Payment) -> list[Dispute]:
    """Every dispute of a payment, the oldest first."""
    query = select(Dispute).where(Dispute.store_id == payment.store_id, Dispute.payment_id == payment.id)
    return list(session.scalars(query.order_by(Dispute.opened_at)))


def has_taken_money(session: DBSession, payment: Payment) -> bool:
    """Whether a dispute holds or has kept the money: then none of it can be given back."""
    holds = {DisputeState.OPEN, DisputeState.REVIEW, DisputeState.LOST}
    return any(dispute.state in holds for dispute in disputes_of(session, payment))


def _note(session: DBSession, dispute: Dispute, before: str, cause: str) -> None:
    session.add(
        DisputeHistory(
            store_id=dispute.store_id,
            dispute_id=dispute.id,
            before=before,
            after=dispute.state,
            cause=cause[:80],
        )
    )
