"""Tables of staff. None belongs to a store. Names, addresses and secrets are sealed to the staff's key."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, PERSONAL, SECRET, Hashed, Sealed, UTCDateTime, new_id, utcnow
from shop.db.base import Base


class Member(Base):
    """One person. Never shared, never deleted: audit rows go on pointing at the id."""

    __tablename__ = "staff_member"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    name: Mapped[bytes] = mapped_column(Sealed, info=PERSONAL)
    email: Mapped[bytes] = mapped_column(Sealed, info=PERSONAL)
    email_hash: Mapped[str] = mapped_column(Hashed, unique=True, info=INTERNAL)
    """Of the canonical address (`shop.staff.email`): two that look alike are one."""
    locale: Mapped[str] = mapped_column(String(5), default="ja", info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="invited", info=INTERNAL)
    """invited (can't sign in yet), active, disabled."""
    active_since: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    password: Mapped[bytes | None] = mapped_column(Sealed, info=SECRET)
    """An Argon2id hash, sealed besides."""
    totp: Mapped[bytes | None] = mapped_column(Sealed, info=SECRET)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger, info=INTERNAL)
    """No code of this time step or an earlier one counts again."""
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)


class MemberRole(Base):
    """A role that somebody has, and since when. Taking it away deletes the row; the audit chain remembers."""

    __tablename__ = "staff_role"
    member_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), primary_key=True, info=INTERNAL)
    role: Mapped[str] = mapped_column(String(20), primary_key=True, info=INTERNAL)
    granted_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)


class FormerPassword(Base):
    """One of the last passwords (PCI DSS 4.0.1, 8.3.7: not one of the last four)."""

    __tablename__ = "staff_former_password"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    member_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), index=True, info=INTERNAL)
    password: Mapped[bytes] = mapped_column(Sealed, info=SECRET)


class MemberPasskey(Base):
    """A passkey: nothing that gives power."""

    __tablename__ = "staff_passkey"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    member_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), index=True, info=INTERNAL)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=INTERNAL)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, info=INTERNAL)
    uses: Mapped[int] = mapped_column(BigInteger, info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    used_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)


class RecoveryCode(Base):
    """A code that was not used yet."""

    __tablename__ = "staff_recovery_code"
    code_hash: Mapped[str] = mapped_column(Hashed, primary_key=True, info=SECRET)
    member_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), index=True, info=INTERNAL)


class StaffSession(Base):
    """A browser that somebody is signed in with. Ended ones are deleted; the audit chain remembers."""

    __tablename__ = "staff_session"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    token_hash: Mapped[str] = mapped_column(Hashed, unique=True, info=SECRET)
    member_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), index=True, info=INTERNAL)
    method: Mapped[str] = mapped_column(String(20), info=INTERNAL)
    """passkey, totp, recovery: what the second factor was."""
    device: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    """Browser and system in two words, so that its owner knows it again."""
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    proved_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    """When its owner last proved who they are."""


class Step(Base):
    """Something begun and not finished: a password was right, a challenge was given. Never a session."""

    __tablename__ = "staff_step"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    token_hash: Mapped[str] = mapped_column(Hashed, unique=True, info=SECRET)
    kind: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    member_id: Mapped[str | None] = mapped_column(ForeignKey("staff_member.id"), info=INTERNAL)
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary, info=INTERNAL)
    """What a passkey has to sign; usable once."""
    totp: Mapped[bytes | None] = mapped_column(Sealed, info=SECRET)
    """A secret that is being set up."""
    password: Mapped[bytes | None] = mapped_column(Sealed, info=SECRET)
    """The hash of a password that becomes valid with the factor."""
    link_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)
    """The invitation that this uses up when it is finished."""
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True, info=INTERNAL)


class Link(Base):
    """A one-time link: to join, or to set a forgotten password. Newer ones end older ones; used ones are deleted."""

    __tablename__ = "staff_link"
    token_hash: Mapped[str] = mapped_column(Hashed, primary_key=True, info=SECRET)
    member_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), index=True, info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    """join, password, factor."""
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)


class Failures(Base):
    """Wrong tries at one address, whether anybody has it or not: a lock tells a stranger nothing."""

    __tablename__ = "staff_failures"
    email_hash: Mapped[str] = mapped_column(Hashed, primary_key=True, info=INTERNAL)
    count: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    last_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True, info=INTERNAL)


class Notice(Base):
    """A mail to a member. Rendered when it is sent; what opens something waits sealed and goes with the mail."""

    __tablename__ = "staff_notice"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    member_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), info=INTERNAL)
    topic: Mapped[str] = mapped_column(String(30), info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    link: Mapped[bytes | None] = mapped_column(Sealed, info=SECRET)
    request_id: Mapped[str] = mapped_column(String(40), default="-", info=INTERNAL)

    __table_args__ = (Index("ix_staff_notice_member", "member_id"),)
