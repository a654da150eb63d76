"""What is over of the staff's sign-ins is deleted, so that the tables stay small."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.orm import Session

from shop.staff import lock, sessions, steps
from shop.staff.models import Link


def sweep_staff(session: Session, now: dt.datetime) -> None:
    """Delete sessions, steps, links and locks whose time is over. Never commits."""
    sessions.sweep(session, now)
    steps.sweep(session, now)
    lock.sweep(session, now)
    session.execute(delete(Link).where(Link.expires_at <= now))
