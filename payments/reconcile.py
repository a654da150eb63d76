"""Rebuild the truth from the provider's own lists, and say what does not agree.

Every session of the period is compared with our payments and settled where it says more than we know; every refund
is booked; then the sums are compared. What was booked in the period but isn't on the lists (a session made before it,
a payment that came while they were read) is asked for by itself. What can't be healed is listed and makes the result
red. It asks more in a minute than the shop in an hour, so it keeps to the provider's rate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.database import Database
from payments.dispute_models import FraudWarning
from payments.disputes import apply_disputes, disputes_of
from payments.listener import PaymentListener
from payments.methods import PROMISE
from payments.models import Attempt, LedgerEntry, Payment, PaymentPromise
from payments.models import Refund as RefundRow
from payments.patience import patiently
from payments.provider import (
    DisputeTold,
    NotThere,
    Provider,
    Refund,
    Session,
    SessionStatus,
    WarningTold,
)
from payments.reconcile_report import Progress, Report
from payments.reconcile_sums import balance_of_payments, compare_balance, compare_ledger, unheard_of
from payments.settle import apply_refund, apply_session, settle_balance, settled_sessions
from payments.states import AttemptState, PaymentState

_LATE_TRANSFERS = dt.timedelta(days=30)
"""After its deadline. The event tells of a later one; it is not asked for."""


def reconcile(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    since: dt.datetime,
    progress: Progress = lambda _kind, _count: None,
) -> Report:
    """Compare and heal one account since a moment. Raises a PaymentError when the provider's lists can't be read."""
    report = Report(account=provider.account)
    movements: dict[str, int] = {}
    # Whose each of the provider's payments is: one that disagrees with us (a person looks) is noted nowhere else.
    seen: dict[str, Payment] = {}
    held = balance_of_payments(provider, since, report, progress)
    listed = chain(
        provider.sessions_since(since), provider.promises_since(since), _waiting(db, provider, since)
    )
    for told in listed:
        report.sessions += 1
        payment = patiently(partial(_compare, db, provider, listener, told, report))
        if payment is not None and told.payment_id is not None:
            seen[told.payment_id] = payment
        movements |= _captured(told)
        progress("sessions", report.sessions)
    for refund in provider.refunds_since(since):
        report.refunds += 1
        patiently(partial(_compare_refund, db, provider, listener, refund, report))
        movements |= _given_back(refund)
        progress("refunds", report.refunds)
    for dispute in provider.disputes_since(since):
        report.disputes += 1
        patiently(partial(_compare_dispute, db, provider, listener, dispute, report, seen))
        movements |= _disputed(dispute)
        progress("disputes", report.disputes)
    for warning in provider.warnings_since(since):
        patiently(partial(_compare_dispute, db, provider, listener, warning, report, seen))
    _compare_balances(db, provider, listener, report)
    heal = partial(_compare_refund, db, provider, listener, report=report)
    compare_balance(db, provider, held, report, heal)
    for session_ids in _not_as_listed(db, provider, movements, since):
        for session_id in session_ids:
            movements |= patiently(partial(_asked, provider, session_id))
    with db.read() as session:
        compare_ledger(session, provider, movements, since, report)
        unheard_of(session, provider, movements, since, report)
    return report


def _waiting(db: Database, provider: Provider, since: dt.datetime) -> Iterator[Session]:
    """What was promised before the period and may be paid in it, days later: each is asked for by itself."""
    with db.read() as session:
        query = (
            select(Attempt.session_id)
            .join(Payment, (Payment.store_id == Attempt.store_id) & (Payment.id == Attempt.payment_id))
            .where(
                Payment.account == provider.account,
                Attempt.ui_mode == PROMISE,
                Attempt.state == AttemptState.OPEN.value,
                Attempt.created_at < since,
            )
        )
        found = session.scalars(query.order_by(Attempt.created_at)).all()
    for session_id in found:
        if session_id is not None:
            yield patiently(partial(provider.retrieve_session, session_id))


def _compare_balances(db: Database, provider: Provider, listener: PaymentListener, report: Report) -> None:
    """What lies with the customers of transfers: one call each, as long as late money is likely, or is known of."""
    lately = PaymentPromise.deadline > utcnow() - _LATE_TRANSFERS
    with db.read() as session:
        query = select(PaymentPromise).where(
            PaymentPromise.account == provider.account,
            PaymentPromise.customer.is_not(None),
            lately | (PaymentPromise.balance_minor > 0),
        )
        promises = session.scalars(query).all()
    for before in promises:
        patiently(partial(settle_balance, db, provider, listener, before.store_id, before.payment_id))
        with db.read() as session:
            after = session.get_one(PaymentPromise, (before.store_id, before.payment_id))
        if after.balance_minor != before.balance_minor:
            report.healed.append(f"payment {before.payment_id}: a balance of {after.balance_minor} was noted")


def _captured(told: Session) -> dict[str, int]:
    if told.charge is None or not told.charge.captured:
        return {}
    return {told.charge.id: told.charge.amount.minor}


def _given_back(refund: Refund) -> dict[str, int]:
    """Nought when it has moved nothing, or nothing any more."""
    moved = refund.status == "succeeded" and not refund.is_release
    return {refund.id: -refund.amount.minor if moved else 0}


def _not_as_listed(
    db: Database, provider: Provider, movements: dict[str, int], since: dt.datetime
) -> list[list[str]]:
    """Sessions, by payment, of which something was booked in the period that the lists did not show, or showed
    otherwise: those made before it and paid in it, and what moved after the lists had been read."""
    booked = func.sum(LedgerEntry.amount_minor).label("minor")
    with db.read() as session:
        query = (
            select(LedgerEntry.provider_object, LedgerEntry.store_id, LedgerEntry.payment_id, booked)
            .where(LedgerEntry.account == provider.account, LedgerEntry.at >= since)
            .group_by(LedgerEntry.provider_object, LedgerEntry.store_id, LedgerEntry.payment_id)
        )
        payments = {
            (row.store_id, row.payment_id)
            for row in session.execute(query)
            if movements.get(row.provider_object) != row.minor
        }
        return [settled_sessions(session, *payment) for payment in sorted(payments)]


def _asked(provider: Provider, session_id: str) -> dict[str, int]:
    """What moved through one session, by the provider's own word."""
    try:
        told = provider.retrieve_session(session_id)
    except NotThere:
        return {}
    refunds = provider.refunds_of(told.payment_id) if told.payment_id and told.charge else []
    movements = _captured(told)
    for refund in refunds:
        movements |= _given_back(refund)
    for dispute in provider.disputes_of(told.payment_id) if told.payment_id and told.charge else []:
        movements |= _disputed(dispute)
    return movements


