"""What waits for a person to decide, counted once: the staff's home page and `shop payments status` both ask here, so
that neither is calm while the other is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from payments.given_up import is_given_up
from payments.models import Payment, PaymentPromise, ProviderEvent
from payments.models import Refund as RefundRow
from payments.states import PaymentState
from shop.approvals.queries import open_approvals
from shop.cards.agreement import Mismatch, mismatches
from shop.disputes.listing import Waiting, waiting
from shop.jobs.models import Job


@dataclass(frozen=True)
class Attention:
    """How many of each wait."""

    reviews: int
    """Payments of which the provider reports what does not agree with us."""
    after_stop: int
    """Payments confirmed after cards were stopped."""
    failed_refunds: int
    """Those that nobody has asked for again."""
    transfers_left: int
    """Customers whose transfer was too much or too late."""
    parked_events: int
    parked_jobs: int
    issuers: Waiting
    """Disputes that want an answer, and warnings that can be acted on."""
    turned_by_others: list[Mismatch]
    """Card switches that stand elsewhere than the audit chain says."""
    approvals: int
    """What waits for signatures, or for its use."""

    @property
    def counts(self) -> dict[str, int]:
        """By a name for machines."""
        return {
            "payments": self.reviews,
            "after_stop": self.after_stop,
            "refunds": self.failed_refunds,
            "transfers": self.transfers_left,
            "disputes": self.issuers.disputes,
            "warnings": self.issuers.warnings,
            "events": self.parked_events,
            "jobs": self.parked_jobs,
            "switches": len(self.turned_by_others),
            "approvals": self.approvals,
        }

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def attention(session: Session, stores: Sequence[str], now: dt.datetime) -> Attention:
    """Count them, for these stores. Jobs, events and approvals belong to no store: they are counted whole."""

    def payments_in(state: PaymentState) -> int:
        of_stores = Payment.store_id.in_(stores)
        return _number(session, select(func.count()).where(Payment.state == state.value, of_stores))

    failed = select(func.count()).select_from(RefundRow)
    left = select(func.count()).where(PaymentPromise.balance_minor > 0, PaymentPromise.store_id.in_(stores))
    return Attention(
        reviews=payments_in(PaymentState.REVIEW),
        after_stop=payments_in(PaymentState.AFTER_STOP),
        failed_refunds=_number(session, failed.where(*is_given_up(), RefundRow.store_id.in_(stores))),
        transfers_left=_number(session, left),
        parked_events=_number(session, select(func.count()).where(ProviderEvent.state == "parked")),
        parked_jobs=_number(session, select(func.count()).where(Job.state == "parked")),
        issuers=waiting(session, stores),
        turned_by_others=mismatches(session),
        approvals=len(open_approvals(session, now)),
    )


def _number(session: Session, query: Select[int]) -> int:
    return int(session.scalar(query) or 0)
