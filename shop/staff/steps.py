"""What somebody has begun: the way between a right password, or an invitation, and a session. Ten minutes, once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from shop.identity.tokens import new_token, token_hash
from shop.staff.models import Step

LIFE = dt.timedelta(minutes=10)
JOINING = dt.timedelta(minutes=30)
"""Somebody may have to install an app first."""


def begin(session: Session, step: Step, now: dt.datetime, life: dt.timedelta = LIFE) -> str:
    """Keep a step; the token for the browser. Never commits."""
    token, step.token_hash = new_token()
    step.expires_at = now + life
    session.add(step)
    return token


def find(session: Session, token: str | None, kind: str, now: dt.datetime) -> Step | None:
    """The step of a token, while it lasts. Locked, so that two answers to it come one after the other."""
    return session.scalar(_query(token, kind, now).with_for_update())


def peek(session: Session, token: str | None, kind: str, now: dt.datetime) -> Step | None:
    """The same, to look only."""
    return session.scalar(_query(token, kind, now))


def finish(session: Session, step: Step) -> None:
    """It is done, and opens nothing more."""
    session.delete(step)
    session.flush()


def forget_of(session: Session, member_id: str) -> None:
    """Nothing that a member began goes on."""
    session.execute(delete(Step).where(Step.member_id == member_id))


def sweep(session: Session, now: dt.datetime) -> None:
    """Delete what is over."""
    session.execute(delete(Step).where(Step.expires_at <= now))


def _query(token: str | None, kind: str, now: dt.datetime) -> Select[Step]:
    return select(Step).where(
        Step.token_hash == token_hash(token or ""), Step.kind == kind, Step.expires_at > now
    )
