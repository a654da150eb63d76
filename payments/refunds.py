"""Send the refunds that were written down. The row's id is the idempotency key, so money goes back once.

A fault of the provider's own is remembered by the key and would be its answer for a day
(docs.stripe.com/api/idempotent_requests). So after some tries, when the provider's list still shows no refund of this
row, the next key is taken; a minute or more lies between two tries, so none is under way then.

All that is left of a payment may be less than we knew, when a part went back on the provider's own screen. Then the
provider refuses, tells of that part, and the rest is asked for.
"""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.database import Database
from payments.ledger import book_refund, has_all_gone_back, rest_of_refund, row_id_in
from payments.listener import PaymentListener
from payments.models import Payment
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.provider import PaymentError, Provider, Refund, Refused
from payments.review import needs_a_person
from payments.settle import lock_payment
from payments.states import PaymentState, RefundState, advance_refund

_log = logging.getLogger("hitsuka.payments")

TRIES_WITH_A_KEY = 3


def send_refund(
    db: Database, provider: Provider, listener: PaymentListener, store_id: str, refund_id: str
) -> bool:
    """Send one wanted refund and book the answer. Calls the provider between two transactions.

    False when it was not its turn (another process has it, or its pause isn't over), or the provider gave no answer
    to rely on: then it is tried again later.
    """
    row = db.write(lambda session: _claim(session, store_id, refund_id))
    if row is None:
        return False
    failure = ""
    try:
        told = _ask(db, provider, row)
    except Refused as error:
        _log.error("refund refused", extra={"refund": refund_id, "reason": error.code})
        told, failure = None, error.code
    except PaymentError as error:
        _log.warning("refund waits", extra={"refund": refund_id, "reason": error.code})
        return False
    try:
        # A refusal may only mean that the money has gone back already, by a refund that we had not heard of.
        known = [told] if told is not None else provider.refunds_of(row.provider_payment)
    except PaymentError:
        return False
    db.write(lambda session: _book(session, listener, provider, row, known, failure))
    return True


def wanted_refunds(session: DBSession, *, limit: int = 50) -> list[tuple[str, str]]:
    """(store, refund) of those not sent yet whose turn it is."""
    query = (
        select(RefundRow.store_id, RefundRow.id)
        .where(RefundRow.state == "wanted", RefundRow.next_try_at <= utcnow())
        .order_by(RefundRow.next_try_at)
        .limit(limit)
    )
    return [(row.store_id, row.id) for row in session.execute(query)]


def _claim(session: DBSession, store_id: str, refund_id: str) -> RefundRow | None:
    """Lease it for a minute at least, which is longer than a try takes; each try waits longer than the one before."""
    row = session.get_one(RefundRow, (store_id, refund_id), with_for_update=True)
    if row.state != "wanted" or row.next_try_at > utcnow():
        return None
    row.tries += 1
    row.next_try_at = utcnow() + dt.timedelta(seconds=min(600, 60 * row.tries))
    return row


def _ask(db: Database, provider: Provider, row: RefundRow) -> Refund:
    """The refund. The provider forgets a key after a day (docs.stripe.com/api/idempotent_requests), so a later try
    looks first whether an earlier one was heard."""
    if row.tries > 1:
        made = next(
            (one for one in provider.refunds_of(row.provider_payment) if row_id_in(one.key) == row.id), None
        )
        if made is not None:
            return made
    with db.read() as session:
        payment = session.get_one(Payment, (row.store_id, row.payment_id))
    amount = Money(row.amount_minor, payment.currency)
    reference = f"{row.store_id}.{payment.id}"
    return provider.refund(
        row.provider_payment,
        amount,
        idempotency_key=_key(row),
        reference=reference,
        to_bank=not payment.is_card,
    )


def _key(row: RefundRow) -> str:
    """The row's id, and after some tries the id with a number."""
    before = _round(row) - 1
    return f"{row.id}-{before}" if before else row.id


def _round(row: RefundRow) -> int:
    """Which of its keys the row's last try had, from 1."""
    return 1 + (row.tries - 1) // TRIES_WITH_A_KEY


def _book(
    session: DBSession,
    listener: PaymentListener,
    provider: Provider,
    sent: RefundRow,
    known: list[Refund],
    failure: str,
) -> None:
    payment = lock_payment(session, listener, sent.store_id, sent.payment_id)
    assert payment is not None
    for refund in known:
        book_refund(session, payment, refund, provider, listener)
    row = session.get_one(RefundRow, (sent.store_id, sent.id), populate_existing=True)
    if row.state != "wanted":
        return
    if has_all_gone_back(session, payment, row.provider_payment, known):
        advance_refund(session, row, RefundState.DONE, cause="gone back already")
        return
    if (rest := rest_of_refund(session, payment, row, known)) is not None:
        _log.warning("refund made smaller", extra={"refund": row.id, "reason": failure})
        row.amount_minor, row.next_try_at = rest, utcnow()
        row.tries = _round(row) * TRIES_WITH_A_KEY  # the key before stands for another amount
        return
    advance_refund(session, row, RefundState.FAILED, cause="refused")
    row.failure = failure[:80] or None
    if payment.state == PaymentState.REFUNDING:
        needs_a_person(session, payment, "a refund was refused", listener)
