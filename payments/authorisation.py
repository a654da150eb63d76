"""Reservations: money that a card holds for us and nobody has taken yet, as the provider tells of it.

Functions need the payment's lock (`payments.settle.lock_payment`) and never commit.
"""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.columns import new_id, utcnow
from payments.listener import PaymentListener
from payments.models import Capture, LedgerEntry, Payment
from payments.provider import Session
from payments.review import needs_a_person
from payments.states import CaptureState, PaymentState, advance, end_capture
from payments.stop import was_stopped_at

_log = logging.getLogger("hitsuka.payments")

_RESERVED = {PaymentState.AUTHORISED, PaymentState.AFTER_STOP, PaymentState.REVIEW}


def book_authorisation(
    session: DBSession,
    payment: Payment,
    told: Session,
    listener: PaymentListener,
    *,
    reason: str | None,
    cause: str,
) -> None:
    """Note a reservation, once. `reason` says why it can't be this payment's; then a person must look."""
    if payment.provider_id not in {None, told.payment_id}:
        _let_second_go(session, payment, told)
        return
    if payment.state not in {PaymentState.PENDING, PaymentState.EXPIRED}:
        return
    if reason is not None:
        needs_a_person(session, payment, reason, listener)
        return
    assert told.charge is not None
    payment.provider_id = told.payment_id
    payment.card_brand, payment.card_last4 = told.charge.brand, told.charge.last4
    payment.capture_before = told.charge.capture_before
    payment.decline = None
    if was_stopped_at(session, payment.store_id, told.charge.created):
        _log.error("authorised after cards were stopped", extra={"payment": payment.id})
        advance(session, payment, PaymentState.AFTER_STOP, cause=cause)
        listener.after_stop(session, payment)
        return
    advance(session, payment, PaymentState.AUTHORISED, cause=cause)
    listener.authorised(session, payment)


def book_void(
    session: DBSession, payment: Payment, told: Session, listener: PaymentListener, *, cause: str
) -> None:
    """Note that a reservation is gone: let go here or on the provider's screen, or run out."""
    if told.payment_id is None:
        return
    end_wish(session, payment, told.payment_id, taken_minor=0)
    if payment.provider_id not in {None, told.payment_id} or payment.state not in _RESERVED:
        return
    if is_captured(session, payment):
        return
    advance(session, payment, PaymentState.VOIDED, cause=cause)
    listener.voided(session, payment)


def end_wish(session: DBSession, payment: Payment, provider_payment: str, *, taken_minor: int) -> None:
    """The reservation has ended by so much being taken: the wish that waited for it is met, or overtaken."""
    row = session.scalar(
        select(Capture).where(
            Capture.store_id == payment.store_id,
            Capture.provider_payment == provider_payment,
            Capture.state == CaptureState.WANTED.value,
        )
    )
    if row is None:
        return
    if row.amount_minor == taken_minor:
        end_capture(row, CaptureState.DONE)
    else:
        end_capture(row, CaptureState.FAILED, code="overtaken")


def is_captured(session: DBSession, payment: Payment) -> bool:
    """Whether any money of it was taken: what the ledger says."""
    query = select(LedgerEntry.id).where(
        LedgerEntry.store_id == payment.store_id,
        LedgerEntry.payment_id == payment.id,
        LedgerEntry.kind == "captured",
    )
    return session.scalar(query.limit(1)) is not None


def wanted_amount(session: DBSession, payment: Payment) -> int | None:
    """How much of its reservation we asked for, when we did."""
    query = select(Capture.amount_minor).where(
        Capture.store_id == payment.store_id,
        Capture.payment_id == payment.id,
        Capture.provider_payment == payment.provider_id,
        Capture.amount_minor > 0,
        Capture.state != CaptureState.FAILED.value,
    )
    return session.scalar(query.limit(1))


def _let_second_go(session: DBSession, payment: Payment, told: Session) -> None:
    """Two sessions of one order were both authorised: the second reservation is let go."""
    assert told.payment_id is not None
    known = select(Capture.id).where(
        Capture.store_id == payment.store_id, Capture.provider_payment == told.payment_id
    )
    if session.scalar(known.limit(1)) is not None:
        return
    _log.error("authorised twice; letting the second go", extra={"payment": payment.id})
    session.add(
        Capture(
            store_id=payment.store_id,
            id=new_id(),
            payment_id=payment.id,
            provider_payment=told.payment_id,
            amount_minor=0,
            reason="authorised_twice",
            state=CaptureState.WANTED.value,
            tries=0,
            next_try_at=utcnow(),
        )
    )
