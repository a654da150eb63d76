"""The line of sessions that wait to be made: the provider allows so many a second, and who came first goes first."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Boolean, bindparam, func, select
from sqlalchemy.orm import Session as DBSession

from payments.bucket import take_token
from payments.columns import table_of, utcnow
from payments.methods import PROMISE
from payments.models import Attempt
from payments.provider import Provider
from payments.states import AttemptState
from payments.stop import closed_stores, state_held

CREATES_PER_SECOND, CREATES_AT_ONCE = 20, 5
"""Shared by all our processes. Together Stripe's 25 a second on one endpoint: no second sees more than both."""

_ATTEMPT = table_of(Attempt)
_BEFORE = select(func.count()).where(
    _ATTEMPT.c.store_id == bindparam("store_id"),
    _ATTEMPT.c.state == AttemptState.WAITING.value,
    _ATTEMPT.c.created_at < bindparam("created_at"),
    _ATTEMPT.c.next_try_at <= bindparam("now"),
    (_ATTEMPT.c.ui_mode != PROMISE) == bindparam("is_card", type_=Boolean),
)


def claim(session: DBSession, provider: Provider, attempt: Attempt, *, in_turn: bool = False) -> bool:
    """Take the turn of a waiting attempt: True when the caller is the one to make its session, after this commits.

    The caller has locked the attempt, or is about to write it. False leaves it in line. `in_turn` is the worker's
    call, which takes attempts in their order; a web process gives way to those before it.
    """
    if attempt.is_card and state_held(session, attempt.store_id).is_closed:
        return False
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
    """How many attempts of the store come before this one, which is 1 when it is next. Each store has a line of its
    own, and its cards another: what takes no cards must not hold up the others."""
    values = {
        "store_id": attempt.store_id,
        "created_at": attempt.created_at,
        "now": utcnow(),
        "is_card": attempt.is_card,
    }
    return 1 + (session.scalar(_BEFORE, values) or 0)


def waiting(session: DBSession, *, limit: int = 50) -> list[tuple[str, str]]:
    """(store, attempt) of those that wait, in their order, so many of each store that takes cards now."""
    is_waiting = (Attempt.state == AttemptState.WAITING.value) & (Attempt.next_try_at <= utcnow())
    stores = set(session.scalars(select(Attempt.store_id).where(is_waiting).distinct()))
    lines: list[tuple[str, str]] = []
    closed = closed_stores(session)
    for store_id in sorted(stores):
        query = select(Attempt.id).where(Attempt.store_id == store_id, is_waiting)
        if store_id in closed:
            query = query.where(Attempt.ui_mode == PROMISE)
        # Those without a card first: they are few, and a long line of cards must not stand before them.
        in_order = query.order_by(Attempt.ui_mode != PROMISE, Attempt.created_at)
        lines += [(store_id, attempt_id) for attempt_id in session.scalars(in_order.limit(limit))]
    return lines
