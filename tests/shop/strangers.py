"""Payments of people who are nobody in a test: rows that only count."""

from __future__ import annotations

from sqlalchemy.orm import Session

from payments.columns import new_id
from payments.models import Payment


def others_paid(session: Session, count: int) -> None:
    """So many card payments at the store `style` that succeeded just now, of no order of ours."""
    for _one in range(count):
        session.add(
            Payment(
                store_id="style",
                id=new_id(),
                reference=new_id(),
                amount_minor=1,
                currency="JPY",
                method="card",
                state="paid",
                provider="stripe",
                account="default",
            )
        )
