"""Put a job into the outbox, in the transaction that wants it. Anyone in `shop` may import this."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.jobs.models import Job

MOST = 100
"""So many parked ones are shown at once."""


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


def parked(session: Session) -> list[Job]:
    """Jobs that were given up after many tries, the oldest first."""
    query = select(Job).where(Job.state == "parked").order_by(Job.created_at, Job.id)
    return list(session.scalars(query.limit(MOST)))


def again(session: Session, job_id: str) -> Job | None:
    """Let the worker try a parked job from the beginning. None when there is none; never commits."""
    job = session.get(Job, job_id, with_for_update=True, populate_existing=True)
    if job is None or job.state != "parked":
        return None
    job.state, job.tries, job.run_at = "waiting", 0, utcnow()
    return job


def enqueue_mail(session: Session, store_id: str, order_id: str, template: str, locale: str) -> None:
    """Want one mail to the customer of an order. It is rendered when it is sent."""
    enqueue(session, "mail", store_id, order_id, detail=template, locale=locale)
