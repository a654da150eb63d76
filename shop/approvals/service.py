"""Ask, sign, say no, step back, use. Every step locks the approval, and is written into the audit chain with it.

An approval is bound to the hash of what is approved. It wants two different people who could sign already when it was
asked for and still can when it is used. It works once and ends by itself.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.database import Database
from shop.approvals.models import Approval, Signature
from shop.approvals.payload import Matter, matter
from shop.approvals.states import ApprovalState, advance
from shop.audit.actor import Actor
from shop.audit.log import Audit
from shop.audit.models import AuditEntry

T = TypeVar("T")

LIFE = dt.timedelta(hours=24)
LONGEST_LIFE = dt.timedelta(days=7)
SIGNERS = 2
USE = "approval.use"

_OPEN = frozenset({ApprovalState.REQUESTED, ApprovalState.GRANTED})


class Signers(Protocol):
    """Who may sign. The staff's area implements it."""

    def may_sign_since(self, session: Session, member_id: str, kind: str) -> dt.datetime | None:
        """Since when, without a break, this member may sign this kind of thing; None when they may not now."""


class Why(StrEnum):
    """Why a step was not taken."""

    NOT_THERE = "not_there"
    NOT_OPEN = "not_open"
    """It was used, refused, withdrawn, or its time is over."""
    EXPIRED = "expired"
    NO_RIGHT = "no_right"
    TOO_NEW = "too_new"
    """The member could not sign yet when it was asked for."""
    SIGNED_BEFORE = "signed_before"
    OTHER_PAYLOAD = "other_payload"
    NOT_GRANTED = "not_granted"
    SIGNER_LEFT = "signer_left"
    """A signature's member may not sign any more, or the signature is not genuine."""
    NOT_YOURS = "not_yours"


class NotApproved(Exception):
    """Nothing was changed. Carries what the audit row of the refusal says."""

    def __init__(self, why: Why, actor: Actor, action: str, approval_id: str) -> None:
        super().__init__(why.value)
        self.why = why
        self.actor = actor
        self.action = action
        self.approval_id = approval_id


@dataclass(frozen=True)
class Desk:
    """Where approvals are dealt with: the audit chain, and who may sign."""

    audit: Audit
    signers: Signers

    def request(
        self,
        session: Session,
        kind: str,
        payload: Mapping[str, object],
        *,
        actor: Actor,
        now: dt.datetime,
        life: dt.timedelta = LIFE,
    ) -> Approval:
        """Ask for approval. Raises BadPayload. Asking is not signing, whoever asks; never commits."""
        about = matter(kind, payload)
        approval = Approval(
            kind=about.kind,
            payload=about.payload,
            payload_sha256=about.sha256,
            requested_by_kind=actor.kind,
            requested_by_id=actor.id,
            created_at=now,
            expires_at=now + min(life, LONGEST_LIFE),
        )
        session.add(approval)
        session.flush()
        self._record(session, actor, "approval.request", approval)
        return approval

    def sign(
        self, session: Session, approval_id: str, member_id: str, seen_sha256: str, now: dt.datetime
    ) -> ApprovalState:
        """A member approves what they saw, named by its hash. The state afterwards; NotApproved else."""
        step = _Step(Actor("staff", member_id), "approval.sign", approval_id)
        approval = _open(session, step, now)
        since = self._right_of(session, step, approval, member_id)
        step.refuse_if(since > approval.created_at, Why.TOO_NEW)
        step.refuse_if(not _same(seen_sha256, approval.payload_sha256), Why.OTHER_PAYLOAD)
        step.refuse_if(_hash_of(approval) != approval.payload_sha256, Why.OTHER_PAYLOAD)
        known = session.get(Signature, (approval_id, member_id))
        step.refuse_if(known is not None, Why.SIGNED_BEFORE)
        stamp = self.audit.stamp(_signed(approval, member_id, now))
        session.add(Signature(approval_id=approval_id, member_id=member_id, at=now, stamp=stamp))
        session.flush()
        if approval.state == ApprovalState.REQUESTED and len(self._good(session, approval)) >= SIGNERS:
            advance(session, approval, ApprovalState.GRANTED, cause="two signatures", at=now)
        self._record(session, step.actor, step.action, approval)
        return ApprovalState(approval.state)

    def refuse(self, session: Session, approval_id: str, member_id: str, now: dt.datetime) -> None:
        """A member who might sign says no; that ends it. NotApproved when they may not."""
        step = _Step(Actor("staff", member_id), "approval.refuse", approval_id)
        approval = _open(session, step, now)
        self._right_of(session, step, approval, member_id)
        advance(session, approval, ApprovalState.REFUSED, cause="a signer said no", at=now)
        self._record(session, step.actor, step.action, approval)

    def withdraw(self, session: Session, approval_id: str, actor: Actor, now: dt.datetime) -> None:
        """Whoever asked steps back. NotApproved for everyone else."""
        step = _Step(actor, "approval.withdraw", approval_id)
        approval = _open(session, step, now)
        step.refuse_if(
            (actor.kind, actor.id) != (approval.requested_by_kind, approval.requested_by_id), Why.NOT_YOURS
        )
        advance(session, approval, ApprovalState.WITHDRAWN, cause="withdrawn", at=now)
        self._record(session, actor, step.action, approval)

    def use(
        self,
        session: Session,
        approval_id: str,
        kind: str,
        payload: Mapping[str, object],
        *,
        actor: Actor,
        now: dt.datetime,
    ) -> None:
        """Use it up for exactly this, in the transaction that does it. NotApproved when anything does not fit."""
        step = _Step(actor, USE, approval_id)
        approval = _open(session, step, now)
        about = matter(kind, payload)
        step.refuse_if(
            approval.kind != kind or not _same(about.sha256, approval.payload_sha256), Why.OTHER_PAYLOAD
        )
        step.refuse_if(approval.state != ApprovalState.GRANTED, Why.NOT_GRANTED)
        step.refuse_if(_was_used(session, approval), Why.NOT_OPEN)
        step.refuse_if(len(self._good(session, approval)) < SIGNERS, Why.SIGNER_LEFT)
        advance(session, approval, ApprovalState.USED, cause="used", at=now)
        self._record(session, actor, step.action, approval)

    def signed_by(self, session: Session, approval: Approval) -> list[str]:
        """The members who signed exactly this, in their order; whether each still counts is seen when it is used."""
        return self.signers_of(session, [approval])[approval.id]

    def signers_of(self, session: Session, approvals: Sequence[Approval]) -> dict[str, list[str]]:
        """The same for several, by their ids. One query."""
        known = {one.id: one for one in approvals}
        found: dict[str, list[str]] = {one: [] for one in known}
        query = select(Signature).where(Signature.approval_id.in_(known)).order_by(Signature.at)
        for one in session.scalars(query):
            if self._is_genuine(known[one.approval_id], one):
                found[one.approval_id].append(one.member_id)
        return found

    def _right_of(self, session: Session, step: _Step, approval: Approval, member_id: str) -> dt.datetime:
        since = self.signers.may_sign_since(session, member_id, approval.kind)
        if since is None:
            raise step.refusal(Why.NO_RIGHT)
        return since

    def _good(self, session: Session, approval: Approval) -> list[str]:
        """A signature counts while it is genuine, for this payload, and its member may still sign, without a break."""
        rights = {
            member_id: self.signers.may_sign_since(session, member_id, approval.kind)
            for member_id in self.signed_by(session, approval)
        }
        return [who for who, since in rights.items() if since is not None and since <= approval.created_at]

    def _is_genuine(self, approval: Approval, signature: Signature) -> bool:
        return self.audit.is_stamped(_signed(approval, signature.member_id, signature.at), signature.stamp)

    def _record(self, session: Session, actor: Actor, action: str, approval: Approval) -> None:
        self.audit.record(
            session,
            actor=actor,
            action=action,
            subject=_subject(approval),
            fields=(approval.kind,),
            outcome=approval.state,
        )


