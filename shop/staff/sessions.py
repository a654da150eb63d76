"""Signed-in browsers of staff as rows: found by a token's hash, ended by time, by their owner, or with the member."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from shop.identity.tokens import new_token, token_hash
from shop.staff.models import Member, MemberRole, StaffSession

IDLE = dt.timedelta(minutes=15)
"""PCI DSS 4.0.1, 8.2.8."""
LONGEST = dt.timedelta(hours=12)
FRESH = dt.timedelta(minutes=5)
"""So long after proving who one is, what is delicate may be done."""
_NOTED_EVERY = dt.timedelta(minutes=1)
"""A session's last use is written down no more often; it may end so much too early, never too late."""


def start(session: Session, member: Member, method: str, device: str, now: dt.datetime) -> str:
    """A new session; its token, which nothing keeps. Never commits."""
    token, kept = new_token()
    session.add(
        StaffSession(
            token_hash=kept,
            member_id=member.id,
            method=method,
            device=device,
            created_at=now,
            seen_at=now,
            proved_at=now,
        )
    )
    return token


def find(session: Session, token: str, now: dt.datetime) -> tuple[StaffSession, Member] | None:
    """The living session of a token, and its member while they may work here."""
    query = (
        select(StaffSession, Member)
        .join(Member, Member.id == StaffSession.member_id)
        .where(StaffSession.token_hash == token_hash(token), Member.state == "active", *_alive(now))
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def is_fresh(one: StaffSession, now: dt.datetime) -> bool:
    """Whether its owner proved who they are a moment ago."""
    return one.proved_at > now - FRESH


def wants_noting(one: StaffSession, now: dt.datetime) -> bool:
    """Whether this use should be written down (`note`)."""
    return one.seen_at <= now - _NOTED_EVERY


def note(session: Session, session_id: str, now: dt.datetime) -> None:
    """It was used now."""
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(seen_at=now))


def prove(session: Session, session_id: str, now: dt.datetime) -> str:
    """Its owner proved who they are again. The session gets a new token, which comes back."""
    token, kept = new_token()
    session.execute(
        update(StaffSession).where(StaffSession.id == session_id).values(proved_at=now, token_hash=kept)
    )
    return token


def renew(session: Session, session_id: str) -> str:
    """A new token for a session, after a factor was changed."""
    token, kept = new_token()
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(token_hash=kept))
    return token


def end(session: Session, member_id: str, session_id: str) -> bool:
    """End one session of a member. False when it isn't theirs, or is over."""
    query = delete(StaffSession).where(StaffSession.member_id == member_id, StaffSession.id == session_id)
    return bool(session.execute(query.returning(StaffSession.id)).all())


def end_all(session: Session, member_id: str, *, but: str = "") -> None:
    """End every session of a member, perhaps but one."""
    session.execute(delete(StaffSession).where(StaffSession.member_id == member_id, StaffSession.id != but))


def of_member(session: Session, member_id: str, now: dt.datetime) -> list[StaffSession]:
    """The living ones, newest use first."""
    query = select(StaffSession).where(StaffSession.member_id == member_id, *_alive(now))
    return list(session.scalars(query.order_by(StaffSession.seen_at.desc())))


def sweep(session: Session, now: dt.datetime) -> None:
    """Delete what is over."""
    over = (StaffSession.seen_at <= now - IDLE) | (StaffSession.created_at <= now - LONGEST)
    session.execute(delete(StaffSession).where(over))


def roles_of(session: Session, member_id: str) -> list[str]:
    """A member's roles, as the database has them now."""
    return list(session.scalars(select(MemberRole.role).where(MemberRole.member_id == member_id)))


def device_of(user_agent: str) -> str:
    """Browser and system in two words of ours; nothing of the text itself is kept."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    found = [next((word for mark, word in kind if mark in user_agent), "") for kind in (browsers, systems)]
    return ", ".join(filter(None, found)) or "-"


def _alive(now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return StaffSession.seen_at > now - IDLE, StaffSession.created_at > now - LONGEST