def _disputed(dispute: DisputeTold) -> dict[str, int]:
    """What a dispute moved, fees included, by the balance's movements: that is what the ledger books."""
    return {movement.id: movement.amount.minor - movement.fee.minor for movement in dispute.movements}


def _compare_dispute(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    told: DisputeTold | WarningTold,
    report: Report,
    seen: Mapping[str, Payment],
) -> None:
    """Note a dispute or a warning of which no word came, or not the last one."""
    with db.read() as session:
        payment = _payment_of_provider(session, provider, told.payment_id) or seen.get(told.payment_id)
        before = _known_of_issuers(session, payment) if payment is not None else None
    if payment is None:
        report.differences.append(f"{told.id}: no payment here knows {told.payment_id or 'its charge'}")
        return
    apply_disputes(db, provider, listener, payment.store_id, payment.id, told.payment_id, cause="reconcile")
    with db.read() as session:
        after = _known_of_issuers(session, payment)
    for changed in sorted(after - (before or set())):
        line = f"{changed[0]} of payment {payment.id}: {changed[1]}"
        if line not in report.healed:
            report.healed.append(line)


def _known_of_issuers(session: DBSession, payment: Payment) -> set[tuple[str, str]]:
    """What is noted of a payment's disputes and warnings."""
    warned = select(FraudWarning).where(
        FraudWarning.store_id == payment.store_id, FraudWarning.payment_id == payment.id
    )
    disputes = {(one.id, one.state) for one in disputes_of(session, payment)}
    return disputes | {
        (one.id, "actionable" if one.actionable else "noted") for one in session.scalars(warned)
    }


