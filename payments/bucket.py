"""A rate shared by every process, kept in the database: the provider allows so many calls a second.

(docs.stripe.com/rate-limits: 25 a second on one endpoint of test mode.)
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import TokenBucket

_SKEW = dt.timedelta(seconds=2)


def take_token(
    session: Session, name: str, *, per_second: int, burst: int, now: dt.datetime | None = None
) -> bool:
    """Take one token of the bucket `name`. False when there is none; then nothing changed. Locks the bucket's row."""
    now = now or utcnow()
    bucket = _locked(session, name, burst, now)
    if bucket.updated_at > now + _SKEW:
        # Another node's clock runs ahead: it must not stop the others until its time has come.
        bucket.updated_at = now
    elapsed = max(0.0, (now - bucket.updated_at).total_seconds())
    tokens = min(burst * 1000, bucket.tokens_milli + int(elapsed * per_second * 1000))
    if tokens < 1000:
        return False
    bucket.tokens_milli = tokens - 1000
    bucket.updated_at = max(now, bucket.updated_at)
    return True


def _locked(session: Session, name: str, burst: int, now: dt.datetime) -> TokenBucket:
    query = select(TokenBucket).where(TokenBucket.name == name).with_for_update()
    bucket = session.scalar(query)
    if bucket is None:
        try:
            with session.begin_nested():
                session.execute(
                    insert(TokenBucket).values(name=name, tokens_milli=burst * 1000, updated_at=now)
                )
        except IntegrityError:
            pass  # another process made it first
        bucket = session.scalars(query).one()
    return bucket
