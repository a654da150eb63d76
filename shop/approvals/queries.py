"""Approvals for those who look at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.approvals.models import Approval
from shop.approvals.states import ApprovalState

MOST = 100


def open_approvals(session: Session, now: dt.datetime) -> Sequence[Approval]:
    """What can still be signed or used, oldest first."""
    query = select(Approval).where(
        Approval.state.in_([ApprovalState.REQUESTED, ApprovalState.GRANTED]), Approval.expires_at > now
    )
    return session.scalars(query.order_by(Approval.created_at).limit(MOST)).all()


def newest_approvals(session: Session) -> Sequence[Approval]:
    """The newest, whatever became of them."""
    return session.scalars(select(Approval).order_by(Approval.id.desc()).limit(MOST)).all()


def state_at(approval: Approval, now: dt.datetime) -> ApprovalState:
    """Its state, the end of its time counted in though nobody has written it down yet."""
    state = ApprovalState(approval.state)
    is_over = state in {ApprovalState.REQUESTED, ApprovalState.GRANTED} and approval.expires_at <= now
    return ApprovalState.EXPIRED if is_over else state
