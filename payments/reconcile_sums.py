"""Reconciling, the sums: every movement that the provider tells of is in our ledger, with its amount, and the other way
round. What does not agree is listed for a person; nothing is healed here."""

from __future__ import annotations

import datetime as dt
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DBSession

from payments.database import Database
from payments.models import LedgerEntry, Payment
from payments.patience import patiently
from payments.provider import Movement, NotAllowed, NotThere, Provider
from payments.reconcile_report import Progress, Report

_KIND_OF_CATEGORY = {
    "charge": "captured",
    "refund": "refunded",
    "refund_failure": "returned",
    "dispute": "disputed",
    "dispute_reversal": "reinstated",
}


def compare_balance(
    db: Database, provider: Provider, since: dt.datetime, report: Report, progress: Progress
) -> None:
    """Every movement of the provider's balance that comes from a payment stands in our ledger, with its amount. What
    comes from no payment (a payout, the provider's own bill) is not ours to book."""
    try:
        for movement in provider.movements_since(since):
            report.balance_movements += 1
            kind = _KIND_OF_CATEGORY.get(movement.category)
            if kind is not None:
                _compare_movement(db, provider, movement, kind, report)
            progress("movements of the balance", report.balance_movements)
    except NotAllowed:
        report.differences.append("the balance can't be read: the key lacks the right")


def _compare_movement(
    db: Database, provider: Provider, movement: Movement, kind: str, report: Report
) -> None:
    """A dispute's movements are booked by their own id, the others by the charge or refund that they come from."""
    thing = movement.id if kind in {"disputed", "reinstated"} else movement.source
    query = select(LedgerEntry.amount_minor).where(
        LedgerEntry.account == provider.account,
        LedgerEntry.provider_object == thing,
        LedgerEntry.kind == kind,
    )
    with db.read() as session:
        booked = session.scalar(query)
    if booked is None and kind in {"refunded", "returned"} and _came_to_nothing(db, provider, movement):
        return
    if booked != movement.amount.minor:
        report.differences.append(
            f"balance {movement.id} of {movement.source}: provider {movement.amount.minor}, ledger {booked}"
        )


def _came_to_nothing(db: Database, provider: Provider, movement: Movement) -> bool:
    """Whether a refund that is not booked at all is not to be: the provider holds its money while it is under way, and
    puts it back when it fails; in the books it has not moved until the refund succeeds."""
    query = select(LedgerEntry.id).where(
        LedgerEntry.account == provider.account, LedgerEntry.provider_object == movement.source
    )
    with db.read() as session:
        if movement.source is None or session.scalar(query.limit(1)) is not None:
            return False
    try:
        told = patiently(partial(provider.balance_refund, movement.source))
    except NotThere:
        return False
    return told.status != "succeeded"


def compare_ledger(
    session: DBSession, provider: Provider, movements: dict[str, int], since: dt.datetime, report: Report
) -> None:
    """Every movement the provider tells of is booked, with the same amount, and every booked one is told of."""
    ours = select(LedgerEntry.provider_object, func.sum(LedgerEntry.amount_minor).label("minor")).group_by(
        LedgerEntry.provider_object
    )
    lately = ours.where(LedgerEntry.account == provider.account, LedgerEntry.at >= since)
    booked = {row.provider_object: int(row.minor) for row in session.execute(lately)}
    # What moved in the period but was booked before it, or moved again since: its whole sum counts.
    whole = ours.where(
        LedgerEntry.account == provider.account,
        LedgerEntry.provider_object.in_(_differing(movements, booked)),
    )
    booked |= {row.provider_object: int(row.minor) for row in session.execute(whole)}
    report.provider_minor = sum(movements.values())
    report.ledger_minor = sum(booked.values())
    for thing in sorted(_differing(movements, booked)):
        report.differences.append(f"{thing}: provider {movements.get(thing)}, ledger {booked.get(thing)}")


def _differing(movements: dict[str, int], booked: dict[str, int]) -> set[str]:
    return {
        thing for thing in movements.keys() | booked.keys() if movements.get(thing, 0) != booked.get(thing, 0)
    }


def unheard_of(
    session: DBSession, provider: Provider, movements: dict[str, int], since: dt.datetime, report: Report
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
        elif row.provider_object not in movements:
            report.differences.append(f"payment {row.id}: the provider does not list {row.provider_object}")
