"""What lies in a customer's balance, transferred too much or too late, and its way back.

The balance is the provider's word, asked anew each time. A person wants a return, the worker sends it: the row's id is
the idempotency key, so money goes back once. Functions with a session need the payment's lock and never commit.
"""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.columns import new_id, utcnow
from payments.database import Database
from payments.listener import PaymentListener
from payments.models import BalanceReturn, Payment, PaymentPromise
from payments.money import Money
from payments.provider import PaymentError, Provider, Refund, Refused

_log = logging.getLogger("hitsuka.payments")


class NothingLeft(Exception):
    """The balance is empty, or on its way back already; nothing was written down."""


def note_balance(
    session: DBSession, payment: Payment, held: Money, told: list[Refund], listener: PaymentListener
) -> None:
    """Write down what the provider says of a balance and of the returns that were sent."""
    promise = session.get_one(PaymentPromise, (payment.store_id, payment.id), with_for_update=True)
    is_more = held.minor > promise.balance_minor
    promise.balance_minor = held.minor
    for refund in told:
        row = session.scalar(select(BalanceReturn).where(BalanceReturn.provider_id == refund.id))
        if row is not None:
            row.state = _state_of(refund)
    if is_more:
        _log.error("more was transferred than is due", extra={"payment": payment.id})
        listener.money_left(session, payment, promise)


def want_return(session: DBSession, payment: Payment, *, actor: str) -> BalanceReturn:
    """Want all that lies in the balance sent back. Raises NothingLeft."""
    promise = session.get(PaymentPromise, (payment.store_id, payment.id), with_for_update=True)
    under_way = select(BalanceReturn.id).where(
        BalanceReturn.store_id == payment.store_id,
        BalanceReturn.payment_id == payment.id,
        BalanceReturn.state == "wanted",
    )
    if promise is None or promise.balance_minor <= 0 or session.scalar(under_way.limit(1)) is not None:
        raise NothingLeft
    row = BalanceReturn(
        store_id=payment.store_id,
        id=new_id(),
        payment_id=payment.id,
        amount_minor=promise.balance_minor,
        actor=actor,
    )
    session.add(row)
    session.flush()
    return row


def sent_returns(session: DBSession, store_id: str, payment_id: str) -> list[str]:
    """The provider's ids of the returns that may still change: one that is done can fail at the bank after all."""
    query = select(BalanceReturn.provider_id).where(
        BalanceReturn.store_id == store_id,
        BalanceReturn.payment_id == payment_id,
        BalanceReturn.state.in_(["sent", "done"]),
    )
    return [each for each in session.scalars(query) if each]


def wanted_returns(session: DBSession, *, limit: int = 20) -> list[tuple[str, str]]:
    """(store, return) of those not sent yet whose turn it is."""
    query = select(BalanceReturn.store_id, BalanceReturn.id).where(
        BalanceReturn.state == "wanted", BalanceReturn.next_try_at <= utcnow()
    )
    rows = session.execute(query.order_by(BalanceReturn.next_try_at).limit(limit))
    return [(row.store_id, row.id) for row in rows]


def send_return(db: Database, provider: Provider, store_id: str, return_id: str) -> bool:
    """Send one wanted return. Calls the provider between two transactions; False when it has to wait."""
    claimed = db.write(lambda session: _claim(session, store_id, return_id))
    if claimed is None:
        return False
    row, customer, currency = claimed
    try:
        told = provider.refund_balance(
            customer,
            Money(row.amount_minor, currency),
            idempotency_key=row.id,
            reference=f"{store_id}.{row.payment_id}",
        )
    except Refused as error:
        _log.error("return refused", extra={"return": return_id, "reason": error.code})
        db.write(lambda session: _note(session, row, None))
        return True
    except PaymentError as error:
        _log.warning("return waits", extra={"return": return_id, "reason": error.code})
        return False
    db.write(lambda session: _note(session, row, told))
    return True


def _claim(session: DBSession, store_id: str, return_id: str) -> tuple[BalanceReturn, str, str] | None:
    row = session.get_one(BalanceReturn, (store_id, return_id), with_for_update=True)
    if row.state != "wanted" or row.next_try_at > utcnow():
        return None
    promise = session.get_one(PaymentPromise, (store_id, row.payment_id))
    payment = session.get_one(Payment, (store_id, row.payment_id))
    assert promise.customer is not None
    row.tries += 1
    row.next_try_at = utcnow() + dt.timedelta(seconds=min(600, 60 * row.tries))
    return row, promise.customer, payment.currency


def _note(session: DBSession, sent: BalanceReturn, told: Refund | None) -> None:
    row = session.get_one(BalanceReturn, (sent.store_id, sent.id), with_for_update=True)
    if row.state != "wanted":
        return
    row.state = _state_of(told) if told is not None else "failed"
    if told is not None:
        row.provider_id = told.id
        promise = session.get_one(PaymentPromise, (sent.store_id, sent.payment_id), with_for_update=True)
        promise.balance_minor = max(0, promise.balance_minor - row.amount_minor)


def _state_of(refund: Refund) -> str:
    if refund.status == "succeeded":
        return "done"
    return "failed" if refund.status in {"failed", "canceled"} else "sent"