def _compare(
    db: Database, provider: Provider, listener: PaymentListener, told: Session, report: Report
) -> Payment | None:
    """The payment that it is of, if we know one."""
    with db.read() as session:
        attempt = session.scalar(select(Attempt).where(Attempt.session_id == told.id))
        payment = _payment_of(session, attempt, told)
    if payment is None:
        if told.paid:
            report.differences.append(f"session {told.id} was paid, and no payment here knows it")
        return None
    if not _is_known(payment, attempt, told):
        apply_session(db, listener, payment.store_id, payment.id, told, provider, cause="reconcile")
    _note(db, payment, report)
    return payment


def _is_known(payment: Payment, attempt: Attempt | None, told: Session) -> bool:
    """Whether it says nothing that is not written down already: most sessions of a period, so no lock for them."""
    if attempt is None or attempt.state != told.status.value:
        return False
    if told.paid:
        is_untouched = told.charge is not None and not told.charge.refunded.minor
        return is_untouched and payment.state == "paid" and payment.provider_id == told.payment_id
    return told.status is not SessionStatus.OPEN


def _note(db: Database, before: Payment, report: Report) -> None:
    with db.read() as session:
        after = session.get_one(Payment, (before.store_id, before.id))
    if (after.state, after.provider_id) != (before.state, before.provider_id):
        report.healed.append(f"payment {before.id}: {before.state} -> {after.state}")
    line = f"payment {before.id} needs a person: {after.review_reason}"
    if after.state == PaymentState.REVIEW and line not in report.differences:
        report.differences.append(line)


def _compare_refund(
    db: Database, provider: Provider, listener: PaymentListener, refund: Refund, report: Report
) -> None:
    """Book a refund of which no event came, of a session however old."""
    told = sum(_given_back(refund).values())
    with db.read() as session:
        booked = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
            LedgerEntry.account == provider.account, LedgerEntry.provider_object == refund.id
        )
        if session.scalar(booked) == told:
            return
        payment = _payment_of_refund(session, provider, refund)
    if payment is not None:
        apply_refund(db, listener, payment.store_id, payment.id, refund, provider)
        _note(db, payment, report)


def _payment_of_refund(session: DBSession, provider: Provider, refund: Refund) -> Payment | None:
    store_id, _, payment_id = (refund.reference or "").partition(".")
    found = session.get(Payment, (store_id, payment_id))
    if found is not None and found.account == provider.account:
        return found
    return _payment_of_provider(session, provider, refund.payment_id)


def _payment_of_provider(session: DBSession, provider: Provider, provider_payment: str) -> Payment | None:
    """The payment of one of the provider's; also of a second one that was paid by mistake."""
    own = (Payment.provider == provider.name) & (Payment.account == provider.account)
    found = session.scalar(select(Payment).where(own, Payment.provider_id == provider_payment))
    if found is not None:
        return found
    second = select(RefundRow.payment_id).where(RefundRow.provider_payment == provider_payment)
    return session.scalar(select(Payment).where(own, Payment.id.in_(second)))


def _payment_of(session: DBSession, attempt: Attempt | None, told: Session) -> Payment | None:
    if attempt is not None:
        return session.get(Payment, (attempt.store_id, attempt.payment_id))
    store_id, _, payment_id = (told.reference or "").partition(".")
    return session.get(Payment, (store_id, payment_id))
