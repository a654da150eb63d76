"""A member's second factors: passkeys, codes by time, recovery codes. The last factor can't be removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from shop.context import Shop
from shop.identity import passkeys, recovery, totp
from shop.staff import steps
from shop.staff.models import Member, MemberPasskey, RecoveryCode, Step
from shop.staff.own import Bad, BadSecret, Done, Own, changed
from shop.staff.sealed import email_of, place, totp_of
from shop.staff.signing_in import count_use, site
from shop.vault import Purpose

MOST_PASSKEYS = 10


def ask_passkey(shop: Shop, member_id: str, token: str | None, kind: str) -> tuple[str, str | None]:
    """Options for a new passkey. While joining (`kind` "join") the challenge goes into that step; else a new step's
    token comes back too. Raises BadSecret."""
    with shop.db.read() as session:
        joining = steps.peek(session, token, "join", utcnow()) if kind == "join" else None
        if kind == "join" and joining is None:
            raise BadSecret(Bad.OVER)
        member = session.get_one(Member, (joining.member_id if joining else None) or member_id)
        of_member = MemberPasskey.member_id == member.id
        known = session.scalars(select(MemberPasskey.credential_id).where(of_member)).all()
    if len(known) >= MOST_PASSKEYS:
        raise BadSecret(Bad.MANY)
    asked = passkeys.ask_to_register(
        site(shop),
        user_handle=member.id.encode(),
        user_name=email_of(shop.vault, member, Purpose.OWN_MEMBER),
        known=known,
    )

    def work(session: Session) -> str | None:
        if joining is None:
            step = Step(kind="add", member_id=member.id, challenge=asked.challenge)
            return steps.begin(session, step, utcnow())
        mine = steps.find(session, token, "join", utcnow())
        if mine is not None:
            mine.challenge = asked.challenge
        return None

    return asked.options, shop.db.write(work)


def add_passkey(shop: Shop, own: Own, token: str | None, answer: str) -> Done:
    """One more passkey. Raises BadSecret."""
    with shop.db.read() as session:
        step = steps.peek(session, token, "add", utcnow())
    if step is not None and step.member_id != own.member_id:
        raise BadSecret(Bad.OVER)
    passkey = registered(shop, step, answer)

    def work(session: Session) -> Done:
        mine = steps.find(session, token, "add", utcnow())
        if mine is None:
            raise BadSecret(Bad.OVER)
        steps.finish(session, mine)
        member = session.get_one(Member, own.member_id, with_for_update=True)
        keep_passkey(session, member, passkey)
        return changed(session, shop, member, own, "passkey", "factor_changed")

    return shop.db.write(work)


def remove_passkey(shop: Shop, own: Own, passkey_id: str) -> Done:
    """Without it. Never the last factor. Raises BadSecret."""

    def work(session: Session) -> Done:
        member = session.get_one(Member, own.member_id, with_for_update=True)
        row = session.get(MemberPasskey, passkey_id)
        if row is None or row.member_id != member.id:
            raise BadSecret(Bad.OVER)
        if member.totp is None and _count_passkeys(session, member.id) == 1:
            raise BadSecret(Bad.LAST_FACTOR)
        session.delete(row)
        return changed(session, shop, member, own, "passkey", "factor_changed")

    return shop.db.write(work)


def begin_totp(shop: Shop, member_id: str) -> str:
    """The token of a step that holds a new secret, which counts when a code of it comes."""
    step = Step(id=new_id(), kind="totp", member_id=member_id)
    step.totp = shop.vault.seal(place(step, "totp"), totp.new_secret())
    return shop.db.write(lambda session: steps.begin(session, step, utcnow()))


@dataclass(frozen=True)
class Setup:
    """What a page needs to set up codes by time."""

    secret: str
    address: str


def setup(shop: Shop, token: str | None, kind: str) -> Setup:
    """The secret that is being set up in a step. Raises BadSecret(OVER)."""
    with shop.db.read() as session:
        step = steps.peek(session, token, kind, utcnow())
        member = session.get(Member, step.member_id) if step else None
    secret = totp_of(shop.vault, step) if step else None
    if secret is None or member is None:
        raise BadSecret(Bad.OVER)
    account = email_of(shop.vault, member, Purpose.OWN_MEMBER)
    return Setup(secret, totp.address(secret, account=account, issuer="Hitsuka"))


def set_totp(shop: Shop, own: Own, token: str | None, code: str) -> Done:
    """The new secret takes the old one's place. Raises BadSecret, TooMany, NotNow."""
    count_use(shop, own.sender)

    def work(session: Session) -> Done:
        now = utcnow()
        step = steps.find(session, token, "totp", now)
        if step is None or step.member_id != own.member_id:
            raise BadSecret(Bad.OVER)
        secret = totp_of(shop.vault, step) or ""
        used = totp.step_of(secret, code, now, last_step=None)
        if used is None:
            raise BadSecret(Bad.WRONG)
        steps.finish(session, step)
        member = session.get_one(Member, own.member_id, with_for_update=True)
        member.totp, member.totp_last_step = shop.vault.seal(place(member, "totp"), secret), used
        return changed(session, shop, member, own, "totp", "factor_changed")

    return shop.db.write(work)


