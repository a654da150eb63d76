"""Money that moves outside any provider, as a person tells it: cash at the door, and what is handed back of it.

Functions need the payment's lock, taken after its order's, and never commit. They are for payments that no provider
knows of (`payments.methods.NO_PROVIDER`); every movement is booked once.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import new_id
from payments.ledger import balance
from payments.listener import PaymentListener
from payments.methods import NO_PROVIDER
from payments.models import LedgerEntry, Payment
from payments.models import Refund as RefundRow
from payments.states import PaymentState, advance


def collect(session: Session, payment: Payment, listener: PaymentListener) -> None:
    """The whole amount was collected. WrongTransition when the payment waits for nothing any more."""
    _no_provider(payment)
    advance(session, payment, PaymentState.PAID, cause="collected at the door")
    payment.provider_id = f"hand-{payment.id}"
    _book(session, payment, "captured", payment.amount_minor, payment.provider_id)
    listener.paid(session, payment)


def hand_back(
    session: Session, payment: Payment, amount_minor: int, listener: PaymentListener, *, reason: str
) -> RefundRow:
    """Money was handed back: it is noted, not sent. Telling it twice for the same reason is one refund.

    The caller has seen that the ledger covers it (`payments.ledger.refundable`).
    """
    _no_provider(payment)
    known = session.scalar(
        select(RefundRow).where(
            RefundRow.store_id == payment.store_id,
            RefundRow.payment_id == payment.id,
            RefundRow.reason == reason,
        )
    )
    if known is not None:
        return known
    assert payment.provider_id is not None
    row = RefundRow(
        store_id=payment.store_id,
        id=new_id(),
        payment_id=payment.id,
        provider_payment=payment.provider_id,
        amount_minor=amount_minor,
        reason=reason,
        state="done",
    )
    session.add(row)
    session.flush()
    _book(session, payment, "refunded", -amount_minor, f"hand-{row.id}")
    if balance(session, payment) <= 0:
        advance(session, payment, PaymentState.REFUNDED, cause=f"handed back {row.id}")
        listener.refunded(session, payment)
    return row


def _no_provider(payment: Payment) -> None:
    if payment.account != NO_PROVIDER:
        raise ValueError("a provider knows of this payment: only its word is booked")


def _book(session: Session, payment: Payment, kind: str, minor: int, thing: str) -> None:
    session.add(
        LedgerEntry(
            store_id=payment.store_id,
            payment_id=payment.id,
            kind=kind,
            amount_minor=minor,
            currency=payment.currency,
            account=payment.account,
            provider_object=thing,
        )
    )
    session.flush()
