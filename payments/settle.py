"""The one function in which every way of hearing about a payment ends: refetch, compare, advance under a lock.

Webhook inbox, return page and reconciler call `settle`; none of them decides anything itself.
"""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.authorisation import (
    book_authorisation,
    book_void,
    end_wish,
    is_captured,
    wanted_amount,
)
from payments.database import Database
from payments.ledger import PAID_TWICE, book_capture, book_refund, want_refund
from payments.listener import PaymentListener
from payments.methods import Method
from payments.models import Attempt, LedgerEntry, Payment, PaymentPromise
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.promises import keep_promise
from payments.provider import Decline, Provider, Refund, Session, SessionStatus
from payments.returns import note_balance, sent_returns
from payments.review import needs_a_person
from payments.states import AttemptState, PaymentState, advance, advance_attempt
from payments.stop import was_stopped_at

_log = logging.getLogger("hitsuka.payments")

_BOOKED = {"paid", "refunding", "refunded"}
_NO_CHARGE = {False: "paid, but no captured charge", True: "reserved, but no open charge"}
_STATE_OF_SESSION = {
    SessionStatus.OPEN: AttemptState.OPEN,
    SessionStatus.COMPLETE: AttemptState.COMPLETE,
    SessionStatus.EXPIRED: AttemptState.EXPIRED,
}


def settle(
    db: Database, provider: Provider, listener: PaymentListener, store_id: str, payment_id: str, *, cause: str
) -> PaymentState | None:
    """Ask the provider for every session of a payment that may still say something, and apply the answers.

    Returns the payment's state, or None when there is no such payment. Raises a PaymentError when the provider did
    not answer; then nothing changed.
    """
    with db.read() as session:
        session_ids = settled_sessions(session, store_id, payment_id)
        known = session.get(Payment, (store_id, payment_id))
    for session_id in session_ids:
        apply_session(
            db, listener, store_id, payment_id, provider.retrieve_session(session_id), provider, cause=cause
        )
    if known is not None and known.method == Method.TRANSFER:
        settle_balance(db, provider, listener, store_id, payment_id)
    with db.read() as session:
        payment = session.get(Payment, (store_id, payment_id))
        return PaymentState(payment.state) if payment else None


def settle_balance(
    db: Database, provider: Provider, listener: PaymentListener, store_id: str, payment_id: str
) -> None:
    """Note what lies in the balance of a payment's customer, and how the returns of it stand. Only transfers have one.

    Calls the provider, and raises, as `settle`.
    """
    with db.read() as session:
        promise = session.get(PaymentPromise, (store_id, payment_id))
        sent = sent_returns(session, store_id, payment_id)
    if promise is None or promise.customer is None:
        return
    held = provider.balance_of(promise.customer)
    told = [provider.balance_refund(each) for each in sent]

    def work(session: DBSession) -> None:
        payment = lock_payment(session, listener, store_id, payment_id)
        if payment is not None:
            note_balance(session, payment, held, told, listener)

    db.write(work)


def settled_sessions(session: DBSession, store_id: str, payment_id: str) -> list[str]:
    """The sessions of a payment that may still say something, oldest first: one that expired unpaid never will."""
    query = select(Attempt.session_id).where(
        Attempt.store_id == store_id,
        Attempt.payment_id == payment_id,
        Attempt.session_id.is_not(None),
        Attempt.state != AttemptState.EXPIRED.value,
    )
    return [row for row in session.scalars(query.order_by(Attempt.created_at)) if row]


def apply_session(
    db: Database,
    listener: PaymentListener,
    store_id: str,
    payment_id: str,
    told: Session,
    provider: Provider,
    *,
    cause: str,
) -> None:
    """Apply what the provider says of one session. One transaction; refunds are read before it."""
    refunds: list[Refund] = []
    if told.payment_id and _may_have_refunds(db, told, store_id, payment_id):
        refunds = provider.refunds_of(told.payment_id)

    def work(session: DBSession) -> None:
        payment = lock_payment(session, listener, store_id, payment_id)
        if payment is None:
            return
        _update_attempt(session, payment, told, cause)
        if told.promise is not None:
            keep_promise(session, payment, told, provider, listener)
        else:
            _apply_told(session, payment, told, provider, listener, cause)
        _end_the_others(session, payment, listener)
        for refund in refunds:
            book_refund(session, payment, refund, provider, listener)

    db.write(work)


