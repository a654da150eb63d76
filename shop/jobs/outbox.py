"""The outbox: a job is wanted in a business transaction, claimed by a lease, and done, waiting or parked in the end.

The only writer of jobs. Anyone in `shop` may want one; the worker does them. Functions never commit.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.jobs.models import Job

LEASE = dt.timedelta(seconds=120)
"""So long a job belongs to the worker that claimed it; one that died gives it back by time."""
MAX_TRIES = 10
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
    """Want a job done once for a subject: asking again for the same is no second job."""
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


def is_any_due(session: Session) -> bool:
    """Whether a job waits and could be done now."""
    return session.scalar(_due().limit(1)) is not None


def claim(session: Session) -> Job | None:
    """Lease the job that is due longest; None when another worker has it, or none is due."""
    job = session.scalar(_due().limit(1).with_for_update(skip_locked=True))
    if job is not None:
        job.run_at = utcnow() + LEASE
        job.tries += 1
    return job


def mark_done(session: Session, claimed: Job) -> None:
    """It is done, whoever holds the lease by now: doing it again would help nobody."""
    job = session.get_one(Job, claimed.id, with_for_update=True)
    job.state, job.done_at, job.reason = "done", utcnow(), None


def wait_or_park(session: Session, claimed: Job, reason: str) -> None:
    """It failed: it is tried again later, and after `MAX_TRIES` only when a person says so.

    Nothing to say when the lease ran out meanwhile and another worker has it, or has done it.
    """
    job = session.get_one(Job, claimed.id, with_for_update=True)
    if job.state != "waiting" or job.tries != claimed.tries:
        return
    job.reason = reason[:200]
    if job.tries >= MAX_TRIES:
        job.state = "parked"
    else:
        job.run_at = utcnow() + dt.timedelta(seconds=min(900, 2**job.tries))


def parked_jobs(session: Session) -> list[Job]:
    """Jobs that were given up after many tries, the oldest first."""
    query = select(Job).where(Job.state == "parked").order_by(Job.created_at, Job.id)
    return list(session.scalars(query.limit(MOST)))


def job_again(session: Session, job_id: str) -> Job | None:
    """Let the worker try a parked job from the beginning. None when there is none."""
    job = session.get(Job, job_id, with_for_update=True, populate_existing=True)
    if job is None or job.state != "parked":
        return None
    job.state, job.tries, job.run_at = "waiting", 0, utcnow()
    return job


def _due() -> Select[Job]:
    return select(Job).where(Job.state == "waiting", Job.run_at <= utcnow()).order_by(Job.run_at)
