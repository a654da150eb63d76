"""Put a job into the outbox, in the transaction that wants it. Anyone in `shop` may import this."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.jobs.models import Job


def enqueue(
    session: Session,
    kind: str,
    store_id: str,
    subject_id: str,
    *,
    detail: str = "",
    locale: str = "ja",
    delay: dt.timedelta = dt.timedelta(),
) -> None:
    """Want a job done once for a subject: asking again for the same is no second job. Never commits."""
    query = select(Job.id).where(
        Job.kind == kind, Job.store_id == store_id, Job.subject_id == subject_id, Job.detail == detail
    )
    if session.scalar(query) is None:
        session.add(
            Job(
                kind=kind,
                store_id=store_id,
                subject_id=subject_id,
                detail=detail,
                locale=locale,
                run_at=utcnow() + delay,
            )
        )


def enqueue_mail(session: Session, store_id: str, order_id: str, template: str, locale: str) -> None:
    """Want one mail to the customer of an order. It is rendered when it is sent."""
    enqueue(session, "mail", store_id, order_id, detail=template, locale=locale)
