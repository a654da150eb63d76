"""Who works here: invite, change roles, disable, enable, reset. Each step is audited in its own transaction.

Everything takes `by`, the actor: a member with the right, or a command on this machine. Nothing here commits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from payments.columns import new_id
from shop.audit.actor import Actor
from shop.context import Shop
from shop.identity.tokens import new_token, token_hash
from shop.staff import email, lock, sessions, steps
from shop.staff.models import Link, Member, MemberRole
from shop.staff.notices import tell
from shop.staff.rights import Role
from shop.staff.sealed import email_hash, place

LINK_LIFE = dt.timedelta(hours=24)


class Why(StrEnum):
    """Why a step was not taken."""

    TAKEN = "taken"
    """Somebody has this address, or one that looks like it."""
    GENERIC = "generic"
    NO_ROLE = "no_role"
    NOT_THERE = "not_there"
    OWN = "own"
    """Nobody changes their own roles or access."""
    LAST_OWNER = "last_owner"
    NOT_ACTIVE = "not_active"


class Refused(Exception):
    """Nothing was changed."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def record(
    session: Session,
    shop: Shop,
    by: Actor,
    action: str,
    member_id: str,
    *,
    fields: Collection[str] = (),
    request_id: str = "-",
    outcome: str = "done",
) -> None:
    """One row of the audit chain about a member. Call it last in a transaction."""
    shop.audit.record(
        session,
        actor=by,
        action=f"staff.{action}",
        subject=f"staff/{member_id}",
        fields=tuple(fields),
        request_id=request_id,
        outcome=outcome,
    )


def invite(
    session: Session,
    shop: Shop,
    *,
    name: str,
    address: str,
    roles: Collection[Role],
    by: Actor,
    now: dt.datetime,
    locale: str = "ja",
    request_id: str = "-",
) -> tuple[Member, str]:
    """A new member who can't sign in yet, and the token of the link by which they set their own secrets.

    Raises Refused, and BadEmail (`shop.address.normalise`) for no address.
    """
    canonical = email.canonical(address)
    if email.is_generic(address):
        raise Refused(Why.GENERIC)
    if not roles:
        raise Refused(Why.NO_ROLE)
    hashed = email_hash(shop.vault, canonical)
    if session.scalar(select(Member.id).where(Member.email_hash == hashed)):
        raise Refused(Why.TAKEN)
    member = Member(id=new_id(), email_hash=hashed, locale=locale, created_at=now)
    member.name = shop.vault.seal(place(member, "name"), name)
    member.email = shop.vault.seal(place(member, "email"), address)
    session.add(member)
    session.flush()
    session.add_all(MemberRole(member_id=member.id, role=role, granted_at=now) for role in set(roles))
    token = make_link(session, shop, member, "join", now, request_id=request_id)
    record(session, shop, by, "invite", member.id, fields=sorted(roles), request_id=request_id)
    return member, token


def make_link(
    session: Session, shop: Shop, member: Member, kind: str, now: dt.datetime, *, request_id: str
) -> str:
    """A fresh one-time link, mailed to the member; older ones end. Its token. Never commits."""
    session.execute(delete(Link).where(Link.member_id == member.id))
    token, hashed = new_token()
    session.add(Link(token_hash=hashed, member_id=member.id, kind=kind, expires_at=now + LINK_LIFE))
    address = link_address(shop, token, member.locale)
    tell(session, shop.vault, member, kind, link=address, request_id=request_id)
    return token


def link_address(shop: Shop, token: str, locale: str = "ja") -> str:
    """Where a one-time link leads."""
    return f"{shop.settings.urls['staff']}{'/en' if locale == 'en' else ''}/join/{token}"


def find_link(session: Session, token: str, now: dt.datetime) -> tuple[Link, Member] | None:
    """A link that can still be used, and whose it is. Only looked at: using it locks it (`link_by_hash`)."""
    return _whose(session, session.scalar(_link(token_hash(token), now)))


def link_by_hash(session: Session, hashed: str, now: dt.datetime) -> tuple[Link, Member] | None:
    """The same by the token's hash. Locked: of two who use it at once, the second finds it gone."""
    return _whose(session, session.scalar(_link(hashed, now).with_for_update()))


def _link(hashed: str, now: dt.datetime) -> Select[Link]:
    return select(Link).where(Link.token_hash == hashed, Link.expires_at > now)


