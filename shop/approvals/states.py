"""States of an approval as a table, and `advance`, the only writer of an approval's state."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payments.transitions import require_listed

if TYPE_CHECKING:
    from shop.approvals.models import Approval


class ApprovalState(StrEnum):
    """Where an approval is."""

    REQUESTED = "requested"
    GRANTED = "granted"
    """Two people signed; it may be used once."""
    USED = "used"
    REFUSED = "refused"
    """Someone who might have signed said no."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """Whoever asked does not want it any more."""


_ENDS = frozenset({ApprovalState.REFUSED, ApprovalState.EXPIRED, ApprovalState.WITHDRAWN})

NEXT: dict[ApprovalState, frozenset[ApprovalState]] = {
    ApprovalState.REQUESTED: _ENDS | {ApprovalState.GRANTED},
    # A signer may say no, and the requester may step back, until it is used.
    ApprovalState.GRANTED: _ENDS | {ApprovalState.USED},
    ApprovalState.USED: frozenset(),
    ApprovalState.REFUSED: frozenset(),
    ApprovalState.EXPIRED: frozenset(),
    ApprovalState.WITHDRAWN: frozenset(),
}


def advance(session: Session, approval: Approval, to: ApprovalState, *, cause: str, at: dt.datetime) -> None:
    """Move a locked approval to `to` and write the history row. Never commits. WrongTransition when not listed."""
    from shop.approvals.models import ApprovalHistory

    before = ApprovalState(approval.state)
    require_listed(NEXT, before, to, f"approval {approval.id}", cause)
    approval.state = to
    session.add(ApprovalHistory(approval_id=approval.id, before=before, after=to, cause=cause, at=at))
