"""Reconciling, the sums: every movement that the provider tells of is in our ledger, with its amount, and the other way
round. What does not agree is listed for a person; nothing is healed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DBSession

from payments.database import Database
from payments.models import LedgerEntry, Payment
from payments.patience import patiently
from payments.provider import Movement, NotAllowed, NotThere, Provider, Refund
from payments.reconcile_report import Progress, Report

_KIND_OF_CATEGORY = {
    "charge": "captured",
    "refund": "refunded",
    "refund_failure": "returned",
    "dispute": "disputed",
    "dispute_reversal": "reinstated",
}


def balance_of_payments(
    provider: Provider, since: dt.datetime, report: Report, progress: Progress
) -> list[Movement]:
    """Every movement of the provider's balance that comes from a payment. What comes from no payment (a payout, the
    provider's own bill) is not ours to book. It is read before the other lists: they know of whatever stands here."""
    found = []
    try:
        for movement in provider.movements_since(since):
            report.balance_movements += 1
            if movement.category in _KIND_OF_CATEGORY:
                found.append(movement)
            progress("movements of the balance", report.balance_movements)
    except NotAllowed:
        report.differences.append("the balance can't be read: the key lacks the right")
    return found


def compare_balance(
    db: Database,
    provider: Provider,
    movements: Iterable[Movement],
    report: Report,
    heal: Callable[[Refund], None],
) -> None:
    """Each stands in our ledger, with its amount. A refund that succeeded after the list of refunds had been read is
    healed first."""
    for movement in movements:
        booked = _booked(db, provider, movement)
        if booked is None and _KIND_OF_CATEGORY[movement.category] in {"refunded", "returned"}:
            told = _refund_of(db, provider, movement)
            if told is not None and told.status != "succeeded":
                continue  # held while it is under way, put back when it fails: in the books it has not moved
            if told is not None:
                heal(told)
                booked = _booked(db, provider, movement)
        if booked != movement.amount.minor:
            report.differences.append(
                f"balance {movement.id} of {movement.source}: provider {movement.amount.minor}, ledger {booked}"
            )


def _booked(db: Database, provider: Provider, movement: Movement) -> int | None:
    """A dispute's movements are booked by their own id, the others by the charge or refund that they come from."""
    kind = _KIND_OF_CATEGORY[movement.category]
    thing = movement.id if kind in {"disputed", "reinstated"} else movement.source
    query = select(LedgerEntry.amount_minor).where(
        LedgerEntry.account == provider.account,
        LedgerEntry.provider_object == thing,
        LedgerEntry.kind == kind,
    )
    with db.read() as session:
        return session.scalar(query)


def _refund_of(db: Database, provider: Provider, movement: Movement) -> Refund | None:
    """The refund that it comes from, as it is now; None when a part of it is booked, or the provider knows none."""
    query = select(LedgerEntry.id).where(
        LedgerEntry.account == provider.account, LedgerEntry.provider_object == movement.source
    )
    with db.read() as session:
        if movement.source is None or session.scalar(query.limit(1)) is not None:
            return None
    try:
        return patiently(partial(provider.balance_refund, movement.source))
    except NotThere:
        return None


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
