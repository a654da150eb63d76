"""The ledger: movements of money as the provider tells them, booked once, and refunds that are wanted and booked.

Functions need the payment's lock (`payments.settle.lock_payment`) and never commit.
"""

from __future__ import annotations

from collections.abc import Iterable

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

PAID_TWICE = "paid_twice"
"""The reason of a refund of a second payment of one order; nobody had to ask for it."""


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
        entry = book_movement(session, payment, "refunded", -refund.amount, provider, refund.id)
        if row is not None and row.state != "failed":
            advance_refund(session, row, RefundState.DONE, cause="succeeded")
        _end_if_all_is_back(session, payment, refund, listener)
        if entry is not None and payment.state == PaymentState.PAID and _is_its(payment, refund):
            listener.part_refunded(session, payment, entry)
    elif refund.status in {"failed", "canceled"}:
        if _is_booked(session, provider, "refunded", refund.id):
            book_movement(session, payment, "returned", refund.amount, provider, refund.id)
        if row is not None:
            advance_refund(session, row, RefundState.FAILED, cause=refund.status)
            row.failure = refund.status
        if payment.state in {PaymentState.REFUNDING, PaymentState.REFUNDED}:
            needs_a_person(session, payment, "a refund failed", listener)


def _is_its(payment: Payment, refund: Refund) -> bool:
    """Whether it is of the payment that counts, not of a second one that was paid by mistake."""
    return refund.payment_id == payment.provider_id


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


_SALE = ("captured", "refunded", "returned")
_DISPUTE = ("disputed", "reinstated")


def balance(session: DBSession, payment: Payment) -> int:
    """What of a payment's money was not given back, in minor units: the sum of what was taken and refunded."""
    return _sum(session, payment, _SALE)


def left_with_us(session: DBSession, payment: Payment) -> int:
    """What is left of it in our balance, in minor units: the sum of its ledger, disputes and their fees included."""
    return _sum(session, payment, (*_SALE, *_DISPUTE, "dispute_fee"))


def _sum(session: DBSession, payment: Payment, kinds: tuple[str, ...]) -> int:
    total = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
        LedgerEntry.store_id == payment.store_id,
        LedgerEntry.payment_id == payment.id,
        LedgerEntry.kind.in_(kinds),
    )
    return int(session.scalar(total) or 0)


def refundable(session: DBSession, payment: Payment) -> int:
    """What of a locked payment can still go back, in minor units: its balance less the refunds under way and what a
    dispute has taken."""
    under_way = select(func.coalesce(func.sum(RefundRow.amount_minor), 0)).where(
        RefundRow.store_id == payment.store_id,
        RefundRow.payment_id == payment.id,
        RefundRow.state.in_(["wanted", "sent"]),
    )
    there = _sum(session, payment, (*_SALE, *_DISPUTE))
    return there - int(session.scalar(under_way) or 0)


def has_all_gone_back(
    session: DBSession, payment: Payment, provider_payment: str, refunds: Iterable[Refund]
) -> bool:
    """Whether nothing is left of one of the provider's payments, by the refunds that it tells of. An order that was
    paid twice has two of them, and of each its own money goes back."""
    done = [one for one in refunds if one.status == "succeeded"]
    return _left_of(session, payment, provider_payment, done) <= 0


def rest_of_refund(
    session: DBSession, payment: Payment, row: RefundRow, refunds: Iterable[Refund]
) -> int | None:
    """What is left for a refused refund that was to give all of it back, when others, which we had not heard of, gave
    back or are giving back a part. None where that is not why it was refused."""
    if payment.state != PaymentState.REFUNDING or row.provider_payment != payment.provider_id:
        return None
    others = [one for one in refunds if one.status not in {"failed", "canceled"}]
    left = _left_of(session, payment, row.provider_payment, others)
    return left if 0 < left < row.amount_minor else None


def _left_of(session: DBSession, payment: Payment, provider_payment: str, refunds: Iterable[Refund]) -> int:
    back = sum(
        one.amount.minor for one in refunds if one.payment_id == provider_payment and not one.is_release
    )
    return _taken_by(session, payment, provider_payment) - back


def _taken_by(session: DBSession, payment: Payment, provider_payment: str) -> int:
    """What one of the provider's payments took. Of a second one all was wanted back when it was found."""
    query = select(RefundRow.provider_payment, RefundRow.amount_minor).where(
        RefundRow.store_id == payment.store_id,
        RefundRow.payment_id == payment.id,
        RefundRow.reason == PAID_TWICE,
    )
    seconds: dict[str, int] = {row.provider_payment: row.amount_minor for row in session.execute(query)}
    if provider_payment in seconds:
        return seconds[provider_payment]
    return _sum(session, payment, ("captured",)) - sum(seconds.values())


def book_capture(session: DBSession, payment: Payment, told: Session, provider: Provider) -> None:
    if told.charge is not None and told.charge.captured:
        book_movement(session, payment, "captured", told.charge.amount, provider, told.charge.id)


def book_movement(
    session: DBSession, payment: Payment, kind: str, amount: Money, provider: Provider, provider_object: str
) -> LedgerEntry | None:
    """Book a movement, once; None when it stood there. The payment's lock makes the look before safe."""
    if _is_booked(session, provider, kind, provider_object):
        return None
    entry = LedgerEntry(
        store_id=payment.store_id,
        payment_id=payment.id,
        kind=kind,
        amount_minor=amount.minor,
        currency=amount.currency,
        account=provider.account,
        provider_object=provider_object,
    )
    session.add(entry)
    session.flush()
    return entry


def _is_booked(session: DBSession, provider: Provider, kind: str, provider_object: str) -> bool:
    known = session.scalar(
        select(LedgerEntry.id).where(
            LedgerEntry.account == provider.account,
            LedgerEntry.provider_object == provider_object,
            LedgerEntry.kind == kind,
        )
    )
    return known is not None