def attempt(db: Database, audit: Audit, work: Callable[[Session], T]) -> T:
    """Run a step in a transaction of its own; a refusal changes nothing, is written into the chain, and goes on."""
    try:
        return db.write(work)
    except NotApproved as refused:
        _write_refusal(db, audit, refused)
        raise


def _write_refusal(db: Database, audit: Audit, refused: NotApproved) -> None:
    db.write(
        lambda session: audit.record(
            session,
            actor=refused.actor,
            action=refused.action,
            subject=f"approval/{refused.approval_id}" if refused.why is not Why.NOT_THERE else "approval",
            outcome=refused.why.value,
        )
    )


def expire_overdue(session: Session, audit: Audit, now: dt.datetime) -> int:
    """End what nobody used in time. How many; never commits."""
    query = select(Approval).where(Approval.state.in_(_OPEN), Approval.expires_at <= now)
    overdue = session.scalars(query.with_for_update(skip_locked=True)).all()
    for approval in overdue:
        advance(session, approval, ApprovalState.EXPIRED, cause="time is over", at=now)
        audit.record(
            session,
            actor=Actor("system", "worker"),
            action="approval.expire",
            subject=_subject(approval),
            fields=(approval.kind,),
            outcome=ApprovalState.EXPIRED,
        )
    return len(overdue)


@dataclass(frozen=True)
class _Step:
    """Who wants to do what to which approval."""

    actor: Actor
    action: str
    approval_id: str

    def refusal(self, why: Why) -> NotApproved:
        return NotApproved(why, self.actor, self.action, self.approval_id)

    def refuse_if(self, holds: bool, why: Why) -> None:
        if holds:
            raise self.refusal(why)


def _open(session: Session, step: _Step, now: dt.datetime) -> Approval:
    """The approval, locked, as long as anything can be done with it.

    The lock may have been waited for, beyond the end of its life: so the clock is read again behind it.
    """
    approval = session.get(Approval, step.approval_id, with_for_update=True, populate_existing=True)
    if approval is None:
        raise step.refusal(Why.NOT_THERE)
    step.refuse_if(approval.state not in _OPEN, Why.NOT_OPEN)
    step.refuse_if(approval.expires_at <= max(now, utcnow()), Why.EXPIRED)
    return approval


def _was_used(session: Session, approval: Approval) -> bool:
    """What the chain knows: a state that was set back in the table makes no second use."""
    query = select(AuditEntry.number).where(
        AuditEntry.subject == _subject(approval), AuditEntry.action == USE, AuditEntry.outcome == "used"
    )
    return session.scalar(query.limit(1)) is not None


def _subject(approval: Approval) -> str:
    return f"approval/{approval.id}/{approval.payload_sha256}"


def _hash_of(approval: Approval) -> str:
    return Matter(approval.kind, approval.payload).sha256


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _signed(approval: Approval, member_id: str, at: dt.datetime) -> bytes:
    """What a signature's stamp covers; the payload itself, so that a payload altered later loses its signatures."""
    moments = (one.astimezone(dt.UTC).isoformat() for one in (approval.created_at, approval.expires_at, at))
    parts = ("approval", approval.id, _hash_of(approval), member_id, *moments)
    return "\n".join(parts).encode()
