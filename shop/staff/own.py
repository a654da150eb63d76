"""A member's own secrets: whose they are, why a new one is refused, and what follows every change.

All other sessions end, this one gets a new token, the member gets a mail, the audit chain a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.audit.actor import Actor
from shop.context import Shop
from shop.identity.weak import Weak
from shop.staff import sessions, steps
from shop.staff.models import Member
from shop.staff.notices import tell
from shop.staff.people import record
from shop.staff.signing_in import NotSigned, Sender


class Bad(StrEnum):
    """Why a new secret is refused."""

    FORMER = "former"
    """One of the last four passwords."""
    WRONG = "wrong"
    """The present password, or the code that was to prove the new secret."""
    OVER = "over"
    """The link or the step is over, or somebody else used it."""
    LAST_FACTOR = "last_factor"
    MANY = "many"


class BadSecret(Exception):
    """Nothing was changed."""

    def __init__(self, why: Bad | Weak) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True)
class Own:
    """Whose secrets change, and in which session."""

    member_id: str
    session_id: str
    sender: Sender

    @property
    def actor(self) -> Actor:
        return Actor("staff", self.member_id)


@dataclass(frozen=True)
class Done:
    """A session's token, and recovery codes to be shown once."""

    token: str
    codes: Sequence[str] = ()


def changed(session: Session, shop: Shop, member: Member, own: Own, field: str, topic: str) -> Done:
    """What follows every change: others are out, this session has a new token, mail and audit row."""
    if not any(one.id == own.session_id for one in sessions.of_member(session, member.id, utcnow())):
        raise NotSigned  # ended meanwhile, from another browser or by a colleague
    sessions.end_all(session, member.id, but=own.session_id)
    steps.forget_of(session, member.id)
    token = sessions.renew(session, own.session_id)
    tell(session, shop.vault, member, topic, request_id=own.sender.request_id)
    request_id = own.sender.request_id
    record(session, shop, own.actor, field, member.id, fields=(field,), request_id=request_id)
    return Done(token)
