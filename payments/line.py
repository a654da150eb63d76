"""The line of sessions that wait to be made: the provider allows so many a second, and who came first goes first."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session as DBSession

from payments.bucket import take_token
from payments.columns import utcnow
from payments.models import Attempt
from payments.provider import Provider
from payments.states import AttemptState

CREATES_PER_SECOND, CREATES_AT_ONCE = 20, 5
"""Shared by all our processes. Together Stripe's 25 a second on one endpoint: no second sees more than both."""

_BEFORE = select(func.count()).where(
    Attempt.state == AttemptState.WAITING.value,
    Attempt.created_at < bindparam("created_at"),
    Attempt.next_try_at <= bindparam("now"),
)


def claim(session: DBSession, provider: Provider, attempt: Attempt, *, in_turn: bool = False) -> bool:
    """Take the turn of a waiting attempt: True when the caller is the one to make its session, after this commits.

    The caller has locked the attempt, or is about to write it. False leaves it in line. `in_turn` is the worker's
    call, which takes attempts in their order; a web process gives way to those before it.
    """
    if attempt.next_try_at > utcnow():
        return False  # another process is making it now, or the provider asked for a pause
    if not in_turn and place_in_line(session, attempt) > 1:
        return False
    bucket = f"create:{provider.name}:{provider.account}"
    if not take_token(session, bucket, per_second=CREATES_PER_SECOND, burst=CREATES_AT_ONCE):
        return False
    attempt.tries += 1
    attempt.claimed_at = attempt.claimed_at or utcnow()
    attempt.next_try_at = utcnow() + dt.timedelta(seconds=min(60, 2 ** (attempt.tries + 2)))
    return True


def place_in_line(session: DBSession, attempt: Attempt) -> int:
    """How many attempts come before this one, which is 1 when it is next."""
    return 1 + (session.scalar(_BEFORE, {"created_at": attempt.created_at, "now": utcnow()}) or 0)


def waiting(session: DBSession, *, limit: int = 50) -> list[tuple[str, str]]:
    """(store, attempt) of those that wait, in their order."""
    query = (
        select(Attempt.store_id, Attempt.id)
        .where(Attempt.state == AttemptState.WAITING.value, Attempt.next_try_at <= utcnow())
        .order_by(Attempt.created_at)
        .limit(limit)
    )
    return [(row.store_id, row.id) for row in session.execute(query)]
