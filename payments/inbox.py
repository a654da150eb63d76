"""The webhook inbox: an authentic event is stored once, then applied by asking the provider, in any order.

Nothing of an event's body is believed but which payment it is about, so neither duplicates nor order nor a crash
matter (docs.stripe.com/webhooks: no order guarantee, duplicates happen).
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import logging

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.database import Database
from payments.disputes import apply_disputes
from payments.listener import PaymentListener
from payments.models import Attempt, Payment, PaymentPromise, ProviderEvent
from payments.provider import Event, OutcomeUnknown, PaymentError, Provider, ProviderBusy
from payments.settle import settle
from payments.states import PaymentState

_log = logging.getLogger("hitsuka.inbox")

OF_ISSUERS = ("charge.dispute.", "radar.early_fraud_warning.")
"""What an issuer says against a charge: about disputes and warnings alone, and they are not seen in a session."""
RELEVANT = (
    "checkout.session.",
    "payment_intent.",
    "charge.",
    "refund.",
    "cash_balance.",
    "customer_cash_balance_transaction.",
    *OF_ISSUERS,
)
PAID_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.succeeded",
        "charge.succeeded",
        "charge.updated",
    }
)
"""What a plain paid session sends; five events, and the first one asks."""
MAX_TRIES = 84
"""With the pauses between them some three days: as long as the provider itself tries (docs.stripe.com/webhooks)."""
_LEASE = dt.timedelta(seconds=60)
_SILENCE = dt.timedelta(seconds=5)


def store_event(session: DBSession, provider: Provider, event: Event, body: bytes) -> bool:
    """Keep an event whose signature was good. False when it was here before. Never commits."""
    key = (provider.name, provider.account, event.id)
    if session.get(ProviderEvent, key) is not None:
        return False
    row = ProviderEvent(
        provider=provider.name,
        account=provider.account,
        id=event.id,
        type=event.type,
        object_id=event.object_id,
        reference=event.reference[:40] if event.reference else None,
        provider_payment=event.payment_id,
        livemode=event.livemode,
        body_sha256=hashlib.sha256(body).hexdigest(),
        created_at=event.created,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False  # the same event arrived twice at the same moment
    return True


def apply_events(db: Database, provider: Provider, listener: PaymentListener, *, limit: int = 50) -> int:
    """Apply the account's waiting events; returns how many were looked at. Failures wait and are tried again.

    The provider is asked once a payment: what it says then covers every event of it that had come before.
    """
    with db.read() as session:
        if session.scalar(_due(provider, utcnow()).limit(1)) is None:
            return 0
    keys = db.write(lambda session: _claim(session, provider, limit))
    settled: set[str] = set()
    for number, event_id in enumerate(keys, 1):
        if not _apply_one(db, provider, listener, event_id, settled):
            # It would say nothing to the others either, and their lease would run out behind its time-outs.
            db.write(functools.partial(_give_back, provider=provider, event_ids=keys[number:]))
            break
    return len(keys)


def _due(provider: Provider, now: dt.datetime) -> Select[ProviderEvent]:
    return (
        select(ProviderEvent)
        .where(
            ProviderEvent.state == "new",
            ProviderEvent.next_try_at <= now,
            ProviderEvent.provider == provider.name,
            ProviderEvent.account == provider.account,
        )
        .order_by(ProviderEvent.next_try_at)
    )


def _claim(session: DBSession, provider: Provider, limit: int) -> list[str]:
    """Lease events: a worker that dies gives them back by time."""
    now = utcnow()
    rows = session.scalars(_due(provider, now).limit(limit).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.next_try_at = now + _LEASE
        row.tries += 1
    return [row.id for row in rows]


def _apply_one(
    db: Database, provider: Provider, listener: PaymentListener, event_id: str, settled: set[str]
) -> bool:
    """False when the provider gave no answer."""
    key = (provider.name, provider.account, event_id)
    with db.read() as session:
        event = session.get_one(ProviderEvent, key)
        payment = _payment_of(session, provider, event)
    note = "not ours" if payment is None else _why_ignored(provider, event)
    if payment is None or note is not None:
        db.write(lambda session: _finish(session, key, "ignored", note))
        return True
    about = f"issuer of {payment.id}" if event.type.startswith(OF_ISSUERS) else payment.id
    if about in settled or _is_old_news(payment, event):
        db.write(lambda session: _finish(session, key, "applied", None))
        return True
    try:
        _ask(db, provider, listener, payment, event)
    except Exception as error:  # noqa: BLE001  (one event that breaks our code must not hold up the others for ever)
        reason = error.code if isinstance(error, PaymentError) else type(error).__name__
        _log.warning("event waits", extra={"event": event_id, "reason": reason})
        if not isinstance(error, PaymentError):
            _log.exception("event failed")
        db.write(lambda session: _wait_or_park(session, key, reason))
        return not isinstance(error, OutcomeUnknown | ProviderBusy)
    settled.add(about)
    db.write(lambda session: _finish(session, key, "applied", None))
    return True


def _why_ignored(provider: Provider, event: ProviderEvent) -> str | None:
    """Why an event about one of our payments says nothing to us; None when it does."""
    if event.livemode != provider.livemode:
        return "not of this mode"
    return None if event.type.startswith(RELEVANT) else "no such type here"


def _ask(
    db: Database, provider: Provider, listener: PaymentListener, payment: Payment, event: ProviderEvent
) -> None:
    """Ask the provider what the event is about, and apply that."""
    cause = f"event {event.type}"
    if not event.type.startswith(OF_ISSUERS):
        settle(db, provider, listener, payment.store_id, payment.id, cause=cause)
        return
    told_of = event.provider_payment or payment.provider_id
    if told_of is not None:
        apply_disputes(db, provider, listener, payment.store_id, payment.id, told_of, cause=cause)


def _is_old_news(payment: Payment, event: ProviderEvent) -> bool:
    """Whether it tells of the very money that is booked as paid already: then asking would only use up the rate."""
    return (
        payment.state == PaymentState.PAID
        and event.type in PAID_EVENTS
        and event.provider_payment is not None
        and event.provider_payment == payment.provider_id
    )


def _payment_of(session: DBSession, provider: Provider, event: ProviderEvent) -> Payment | None:
    """The payment that an event is about: by our reference, by its session, or by the provider's payment."""
    found: Payment | None = None
    if event.reference and "." in event.reference:
        store_id, _, payment_id = event.reference.partition(".")
        found = session.get(Payment, (store_id, payment_id))
    if found is None:
        attempt = session.scalar(select(Attempt).where(Attempt.session_id == event.object_id))
        if attempt is not None:
            found = session.get(Payment, (attempt.store_id, attempt.payment_id))
    if found is None:
        promised = select(PaymentPromise).where(
            PaymentPromise.account == provider.account, PaymentPromise.customer == event.object_id
        )
        promise = session.scalar(promised)
        if promise is not None:
            found = session.get(Payment, (promise.store_id, promise.payment_id))
    if found is None:
        query = select(Payment).where(
            Payment.provider == provider.name,
            Payment.account == provider.account,
            Payment.provider_id == (event.provider_payment or event.object_id),
        )
        found = session.scalar(query)
    if found is not None and found.account != provider.account:
        return None  # an event of one account can't speak for another's payment
    return found


def _finish(session: DBSession, key: tuple[str, str, str], state: str, note: str | None) -> None:
    event = session.get_one(ProviderEvent, key)
    event.state, event.note = state, note


def _wait_or_park(session: DBSession, key: tuple[str, str, str], reason: str) -> None:
    event = session.get_one(ProviderEvent, key)
    if event.state != "new":
        return  # its lease ran out and another worker was faster
    event.note = reason
    if event.tries >= MAX_TRIES:
        event.state = "parked"
        return
    event.next_try_at = utcnow() + pause_after(event.tries)


def pause_after(tries: int) -> dt.timedelta:
    """How long an event waits after so many tries: two seconds at first, an hour at last."""
    return dt.timedelta(seconds=min(3600, 2**tries))


def _give_back(session: DBSession, provider: Provider, event_ids: list[str]) -> None:
    """End the lease of events that were not tried."""
    for event_id in event_ids:
        event = session.get_one(
            ProviderEvent, (provider.name, provider.account, event_id), with_for_update=True
        )
        if event.state == "new":
            event.tries -= 1
            event.next_try_at = utcnow() + _SILENCE