def _end_the_others(session: DBSession, payment: Payment, listener: PaymentListener) -> None:
    """Money came, or none is due: the provider can report as paid what it had called ended, and another session be
    open by then."""
    if payment.state == PaymentState.PENDING.value:
        return
    live = select(Attempt).where(
        Attempt.store_id == payment.store_id,
        Attempt.payment_id == payment.id,
        Attempt.state.in_([AttemptState.WAITING.value, AttemptState.OPEN.value]),
    )
    for attempt in session.scalars(live):
        listener.still_payable(session, payment, attempt)


def _apply_told(
    session: DBSession,
    payment: Payment,
    told: Session,
    provider: Provider,
    listener: PaymentListener,
    cause: str,
) -> None:
    """What a session says of money, when it is no promise that waits."""
    if told.paid:
        _book_payment(session, payment, told, provider, listener, cause)
    elif told.payment_status == "requires_capture":
        reason = disagreement(payment, told, provider, reserved=True)
        book_authorisation(session, payment, told, listener, reason=reason, cause=cause)
    elif payment.is_card and told.payment_status == "canceled" and told.status is SessionStatus.COMPLETE:
        book_void(session, payment, told, listener, cause=cause)
    elif payment.state == PaymentState.PENDING.value:
        payment.decline = _why_not(told)
        if told.decline is not None:
            listener.declined(session, payment, told)


def apply_refund(
    db: Database,
    listener: PaymentListener,
    store_id: str,
    payment_id: str,
    refund: Refund,
    provider: Provider,
) -> None:
    """Apply what the provider says of one refund of a payment. One transaction."""

    def work(session: DBSession) -> None:
        payment = lock_payment(session, listener, store_id, payment_id)
        if payment is not None:
            book_refund(session, payment, refund, provider, listener)

    db.write(work)


def _may_have_refunds(db: Database, told: Session, store_id: str, payment_id: str) -> bool:
    """Whether the provider counts money of it as gone back, or we do: a refund that failed is no more in its count."""
    if told.charge is None:
        return False
    if told.charge.refunded.minor:
        return True
    booked = select(LedgerEntry.id).where(
        LedgerEntry.store_id == store_id, LedgerEntry.payment_id == payment_id, LedgerEntry.kind == "refunded"
    )
    sent = select(RefundRow.id).where(
        RefundRow.store_id == store_id,
        RefundRow.provider_payment == told.payment_id,
        RefundRow.state == "sent",
    )
    with db.read() as session:
        return any(session.scalar(query.limit(1)) is not None for query in (booked, sent))


def _why_not(told: Session) -> str | None:
    """Why the last try came to nothing; None when there was none. A question still open counts as not passed."""
    if told.decline is None and told.payment_status == "requires_action":
        return Decline.AUTHENTICATION.value
    return told.decline.value if told.decline else None


def lock_payment(
    session: DBSession, listener: PaymentListener, store_id: str, payment_id: str
) -> Payment | None:
    """The payment as it is now, locked after its order: the one order of locks. None when there is no such payment."""
    payment = session.get(Payment, (store_id, payment_id))
    if payment is None:
        return None
    listener.lock(session, payment)
    session.refresh(payment, with_for_update=True)
    return payment


def _update_attempt(session: DBSession, payment: Payment, told: Session, cause: str) -> None:
    is_it = Attempt.session_id == told.id
    if told.attempt:
        is_it |= (Attempt.id == told.attempt) & Attempt.session_id.is_(None)
    attempt = session.scalar(
        select(Attempt)
        .where(Attempt.store_id == payment.store_id, Attempt.payment_id == payment.id, is_it)
        .limit(1)
    )
    if attempt is None:
        return
    may_change = attempt.session_id is None or attempt.state in {
        AttemptState.WAITING.value,
        AttemptState.OPEN.value,
    }
    # Paid after all, whatever was said of it before: from now on it has something to say.
    may_change |= attempt.state == AttemptState.EXPIRED.value and told.paid
    attempt.session_id = told.id
    if may_change:
        advance_attempt(session, attempt, _state_of(told), cause=cause)


