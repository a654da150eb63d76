"""Put a payment under review: what the provider reports does not agree with us, so nothing goes on by itself."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session as DBSession

from payments.listener import PaymentListener
from payments.models import Payment
from payments.states import PaymentState, advance

_log = logging.getLogger("hitsuka.payments")


def needs_a_person(session: DBSession, payment: Payment, reason: str, listener: PaymentListener) -> None:
    """Put a locked payment under review: nothing goes on by itself until a person has looked."""
    if payment.state == PaymentState.REVIEW.value:
        return
    _log.error("payment needs a person", extra={"payment": payment.id, "reason": reason})
    payment.review_reason = reason
    advance(session, payment, PaymentState.REVIEW, cause=reason[:80])
    listener.review(session, payment)