def remove_totp(shop: Shop, own: Own) -> Done:
    """Without codes by time. Never the last factor. Raises BadSecret."""

    def work(session: Session) -> Done:
        member = session.get_one(Member, own.member_id, with_for_update=True)
        if _count_passkeys(session, member.id) == 0:
            raise BadSecret(Bad.LAST_FACTOR)
        member.totp = member.totp_last_step = None
        return changed(session, shop, member, own, "totp", "factor_changed")

    return shop.db.write(work)


def new_recovery_codes(shop: Shop, own: Own) -> Done:
    """Ten new ones; the old ones are gone."""

    def work(session: Session) -> Done:
        member = session.get_one(Member, own.member_id, with_for_update=True)
        codes = new_codes(session, member)
        done = changed(session, shop, member, own, "recovery_codes", "factor_changed")
        return Done(done.token, codes)

    return shop.db.write(work)


@dataclass(frozen=True)
class Factors:
    """What a member has, for their own page."""

    passkeys: Sequence[MemberPasskey]
    has_totp: bool
    codes_left: int


def factors_of(session: Session, member_id: str) -> Factors:
    """A member's factors."""
    of_member = MemberPasskey.member_id == member_id
    keys = session.scalars(select(MemberPasskey).where(of_member).order_by(MemberPasskey.id)).all()
    left = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.member_id == member_id)
    return Factors(keys, session.get_one(Member, member_id).totp is not None, session.scalar(left) or 0)


def has_passkey(session: Session, member_id: str) -> bool:
    """Whether the member has one to sign in or to prove with."""
    return _count_passkeys(session, member_id) > 0


def registered(shop: Shop, step: Step | None, answer: str) -> passkeys.Passkey:
    if step is None or step.challenge is None:
        raise BadSecret(Bad.OVER)
    try:
        return passkeys.registered(site(shop), answer, step.challenge)
    except passkeys.PasskeyRefused:
        raise BadSecret(Bad.WRONG) from None


def keep_passkey(session: Session, member: Member, passkey: passkeys.Passkey) -> None:
    taken = select(MemberPasskey.id).where(MemberPasskey.credential_id == passkey.credential_id)
    if session.scalar(taken) is not None:
        raise BadSecret(Bad.WRONG)
    session.add(
        MemberPasskey(
            member_id=member.id,
            credential_id=passkey.credential_id,
            public_key=passkey.public_key,
            uses=passkey.uses,
        )
    )
    session.flush()


def new_codes(session: Session, member: Member) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    codes = recovery.new_codes()
    session.add_all(RecoveryCode(code_hash=recovery.code_hash(code), member_id=member.id) for code in codes)
    session.flush()
    return codes


def _count_passkeys(session: Session, member_id: str) -> int:
    query = select(func.count()).select_from(MemberPasskey).where(MemberPasskey.member_id == member_id)
    return session.scalar(query) or 0