def _whose(session: Session, link: Link | None) -> tuple[Link, Member] | None:
    if link is None:
        return None
    member = session.get_one(Member, link.member_id)
    return (link, member) if member.state != "disabled" else None


def set_roles(
    session: Session,
    shop: Shop,
    member_id: str,
    roles: Collection[Role],
    *,
    by: Actor,
    now: dt.datetime,
    request_id: str = "-",
) -> None:
    """Exactly these roles. One that stays keeps its date. Raises Refused."""
    owners = _owners(session)
    member = _other(session, member_id, by)
    if not roles:
        raise Refused(Why.NO_ROLE)
    if Role.OWNER not in roles and owners == [member_id]:
        raise Refused(Why.LAST_OWNER)
    before = set(sessions.roles_of(session, member.id))
    gone, new = before - set(roles), set(roles) - before
    if not gone and not new:
        return
    session.execute(delete(MemberRole).where(MemberRole.member_id == member.id, MemberRole.role.in_(gone)))
    session.add_all(MemberRole(member_id=member.id, role=role, granted_at=now) for role in new)
    tell(session, shop.vault, member, "roles_changed", request_id=request_id)
    record(session, shop, by, "roles", member.id, fields=sorted(gone | new), request_id=request_id)


def disable(session: Session, shop: Shop, member_id: str, *, by: Actor, request_id: str = "-") -> None:
    """A leaver: no sign-in, no session, no link, from the next request on. Raises Refused."""
    owners = _owners(session)
    member = _other(session, member_id, by)
    if owners == [member_id]:
        raise Refused(Why.LAST_OWNER)
    if member.state == "disabled":
        return
    member.state, member.active_since = "disabled", None
    sessions.end_all(session, member.id)
    steps.forget_of(session, member.id)
    session.execute(delete(Link).where(Link.member_id == member.id))
    tell(session, shop.vault, member, "disabled", request_id=request_id)
    record(session, shop, by, "disable", member.id, fields=("state",), request_id=request_id)


def reset(
    session: Session,
    shop: Shop,
    member_id: str,
    kind: str,
    *,
    by: Actor,
    now: dt.datetime,
    request_id: str = "-",
) -> str:
    """A one-time link by which a member sets one secret anew, proved by the other one. Its token. Raises Refused.

    kind: "join" (again, for who has not joined yet), "password" (the second factor is asked for as ever), "factor"
    (the password is asked for). Neither link alone opens anything.
    """
    member = _other(session, member_id, by)
    wanted = "invited" if kind == "join" else "active"
    if member.state != wanted:
        raise Refused(Why.NOT_ACTIVE)
    token = make_link(session, shop, member, kind, now, request_id=request_id)
    record(session, shop, by, f"reset_{kind}", member.id, fields=(kind,), request_id=request_id)
    return token


def enable(
    session: Session, shop: Shop, member_id: str, *, by: Actor, now: dt.datetime, request_id: str = "-"
) -> str:
    """Somebody comes back: invited anew, with new secrets; the old ones are gone. The link's token. Raises Refused."""
    member = _other(session, member_id, by)
    if member.state != "disabled":
        raise Refused(Why.NOT_ACTIVE)
    member.state, member.password, member.totp = "invited", None, None
    token = make_link(session, shop, member, "join", now, request_id=request_id)
    record(session, shop, by, "enable", member.id, fields=("state",), request_id=request_id)
    return token


def unlock(session: Session, shop: Shop, member_id: str, *, by: Actor, request_id: str = "-") -> None:
    """Forget the wrong tries at a member's address. Raises Refused."""
    member = session.get(Member, member_id)
    if member is None:
        raise Refused(Why.NOT_THERE)
    lock.unlock(session, member.email_hash)
    record(session, shop, by, "unlock", member.id, request_id=request_id)


def has_owner(session: Session) -> bool:
    """Whether anybody can already decide who works here."""
    return bool(_owners(session))


def _other(session: Session, member_id: str, by: Actor) -> Member:
    member = session.get(Member, member_id, with_for_update=True)
    if member is None:
        raise Refused(Why.NOT_THERE)
    if by.kind == "staff" and by.id == member_id:
        raise Refused(Why.OWN)
    return member


def _owners(session: Session) -> list[str]:
    """The owners who can sign in. Locked, so that two who remove each other come one after the other."""
    query = (
        select(Member.id)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .where(MemberRole.role == Role.OWNER, Member.state == "active")
        .order_by(Member.id)
        .with_for_update()
    )
    return list(session.scalars(query))
