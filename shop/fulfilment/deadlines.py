"""Reservations that run out: staff are told ahead of time, or the money is taken, as the store has it; never late.

What has run out is read at the provider, so that its order does not go on looking shippable.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.capture import NotCapturable, is_too_late, want_capture, wanted_end
from payments.models import Payment
from payments.provider import PaymentError
from payments.settle import lock_payment, settle
from payments.states import PaymentState
from shop.context import Shop
from shop.jobs.outbox import enqueue
from shop.orders.listener import OrderListener

_log = logging.getLogger("hitsuka.fulfilment")

WARN_BEFORE = dt.timedelta(hours=48)
TAKE_BEFORE = dt.timedelta(hours=12)
"""So long before the end a store that wants it takes the whole amount."""


def due(session: Session, until: dt.datetime, *, stores: Sequence[str] | None = None) -> list[Payment]:
    """Payments whose reservation ends before then, the first end first."""
    query = select(Payment).where(
        Payment.state == PaymentState.AUTHORISED.value, Payment.capture_before <= until
    )
    if stores is not None:
        query = query.where(Payment.store_id.in_(stores))
    return list(session.scalars(query.order_by(Payment.capture_before)))


def watch(shop: Shop, now: dt.datetime) -> str:
    """Do what is due; in words, what that was."""
    with shop.db.read() as session:
        found = due(session, now + WARN_BEFORE)
    warned = taken = over = 0
    for payment in found:
        assert payment.capture_before is not None
        if is_too_late(payment, now):
            over += _read(shop, payment)
        elif _takes(shop, payment) and payment.capture_before - now <= TAKE_BEFORE:
            taken += shop.db.write(partial(_take, found=payment))
        else:
            shop.db.write(partial(_warn, payment=payment))
            warned += 1
    return f"{warned} end soon, {taken} taken, {over} read at the end"


def _takes(shop: Shop, payment: Payment) -> bool:
    return shop.settings.cards[payment.store_id].late_capture == "capture"


def _take(session: Session, found: Payment) -> int:
    """Want all of it. The worker sends it; an order that is being shipped or called off is left alone."""
    payment = lock_payment(session, OrderListener(), found.store_id, found.id)
    if payment is None or wanted_end(session, payment) is not None:
        return 0
    try:
        want_capture(session, payment, payment.amount, reason="deadline")
    except NotCapturable:
        return 0
    return 1


def _warn(session: Session, payment: Payment) -> None:
    enqueue(session, "alert", payment.store_id, payment.reference, detail="capture_due")


def _read(shop: Shop, payment: Payment) -> int:
    """The reservation is over, or as good as that: what does the provider say?"""
    try:
        provider = shop.providers[payment.store_id]
        settle(shop.db, provider, OrderListener(), payment.store_id, payment.id, cause="promise ended")
    except PaymentError as error:
        _log.warning("can't be read", extra={"payment": payment.id, "reason": error.code})
        return 0
    return 1
