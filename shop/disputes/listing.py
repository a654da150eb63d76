"""Which disputes there are, and which warnings still ask for a decision. Every query takes the stores first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.dispute_models import Dispute, FraudWarning
from payments.disputes import WANTS_ANSWER
from payments.models import Payment

MOST = 100
_WANTED = [state.value for state in WANTS_ANSWER]


@dataclass(frozen=True)
class Waiting:
    """What the home page says: how many want an answer, until when the first, and how many warnings can be acted on."""

    disputes: int
    first_due: dt.datetime | None
    warnings: int


def waiting(session: Session, stores: Sequence[str]) -> Waiting:
    """The figures of these stores."""
    wanted = (Dispute.store_id.in_(stores), Dispute.state.in_(_WANTED), Dispute.answered_at.is_(None))
    count, first = session.execute(select(func.count(), func.min(Dispute.due_by)).where(*wanted)).one()
    warned = select(func.count()).where(FraudWarning.store_id.in_(stores), FraudWarning.actionable)
    return Waiting(int(count), first, session.scalar(warned) or 0)


def listed(session: Session, stores: Sequence[str]) -> list[tuple[Dispute, Payment]]:
    """The newest disputes with their payments, those that want an answer first."""
    query = (
        select(Dispute, Payment)
        .join(Payment, (Payment.store_id == Dispute.store_id) & (Payment.id == Dispute.payment_id))
        .where(Dispute.store_id.in_(stores))
        .order_by(Dispute.state.in_(_WANTED).desc(), Dispute.opened_at.desc())
    )
    return [(row[0], row[1]) for row in session.execute(query.limit(MOST))]


def warned(session: Session, stores: Sequence[str]) -> list[tuple[FraudWarning, Payment]]:
    """Warnings that can still be acted on, the newest first."""
    query = (
        select(FraudWarning, Payment)
        .join(Payment, (Payment.store_id == FraudWarning.store_id) & (Payment.id == FraudWarning.payment_id))
        .where(FraudWarning.store_id.in_(stores), FraudWarning.actionable)
        .order_by(FraudWarning.warned_at.desc())
    )
    return [(row[0], row[1]) for row in session.execute(query.limit(MOST))]


def of_payment(session: Session, payment: Payment) -> tuple[list[Dispute], list[FraudWarning]]:
    """What an order's page says of its payment."""
    disputes = select(Dispute).where(Dispute.store_id == payment.store_id, Dispute.payment_id == payment.id)
    warnings = select(FraudWarning).where(
        FraudWarning.store_id == payment.store_id, FraudWarning.payment_id == payment.id
    )
    return list(session.scalars(disputes)), list(session.scalars(warnings))