def _state_of(told: Session) -> AttemptState:
    """A completed session whose money is still under way is as good as open: it may be paid yet."""
    if told.status is SessionStatus.COMPLETE and not told.paid and told.payment_status == "processing":
        return AttemptState.OPEN
    return _STATE_OF_SESSION[told.status]


def _book_payment(
    session: DBSession,
    payment: Payment,
    told: Session,
    provider: Provider,
    listener: PaymentListener,
    cause: str,
) -> None:
    if payment.provider_id == told.payment_id and payment.state in _BOOKED:
        return
    reason = disagreement(payment, told, provider, taken_minor=wanted_amount(session, payment))
    if told.charge is not None and told.payment_id is not None:
        book_capture(session, payment, told, provider)
        end_wish(session, payment, told.payment_id, taken_minor=told.charge.amount.minor)
    if payment.provider_id not in {None, told.payment_id}:
        _give_back_second(session, payment, told)
        return
    if reason is not None:
        needs_a_person(session, payment, reason, listener)
        return
    if payment.state in {PaymentState.REVIEW.value, PaymentState.AFTER_STOP.value}:
        return  # a person decides, not a second look
    if payment.state == PaymentState.VOIDED.value:
        needs_a_person(session, payment, "taken after it had been let go", listener)
        return
    assert told.charge is not None
    if payment.state == PaymentState.AUTHORISED.value:
        advance(session, payment, PaymentState.PAID, cause=cause)
        listener.captured(session, payment)
        return
    payment.provider_id = told.payment_id
    payment.card_brand, payment.card_last4 = told.charge.brand, told.charge.last4
    payment.decline = None
    if payment.is_card and was_stopped_at(session, payment.store_id, told.charge.created):
        _log.error("paid after cards were stopped", extra={"payment": payment.id})
        advance(session, payment, PaymentState.AFTER_STOP, cause=cause)
        listener.after_stop(session, payment)
        return
    advance(session, payment, PaymentState.PAID, cause=cause)
    listener.paid(session, payment)


def let_go_on(session: DBSession, payment: Payment, listener: PaymentListener) -> None:
    """A person has decided that a payment made after a stop, or under review, is good. The caller has locked order and
    payment."""
    if is_captured(session, payment):
        advance(session, payment, PaymentState.PAID, cause="released by a person")
        listener.paid(session, payment)
    else:
        advance(session, payment, PaymentState.AUTHORISED, cause="released by a person")
        listener.authorised(session, payment)


def disagreement(
    payment: Payment,
    told: Session,
    provider: Provider,
    *,
    reserved: bool = False,
    taken_minor: int | None = None,
) -> str | None:
    """Why what the provider reports can't be this payment's money; None when all of it agrees.

    `reserved`: it is not taken yet. `taken_minor` is what of a reservation we asked for, when not all of it.
    """
    charge = told.charge
    due = Money(payment.amount_minor if taken_minor is None else taken_minor, payment.currency)
    checks = (
        (told.reference == f"{payment.store_id}.{payment.id}", "the session names another payment"),
        (provider.account == payment.account, "another account was paid"),
        (told.livemode == provider.livemode, "test money for a live order, or the reverse"),
        (told.amount == payment.amount, "the session's amount differs"),
        (told.methods == (payment.method,), "another method was offered"),
        (charge is not None and charge.paid and charge.captured != reserved, _NO_CHARGE[reserved]),
        (charge is None or reserved or charge.amount == due, "the charged amount differs"),
        (charge is None or charge.reserved in {None, payment.amount}, "the reserved amount differs"),
        (charge is None or charge.method == payment.method, "another method was used"),
    )
    return next((reason for holds, reason in checks if not holds), None)


def _give_back_second(session: DBSession, payment: Payment, told: Session) -> None:
    """Two sessions of one order were both paid: the second one's money goes back."""
    if told.payment_id is None or told.charge is None:
        return
    _log.error("paid twice; giving the second back", extra={"payment": payment.id})
    want_refund(session, payment, told.payment_id, told.charge.amount.minor, reason=PAID_TWICE)
