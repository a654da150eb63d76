"""A rate shared by every process, kept in the database: the provider allows so many calls a second.

(docs.stripe.com/rate-limits: 25 a second on one endpoint of test mode.)
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.columns import table_of, utcnow
from payments.models import TokenBucket

_SKEW = dt.timedelta(seconds=2)
# Built once: every confirmed order takes a token, and building a statement costs more than running it.
_BUCKET = table_of(TokenBucket)
_LOCKED = (
    select(_BUCKET.c.tokens_milli, _BUCKET.c.updated_at)
    .where(_BUCKET.c.name == bindparam("bucket"))
    .with_for_update()
)
_PUT = (
    update(_BUCKET)
    .where(_BUCKET.c.name == bindparam("bucket"))
    .values(tokens_milli=bindparam("tokens"), updated_at=bindparam("moment"))
)


def take_token(
    session: Session, name: str, *, per_second: int, burst: int, now: dt.datetime | None = None
) -> bool:
    """Take one token of the bucket `name`. False when there is none; then nothing changed. Locks the bucket's row."""
    now = now or utcnow()
    tokens_milli, updated_at = _locked(session, name, burst, now)
    # Another node's clock may run ahead: it must not stop the others until its time has come.
    since = now if updated_at > now + _SKEW else updated_at
    elapsed = max(0.0, (now - since).total_seconds())
    tokens = min(burst * 1000, tokens_milli + int(elapsed * per_second * 1000))
    if tokens < 1000:
        if since != updated_at:
            _put(session, name, tokens_milli, since)
        return False
    _put(session, name, tokens - 1000, max(now, since))
    return True


def _locked(session: Session, name: str, burst: int, now: dt.datetime) -> tuple[int, dt.datetime]:
    """What is left in the bucket, and since when; its row is locked, and made where there is none."""
    row = session.execute(_LOCKED, {"bucket": name}).first()
    if row is None:
        try:
            with session.begin_nested():
                session.execute(
                    insert(TokenBucket).values(name=name, tokens_milli=burst * 1000, updated_at=now)
                )
        except IntegrityError:
            pass  # another process made it first
        row = session.execute(_LOCKED, {"bucket": name}).one()
    return row.tokens_milli, row.updated_at


def _put(session: Session, name: str, tokens_milli: int, updated_at: dt.datetime) -> None:
    session.execute(_PUT, {"bucket": name, "tokens": tokens_milli, "moment": updated_at})
