"""End the open card sessions of stores that take no cards: newest first, at a rate the provider bears, by any number of
workers. Says truly how many could still be paid."""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.bucket import take_token
from payments.columns import utcnow
from payments.database import Database
from payments.listener import PaymentListener
from payments.methods import PROMISE
from payments.models import Attempt
from payments.provider import PaymentError, Provider, ProviderBusy
from payments.sessions import end_attempt
from payments.states import AttemptState
from payments.stop import closed_stores

ENDS_PER_SECOND, ENDS_AT_ONCE = 20, 5
"""Shared by all processes. Each end is one call; together they are the provider's 25 a second on one endpoint."""
_LEASE = dt.timedelta(seconds=20)
_BUSY_PAUSE = dt.timedelta(seconds=1)
_LIVE = (AttemptState.WAITING.value, AttemptState.OPEN.value)


@dataclass(frozen=True)
class Payable:
    """What of one store could still be paid."""

    open: int
    """Sessions at the provider that it has not called ended."""
    unsure: int
    """Being made right now, or asked for without an answer: there may be a session."""

    @property
    def total(self) -> int:
        return self.open + self.unsure


def payable(session: Session, store_id: str) -> Payable:
    """What the database knows now; an attempt that nobody has begun to make is not payable."""
    of_store = (Attempt.store_id == store_id) & (Attempt.ui_mode != PROMISE)
    is_open = select(func.count()).where(of_store, Attempt.state == AttemptState.OPEN.value)
    is_unsure = select(func.count()).where(
        of_store, Attempt.state == AttemptState.WAITING.value, Attempt.tries > 0
    )
    return Payable(session.scalar(is_open) or 0, session.scalar(is_unsure) or 0)


class _Nothing(Enum):
    LEFT = "left"
    NO_TOKEN = "no token"  # noqa: S105  (of a rate)


def end_sessions_of_closed_stores(
    db: Database,
    providers: Mapping[str, Provider],
    listener: PaymentListener,
    *,
    seconds: float,
    only: Collection[str] | None = None,
) -> int:
    """End what it can in about so long; how many. Calls the provider between transactions.

    A session that can't be ended now (the provider is silent) comes again by its lease; the others go on.
    """
    ended, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        claimed = db.write(lambda session: _claim_newest(session, providers, only))
        if claimed is _Nothing.LEFT:
            break
        if isinstance(claimed, _Nothing):
            time.sleep(1 / ENDS_PER_SECOND)
            continue
        try:
            end_attempt(db, providers[claimed.store_id], listener, claimed)
        except ProviderBusy:
            db.write(functools.partial(_soon_again, claimed=claimed))
            continue
        except PaymentError:
            continue
        ended += 1
    return ended


def _claim_newest(
    session: Session, providers: Mapping[str, Provider], only: Collection[str] | None
) -> Attempt | _Nothing:
    closed = closed_stores(session) & providers.keys() & set(only if only is not None else providers)
    query = select(Attempt).where(
        Attempt.store_id.in_(closed),
        Attempt.state.in_(_LIVE),
        Attempt.next_try_at <= utcnow(),
        Attempt.ui_mode != PROMISE,
    )
    # What nobody has begun to make can't be paid: it must not use up the rate before what can.
    may_be_paid = Attempt.tries > 0
    newest = query.order_by(may_be_paid.desc(), Attempt.created_at.desc(), Attempt.id.desc()).limit(1)
    attempt = session.scalar(newest.with_for_update(skip_locked=True))
    if attempt is None:
        return _Nothing.LEFT
    provider = providers[attempt.store_id]
    bucket = f"end:{provider.name}:{provider.account}"
    if not take_token(session, bucket, per_second=ENDS_PER_SECOND, burst=ENDS_AT_ONCE):
        return _Nothing.NO_TOKEN
    attempt.next_try_at = utcnow() + _LEASE
    return attempt


def _soon_again(session: Session, claimed: Attempt) -> None:
    """The provider turned the call away for its rate: it stays the newest, and needs no whole lease."""
    attempt = session.get_one(Attempt, (claimed.store_id, claimed.id), with_for_update=True)
    if attempt.state in _LIVE:
        attempt.next_try_at = utcnow() + _BUSY_PAUSE
