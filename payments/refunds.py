"""Send the refunds that were written down. The row's id is the idempotency key, so money goes back once."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.database import Database
from payments.listener import PaymentListener
from payments.models import Payment
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.provider import OutcomeUnknown, Provider, ProviderBusy, Refund, Refused
from payments.settle import book_refund

_log = logging.getLogger("hitsuka.payments")


def send_refund(
    db: Database, provider: Provider, listener: PaymentListener, store_id: str, refund_id: str
) -> bool:
    """Send one wanted refund and book the answer. False when the provider gave none; then it is tried again."""
    with db.read() as session:
        row = session.get_one(RefundRow, (store_id, refund_id))
        payment = session.get_one(Payment, (store_id, row.payment_id))
    if row.state != "wanted":
        return True
    amount = Money(row.amount_minor, payment.currency)
    try:
        told = provider.refund(
            row.provider_payment, amount, idempotency_key=row.id, reference=f"{store_id}.{payment.id}"
        )
    except (OutcomeUnknown, ProviderBusy):
        return False
    except Refused as error:
        code = error.code
        _log.error("refund refused; a person must look", extra={"refund": refund_id, "reason": code})
        db.write(lambda session: _fail(session, store_id, refund_id))
        return True
    db.write(lambda session: _book(session, listener, provider, store_id, refund_id, told))
    return True


def wanted_refunds(session: DBSession, *, limit: int = 50) -> list[tuple[str, str]]:
    """(store, refund) of those not sent yet."""
    query = (
        select(RefundRow.store_id, RefundRow.id)
        .where(RefundRow.state == "wanted")
        .order_by(RefundRow.created_at)
        .limit(limit)
    )
    return [(row.store_id, row.id) for row in session.execute(query)]


def _fail(session: DBSession, store_id: str, refund_id: str) -> None:
    row = session.get_one(RefundRow, (store_id, refund_id), with_for_update=True)
    if row.state == "wanted":
        row.state = "failed"


def _book(
    session: DBSession,
    listener: PaymentListener,
    provider: Provider,
    store_id: str,
    refund_id: str,
    told: Refund,
) -> None:
    row = session.get_one(RefundRow, (store_id, refund_id))
    payment = session.get_one(Payment, (store_id, row.payment_id))
    listener.lock(session, payment)
    session.refresh(payment, with_for_update=True)
    row.provider_id = told.id
    if row.state == "wanted":
        row.state = "sent"
    session.flush()
    book_refund(session, payment, told, provider, listener)
