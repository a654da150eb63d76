"""Six wrong tries at one address lock it for half an hour, whether anybody has that address or not.

A try is taken before anything is compared and given back when it was right, so that tries at the same moment do not
get past the count.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.staff.models import Failures

MOST = 6
"""The strictest form of the Japanese checklist; PCI DSS 4.0.1, 8.3.4 allows ten."""
LOCKED = dt.timedelta(minutes=30)
"""PCI DSS 4.0.1, 8.3.4. Tries older than that count no more."""


class Try(Enum):
    """What a try at an address is worth."""

    REFUSED = 0
    """The address is locked: nothing is compared."""
    ALLOWED = 1
    LAST = 2
    """The one that locks, if it is wrong."""


def take(session: Session, email_hash: str, now: dt.datetime) -> Try:
    """Count a try before it is made. Never commits."""
    row = _row(session, email_hash, now)
    if row.last_at <= now - LOCKED:
        row.count = 0
    if row.count >= MOST:
        return Try.REFUSED
    row.count += 1
    row.last_at = now
    session.flush()
    return Try.LAST if row.count == MOST else Try.ALLOWED


def give_back(session: Session, email_hash: str) -> None:
    """The try was right, or was not made. What was wrong before it still counts."""
    query = update(Failures).where(Failures.email_hash == email_hash, Failures.count > 0)
    session.execute(query.values(count=Failures.count - 1))


def unlock(session: Session, email_hash: str) -> None:
    """Forget the wrong tries: who signed in whole, or whom somebody let in again."""
    session.execute(delete(Failures).where(Failures.email_hash == email_hash))


def is_locked(session: Session, email_hash: str, now: dt.datetime) -> bool:
    """Whether no password or code is looked at now. (A passkey can't be guessed, so it opens all the same.)"""
    row = session.get(Failures, email_hash)
    return row is not None and row.count >= MOST and row.last_at > now - LOCKED


def sweep(session: Session, now: dt.datetime) -> None:
    """Delete what counts no more."""
    session.execute(delete(Failures).where(Failures.last_at <= now - LOCKED))


def _row(session: Session, email_hash: str, now: dt.datetime) -> Failures:
    row = session.get(Failures, email_hash, with_for_update=True, populate_existing=True)
    if row is not None:
        return row
    row = Failures(email_hash=email_hash, count=0, last_at=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another try at the same moment wrote it
        return session.get_one(Failures, email_hash, with_for_update=True, populate_existing=True)
    return row
