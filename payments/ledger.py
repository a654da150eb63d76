"""The ledger: movements of money as the provider tells them, booked once, and refunds that are wanted and booked.

Functions need the payment's lock (`payments.settle.lock_payment`) and never commit.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DBSession

from payments.columns import new_id
from payments.listener import PaymentListener
from payments.models import LedgerEntry, Payment
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.provider import Provider, Refund, Session
from payments.review import needs_a_person
from payments.states import PaymentState, RefundState, advance, advance_refund


def want_refund(
    session: DBSession, payment: Payment, provider_payment: str, amount_minor: int, *, reason: str
) -> RefundRow:
    """Write down that money must go back; the worker sends it. Asking twice for the same reason is one refund.

    The payment counts as refunding when all of it is on its way back; after a part it stays paid.
    """
    known = session.scalar(
        select(RefundRow).where(
            RefundRow.store_id == payment.store_id,
            RefundRow.provider_payment == provider_payment,
            RefundRow.reason == reason,
        )
    )
    if known is not None:
        return known
    row = RefundRow(
        store_id=payment.store_id,
        id=new_id(),
        payment_id=payment.id,
        provider_payment=provider_payment,
        amount_minor=amount_minor,
        reason=reason,
    )
    is_the_rest = provider_payment == payment.provider_id and amount_minor >= refundable(session, payment)
    session.add(row)
    session.flush()
    if is_the_rest and payment.state in {"paid", "review", "after_stop"}:
        advance(session, payment, PaymentState.REFUNDING, cause=reason)
    return row


def book_refund(
    session: DBSession, payment: Payment, refund: Refund, provider: Provider, listener: PaymentListener
) -> None:
    """Book a refund that the provider tells of, ours or one made on the provider's own screen. Needs the lock.

    Money has gone back when the provider says so, not while a refund is pending; one that fails afterwards is booked
    back, and a person looks.
    """
    if refund.is_release:
        return
    row = _row_of(session, payment, refund)
    if refund.status == "succeeded":
        _book_movement(session, payment, "refunded", -refund.amount, provider, refund.id)
        if row is not None and row.state != "failed":
            advance_refund(session, row, RefundState.DONE, cause="succeeded")
        _end_if_all_is_back(session, payment, refund, listener)
    elif refund.status in {"failed", "canceled"}:
        if _is_booked(session, provider, "refunded", refund.id):
            _book_movement(session, payment, "returned", refund.amount, provider, refund.id)
        if row is not None:
            advance_refund(session, row, RefundState.FAILED, cause=refund.status)
            row.failure = refund.status
        if payment.state in {PaymentState.REFUNDING, PaymentState.REFUNDED}:
            needs_a_person(session, payment, "a refund failed", listener)


def _row_of(session: DBSession, payment: Payment, refund: Refund) -> RefundRow | None:
    """Our wish that a refund came from. Its answer may have been lost; then its key tells."""
    row = session.scalar(select(RefundRow).where(RefundRow.provider_id == refund.id))
    if row is None and refund.key is not None:
        row = session.get(RefundRow, (payment.store_id, row_id_in(refund.key)))
    if row is None or row.payment_id != payment.id:
        return None
    row.provider_id = refund.id
    if row.state == "wanted":
        advance_refund(session, row, RefundState.SENT, cause="the provider has it")
    return row


def row_id_in(key: str | None) -> str | None:
    """The row that a refund's key stands for; a later key of the same row has a number behind its id."""
    return key.partition("-")[0] if key else None


def _end_if_all_is_back(
    session: DBSession, payment: Payment, refund: Refund, listener: PaymentListener
) -> None:
    may_end = {PaymentState.PAID, PaymentState.REFUNDING, PaymentState.REVIEW, PaymentState.AFTER_STOP}
    if payment.state in may_end and balance(session, payment) <= 0:
        advance(session, payment, PaymentState.REFUNDED, cause=f"refund {refund.id}")
        listener.refunded(session, payment)


def balance(session: DBSession, payment: Payment) -> int:
    """What is left of a payment's money with us, in minor units: the sum of its ledger."""
    total = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
        LedgerEntry.store_id == payment.store_id, LedgerEntry.payment_id == payment.id
    )
    return int(session.scalar(total) or 0)


def refundable(session: DBSession, payment: Payment) -> int:
    """What of a locked payment can still go back, in minor units: its balance less the refunds under way."""
    under_way = select(func.coalesce(func.sum(RefundRow.amount_minor), 0)).where(
        RefundRow.store_id == payment.store_id,
        RefundRow.payment_id == payment.id,
        RefundRow.state.in_(["wanted", "sent"]),
    )
    return balance(session, payment) - int(session.scalar(under_way) or 0)


def book_capture(session: DBSession, payment: Payment, told: Session, provider: Provider) -> None:
    if told.charge is not None and told.charge.captured:
        _book_movement(session, payment, "captured", told.charge.amount, provider, told.charge.id)


def _book_movement(
    session: DBSession, payment: Payment, kind: str, amount: Money, provider: Provider, provider_object: str
) -> None:
    """Book a movement, once. The payment's lock makes the look before safe."""
    if _is_booked(session, provider, kind, provider_object):
        return
    session.add(
        LedgerEntry(
            store_id=payment.store_id,
            payment_id=payment.id,
            kind=kind,
            amount_minor=amount.minor,
            currency=amount.currency,
            account=provider.account,
            provider_object=provider_object,
        )
    )
    session.flush()


def _is_booked(session: DBSession, provider: Provider, kind: str, provider_object: str) -> bool:
    known = session.scalar(
        select(LedgerEntry.id).where(
            LedgerEntry.account == provider.account,
            LedgerEntry.provider_object == provider_object,
            LedgerEntry.kind == kind,
        )
    )
    return known is not None
