"""Rebuild the truth from the provider's own lists, and say what does not agree.

Every session of the period is compared with our payments and settled where it says more than we know; every refund
is booked; then the sums are compared. What can't be healed is listed and makes the result red.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session as DBSession

from payments.database import Database
from payments.listener import PaymentListener
from payments.models import Attempt, LedgerEntry, Payment
from payments.provider import Provider, Session
from payments.settle import apply_session
from payments.states import PaymentState

Progress = Callable[[str, int], None]
"""Told the kind of object and how many were compared."""


@dataclass
class Report:
    """What one run found. `differences` are those that a person must look at; the rest is healed or agrees."""

    account: str
    sessions: int = 0
    refunds: int = 0
    healed: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    provider_minor: int = 0
    ledger_minor: int = 0

    @property
    def agrees(self) -> bool:
        return not self.differences and self.provider_minor == self.ledger_minor


def reconcile(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    since: dt.datetime,
    progress: Progress = lambda _kind, _count: None,
) -> Report:
    """Compare and heal one account since a moment. Raises a PaymentError when the provider's lists can't be read."""
    report = Report(account=provider.account)
    charges: dict[str, int] = {}
    for told in provider.sessions_since(since):
        report.sessions += 1
        _compare(db, provider, listener, told, report)
        if told.charge is not None and told.charge.captured:
            charges[told.charge.id] = told.charge.amount.minor
        progress("sessions", report.sessions)
    refunds: dict[str, int] = {}
    for refund in provider.refunds_since(since):
        report.refunds += 1
        if refund.status not in {"failed", "canceled"}:
            refunds[refund.id] = -refund.amount.minor
        progress("refunds", report.refunds)
    movements = charges | refunds
    with db.read() as session:
        _compare_ledger(session, provider, movements, since, report)
        _unheard_of(session, provider, charges, since, report)
    return report


def _compare(
    db: Database, provider: Provider, listener: PaymentListener, told: Session, report: Report
) -> None:
    with db.read() as session:
        payment = _payment_of(session, told)
        before = (payment.state, payment.provider_id) if payment else None
    if payment is None:
        if told.paid:
            report.differences.append(f"session {told.id} was paid, and no payment here knows it")
        return
    apply_session(db, listener, payment.store_id, payment.id, told, provider, cause="reconcile")
    with db.read() as session:
        after = session.get_one(Payment, (payment.store_id, payment.id))
        if (after.state, after.provider_id) != before:
            report.healed.append(f"payment {payment.id}: {payment.state} -> {after.state}")
        if after.state == PaymentState.REVIEW:
            report.differences.append(f"payment {payment.id} needs a person: {after.review_reason}")


def _payment_of(session: DBSession, told: Session) -> Payment | None:
    attempt = session.scalar(select(Attempt).where(Attempt.session_id == told.id))
    if attempt is not None:
        return session.get(Payment, (attempt.store_id, attempt.payment_id))
    store_id, _, payment_id = (told.reference or "").partition(".")
    return session.get(Payment, (store_id, payment_id))


def _compare_ledger(
    session: DBSession, provider: Provider, movements: dict[str, int], since: dt.datetime, report: Report
) -> None:
    """Every movement the provider tells of is booked, with the same amount, and every booked one is told of."""
    query = select(LedgerEntry.provider_object, LedgerEntry.amount_minor).where(
        LedgerEntry.account == provider.account,
        LedgerEntry.at >= since,
    )
    booked = {row.provider_object: row.amount_minor for row in session.execute(query)}
    old = select(LedgerEntry.provider_object, LedgerEntry.amount_minor).where(
        LedgerEntry.account == provider.account, LedgerEntry.provider_object.in_(set(movements) - set(booked))
    )
    booked |= {row.provider_object: row.amount_minor for row in session.execute(old)}
    report.provider_minor = sum(movements.values())
    report.ledger_minor = sum(booked.values())
    for thing in sorted(movements.keys() | booked.keys()):
        theirs, ours = movements.get(thing), booked.get(thing)
        if theirs != ours:
            report.differences.append(f"{thing}: provider {theirs}, ledger {ours}")


def _unheard_of(
    session: DBSession, provider: Provider, charges: dict[str, int], since: dt.datetime, report: Report
) -> None:
    """Payments that we hold for paid in the period, of which the provider's list has no charge."""
    query = (
        select(Payment.id, LedgerEntry.provider_object)
        .outerjoin(
            LedgerEntry,
            (LedgerEntry.store_id == Payment.store_id)
            & (LedgerEntry.payment_id == Payment.id)
            & (LedgerEntry.kind == "captured"),
        )
        .where(Payment.account == provider.account, Payment.state == "paid", Payment.created_at >= since)
    )
    for row in session.execute(query):
        if row.provider_object is None:
            report.differences.append(f"payment {row.id} counts as paid without a capture")
        elif row.provider_object not in charges:
            report.differences.append(f"payment {row.id}: the provider does not list {row.provider_object}")
