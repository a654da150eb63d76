"""End a card's reservation: take it, all or part, or let it go. Written down first, sent once, then read again.

Stripe captures an authorisation once and lets the rest go (docs.stripe.com/payments/place-a-hold-on-a-payment-method).
The row's id is the idempotency key. After no answer the provider is asked what happened before the same key is sent
again; never with a new one.
"""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.columns import new_id, utcnow
from payments.database import Database
from payments.listener import PaymentListener
from payments.models import Capture, Payment
from payments.money import Money
from payments.provider import OutcomeUnknown, PaymentError, Provider, Refused
from payments.settle import lock_payment, settle
from payments.states import CaptureState, PaymentState, end_capture

_log = logging.getLogger("hitsuka.payments")

LAST_MOMENT = dt.timedelta(minutes=5)
"""So long before `capture_before` nothing is taken any more: clocks differ, and a call takes its time."""
_NONE = dt.timedelta()
LEAD = dt.timedelta(seconds=10)
"""So long the worker leaves a new wish to a caller who sends it at once. Without a lead the two race, and a person at
the page is told to wait for what is done a moment later."""
_TRIES = 5
"""So often the same key is sent, each time after a look that finds the reservation as it was."""


class NotCapturable(Exception):
    """Nothing was written down; `code` says why: state, amount, currency, too_late, under_way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def want_capture(
    session: DBSession, payment: Payment, amount: Money, *, reason: str, lead: dt.timedelta = _NONE
) -> Capture:
    """Write down that so much of a locked payment's reservation is to be taken. Raises NotCapturable. Never commits.

    The worker leaves it alone for `lead`, for a caller who sends it by `send_capture` after committing.
    """
    if payment.state != PaymentState.AUTHORISED or payment.provider_id is None:
        raise NotCapturable("state")
    if amount.currency != payment.currency:
        raise NotCapturable("currency")
    if not 0 < amount.minor <= payment.amount_minor:
        raise NotCapturable("amount")
    if is_too_late(payment, utcnow()):
        raise NotCapturable("too_late")
    if wanted_end(session, payment) is not None:
        raise NotCapturable("under_way")
    return _wish(session, payment, payment.provider_id, amount.minor, reason, lead)


def want_void(
    session: DBSession, payment: Payment, provider_payment: str, *, reason: str, lead: dt.timedelta = _NONE
) -> Capture:
    """Write down that a reservation is to be let go. The same wish again is the one there is.

    Raises NotCapturable("under_way") while it is being taken. `lead` as for `want_capture`. Never commits.
    """
    known = wanted_end(session, payment, provider_payment)
    if known is None:
        return _wish(session, payment, provider_payment, 0, reason, lead)
    if not known.is_void:
        raise NotCapturable("under_way")
    return known


def is_too_late(payment: Payment, now: dt.datetime) -> bool:
    """Whether its reservation may not be taken any more."""
    return payment.capture_before is not None and now >= payment.capture_before - LAST_MOMENT


def wanted_end(session: DBSession, payment: Payment, provider_payment: str | None = None) -> Capture | None:
    """The wish that is under way for a payment, or for one of the provider's payments."""
    query = select(Capture).where(
        Capture.store_id == payment.store_id,
        Capture.payment_id == payment.id,
        Capture.provider_payment == (provider_payment or payment.provider_id),
        Capture.state == CaptureState.WANTED.value,
    )
    return session.scalar(query)


def _wish(
    session: DBSession,
    payment: Payment,
    provider_payment: str,
    amount_minor: int,
    reason: str,
    lead: dt.timedelta,
) -> Capture:
    row = Capture(
        store_id=payment.store_id,
        id=new_id(),
        payment_id=payment.id,
        provider_payment=provider_payment,
        amount_minor=amount_minor,
        reason=reason[:40],
        state=CaptureState.WANTED.value,
        tries=0,
        next_try_at=utcnow() + lead,
    )
    session.add(row)
    session.flush()
    return row


def send_capture(
    db: Database, provider: Provider, listener: PaymentListener, store_id: str, capture_id: str
) -> bool:
    """Send one wish, read what came of it and apply that. Calls the provider between transactions.

    False when it was not its turn, or the provider gave no answer to rely on: then it is tried again later.
    """
    row = db.write(lambda session: _claim(session, store_id, capture_id))
    if row is None:
        return False
    try:
        refusal = _ask(db, provider, listener, row)
    except PaymentError as error:
        _log.warning("a capture waits", extra={"capture": capture_id, "reason": error.code})
        if row.tries < _TRIES or not isinstance(error, OutcomeUnknown):
            return False
        # The provider remembers its own fault with the key and would only repeat it: a person looks.
        refusal = "unanswered"
    if refusal is not None:
        db.write(lambda session: _refused(session, listener, row, refusal))
    return True


def wanted_captures(session: DBSession, *, limit: int = 50) -> list[tuple[str, str]]:
    """(store, capture) of those that wait and whose turn it is."""
    query = (
        select(Capture.store_id, Capture.id)
        .where(Capture.state == CaptureState.WANTED.value, Capture.next_try_at <= utcnow())
        .order_by(Capture.next_try_at)
        .limit(limit)
    )
    return [(row.store_id, row.id) for row in session.execute(query)]


def _claim(session: DBSession, store_id: str, capture_id: str) -> Capture | None:
    """Lease it for longer than a try takes. The first try is whose call comes first."""
    row = session.get_one(Capture, (store_id, capture_id), with_for_update=True)
    if row.state != CaptureState.WANTED or (row.tries and row.next_try_at > utcnow()):
        return None
    row.tries += 1
    row.next_try_at = utcnow() + dt.timedelta(seconds=min(600, 60 * row.tries))
    return row


def _ask(db: Database, provider: Provider, listener: PaymentListener, row: Capture) -> str | None:
    """Ask for it, unless an earlier try was heard after all, and apply what stands then. Why it was refused, if so."""
    if row.tries > 1 and not _is_open_after_reading(db, provider, listener, row):
        return None
    with db.read() as session:
        payment = session.get_one(Payment, (row.store_id, row.payment_id))
    if not row.is_void and is_too_late(payment, utcnow()):
        return "too_late"
    refusal = None
    try:
        if row.is_void:
            provider.void(row.provider_payment, idempotency_key=row.id)
        else:
            amount = Money(row.amount_minor, payment.currency)
            provider.capture(row.provider_payment, amount, idempotency_key=row.id)
    except Refused as error:
        refusal = error.code
    return refusal if _is_open_after_reading(db, provider, listener, row) else None


def _is_open_after_reading(db: Database, provider: Provider, listener: PaymentListener, row: Capture) -> bool:
    """Read the payment at the provider and apply it. Whether the wish is still not met."""
    settle(db, provider, listener, row.store_id, row.payment_id, cause="capture")
    with db.read() as session:
        return session.get_one(Capture, (row.store_id, row.id)).state == CaptureState.WANTED


def _refused(session: DBSession, listener: PaymentListener, sent: Capture, code: str) -> None:
    """The provider said no, and the reservation stands as it was."""
    payment = lock_payment(session, listener, sent.store_id, sent.payment_id)
    row = session.get_one(Capture, (sent.store_id, sent.id), populate_existing=True)
    if payment is None or row.state != CaptureState.WANTED:
        return
    _log.error("a capture was refused", extra={"capture": row.id, "reason": code})
    end_capture(row, CaptureState.FAILED, code=code)
    listener.capture_failed(session, payment)
