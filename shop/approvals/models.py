"""Tables of approvals: what is asked for, who signed it, how it went."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, BigIntegerId, UTCDateTime, new_id
from shop.db.base import Base


class Approval(Base):
    """One thing that two people are asked to approve. It never changes but for its state."""

    __tablename__ = "approval"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    payload: Mapped[str] = mapped_column(Text, info=INTERNAL)
    """Canonical JSON, nothing personal: what is shown to whoever signs."""
    payload_sha256: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    """Of kind and payload together."""
    requested_by_kind: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    requested_by_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="requested", info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (Index("ix_approval_open", "state", "expires_at"),)


class Signature(Base):
    """That one member approved exactly this. The key lets no member sign twice."""

    __tablename__ = "approval_signature"
    approval_id: Mapped[str] = mapped_column(
        String(26), ForeignKey("approval.id"), primary_key=True, info=INTERNAL
    )
    member_id: Mapped[str] = mapped_column(String(40), primary_key=True, info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    stamp: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    """By AUDIT_KEY over approval, payload, member and time: a signature slipped into the table counts for nothing."""


class ApprovalHistory(Base):
    """One change of an approval's state, and why. Never altered."""

    __tablename__ = "approval_history"
    id: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, info=INTERNAL)
    approval_id: Mapped[str] = mapped_column(String(26), ForeignKey("approval.id"), info=INTERNAL)
    before: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    after: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    cause: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (Index("ix_approval_history_approval", "approval_id"),)
