"""Which members may sign what two people must approve, and since when."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.staff.models import Member, MemberRole
from shop.staff.rights import RIGHTS, Right

_SIGNING = [role for role, rights in RIGHTS.items() if Right.APPROVE in rights]


class StaffSigners:
    """Implements `shop.approvals.service.Signers`."""

    def may_sign_since(self, session: Session, member_id: str, kind: str) -> dt.datetime | None:  # noqa: ARG002  (one right for every kind)
        """Since when they work here and have a role that signs; None for a leaver, and for who never joined."""
        query = (
            select(Member.active_since, MemberRole.granted_at)
            .join(MemberRole, MemberRole.member_id == Member.id)
            .where(Member.id == member_id, Member.state == "active", MemberRole.role.in_(_SIGNING))
            .order_by(MemberRole.granted_at)
        )
        row = session.execute(query.limit(1)).first()
        if row is None:
            return None
        since: dt.datetime | None = row.active_since
        granted: dt.datetime = row.granted_at
        if since is None:
            return None
        return max(since, granted)
