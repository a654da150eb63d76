"""What is paid without a card: the number or the account that was given, kept as the provider tells it.

Functions need the payment's lock (`payments.settle.lock_payment`) and never commit.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.listener import PaymentListener
from payments.models import Attempt, Payment, PaymentPromise
from payments.provider import Provider, Session
from payments.review import needs_a_person
from payments.states import PaymentState


def keep_promise(
    session: DBSession, payment: Payment, told: Session, provider: Provider, listener: PaymentListener
) -> None:
    """Write down how it can be paid, and tell whoever owns the order. What belongs to another payment, amount, account
    or method is not shown to anybody: a person looks."""
    promise = told.promise
    if promise is None or payment.state != PaymentState.PENDING.value:
        return
    if (reason := _disagreement(payment, told, provider)) is not None:
        needs_a_person(session, payment, reason, listener)
        return
    row = session.get(PaymentPromise, (payment.store_id, payment.id))
    if row is None:
        deadline = promise.deadline or _deadline(session, payment, told)
        row = PaymentPromise(store_id=payment.store_id, payment_id=payment.id, deadline=deadline)
        session.add(row)
    row.account, row.customer = provider.account, told.customer
    row.remaining_minor = promise.remaining.minor
    row.details = {name: dict(parts) for name, parts in promise.details.items()}
    row.voucher_url = promise.voucher_url
    session.flush()
    listener.promised(session, payment, row)


def promise_of(session: DBSession, payment: Payment) -> PaymentPromise | None:
    """The number or account of a payment, if it has one."""
    return session.get(PaymentPromise, (payment.store_id, payment.id))


def _disagreement(payment: Payment, told: Session, provider: Provider) -> str | None:
    checks = (
        (told.reference == f"{payment.store_id}.{payment.id}", "the promise names another payment"),
        (provider.account == payment.account, "another account would be paid"),
        (told.livemode == provider.livemode, "test money for a live order, or the reverse"),
        (told.amount == payment.amount, "the promised amount differs"),
        (told.methods == (payment.method,), "another method was offered"),
    )
    return next((reason for holds, reason in checks if not holds), None)


def _deadline(session: DBSession, payment: Payment, told: Session) -> dt.datetime:
    """What was asked for, where the provider itself never ends it."""
    asked = select(Attempt.expires_at).where(
        Attempt.store_id == payment.store_id, Attempt.session_id == told.id
    )
    return session.scalar(asked) or told.expires_at
