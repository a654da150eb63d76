"""A member's own secrets: join, set a password, add and remove passkeys, codes by time, recovery codes.

After every change all other sessions end, this one gets a new token, the member gets a mail, the audit chain a row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from shop.audit.actor import Actor
from shop.context import Shop
from shop.identity import passkeys, recovery, totp
from shop.identity.passwords import LONGEST, Busy, Lane
from shop.identity.weak import STAFF_LEAST, Weak, weakness
from shop.staff import lock, people, sessions, steps
from shop.staff.lock import Try
from shop.staff.models import FormerPassword, Link, Member, MemberPasskey, RecoveryCode, Step
from shop.staff.notices import tell
from shop.staff.people import record
from shop.staff.sealed import email_of, name_of, password_of, place, totp_of
from shop.staff.signing_in import NotNow, NotSigned, Sender, count_use, site
from shop.stores import all_stores
from shop.vault import Purpose

REMEMBERED = 4
"""PCI DSS 4.0.1, 8.3.7: none of the last four."""
MOST_PASSKEYS = 10


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


# --- Passwords ---


def check_password(shop: Shop, member: Member, typed: str) -> str:
    """The hash of a new password. Raises BadSecret for a weak or former one, NotNow when too many are hashed."""
    names = [
        email_of(shop.vault, member, Purpose.STAFF_SIGN_IN),
        name_of(shop.vault, member, Purpose.STAFF_SIGN_IN),
        "hitsuka",
        *(store.name for store in all_stores().values()),
    ]
    weak = weakness(typed, least=STAFF_LEAST, names=names, both_kinds=True)
    if weak is not None:
        raise BadSecret(weak)
    with shop.db.read() as session:
        query = select(FormerPassword).where(FormerPassword.member_id == member.id)
        former = session.scalars(query.order_by(FormerPassword.id.desc()).limit(REMEMBERED)).all()
    try:
        if any(shop.passwords.matches(password_of(shop.vault, one), typed, Lane.STAFF) for one in former):
            raise BadSecret(Bad.FORMER)
        return shop.passwords.hash(typed, Lane.STAFF)
    except Busy as error:
        raise NotNow from error


def _set_password(session: Session, shop: Shop, member: Member, hashed: str) -> None:
    member.password = shop.vault.seal(place(member, "password"), hashed)
    former = FormerPassword(id=new_id(), member_id=member.id)
    former.password = shop.vault.seal(place(former, "password"), hashed)
    session.add(former)
    session.flush()
    query = select(FormerPassword.id).where(FormerPassword.member_id == member.id)
    old = session.scalars(query.order_by(FormerPassword.id.desc()).offset(REMEMBERED)).all()
    session.execute(delete(FormerPassword).where(FormerPassword.id.in_(old)))


def change_password(shop: Shop, own: Own, present: str, typed: str) -> Done:
    """A new password, after the present one. Raises BadSecret, TooMany, NotNow."""
    count_use(shop, own.sender)
    member = _member(shop, own.member_id)
    if not _is_present(shop, member, present):
        raise BadSecret(Bad.WRONG)
    hashed = check_password(shop, member, typed)

    def work(session: Session) -> Done:
        row = session.get_one(Member, member.id, with_for_update=True)
        _set_password(session, shop, row, hashed)
        return _changed(session, shop, row, own, "password", "password_changed")

    return shop.db.write(work)


def _is_present(shop: Shop, member: Member, typed: str) -> bool:
    """Whether it is the present password; a wrong one counts towards the lock."""
    taken = shop.db.write(lambda session: lock.take(session, member.email_hash, utcnow()))
    if taken is Try.REFUSED or len(typed) > LONGEST:
        return False
    try:
        right = shop.passwords.matches(password_of(shop.vault, member), typed, Lane.STAFF)
    except Busy as error:
        shop.db.write(lambda session: lock.give_back(session, member.email_hash))
        raise NotNow from error
    if right:
        shop.db.write(lambda session: lock.give_back(session, member.email_hash))
    return right


# --- Links: join, a forgotten password, a lost factor ---


def open_link(shop: Shop, token: str) -> tuple[Link, Member]:
    """A link that can be used. Raises BadSecret(OVER)."""
    with shop.db.read() as session:
        found = people.find_link(session, token, utcnow())
    if found is None:
        raise BadSecret(Bad.OVER)
    return found


def use_link(shop: Shop, token: str, typed: str, sender: Sender) -> str | None:
    """The first half of a link: the password. The token of the step to the second factor; None when there is none.

    join: a first password, which counts only with the factor. password: a new one, and nothing else. factor: the
    present one. Raises BadSecret, TooMany, NotNow.
    """
    count_use(shop, sender)
    link, member = open_link(shop, token)
    if link.kind == "factor":
        if not _is_present(shop, member, typed):
            raise BadSecret(Bad.WRONG)
        return _begin_factor(shop, link, member, None)
    hashed = check_password(shop, member, typed)
    if link.kind == "join":
        return _begin_factor(shop, link, member, hashed)

    def work(session: Session) -> bool:
        if people.link_by_hash(session, link.token_hash, utcnow()) is None:
            return False
        row = session.get_one(Member, member.id, with_for_update=True)
        _use_up(session, link.token_hash)
        _set_password(session, shop, row, hashed)
        sessions.end_all(session, row.id)
        steps.forget_of(session, row.id)
        tell(session, shop.vault, row, "password_changed", request_id=sender.request_id)
        actor = Actor("staff", row.id)
        record(session, shop, actor, "password", row.id, fields=("password",), request_id=sender.request_id)
        return True

    if not shop.db.write(work):
        raise BadSecret(Bad.OVER)
    return None


def _begin_factor(shop: Shop, link: Link, member: Member, hashed: str | None) -> str:
    step = Step(id=new_id(), kind="join", member_id=member.id, link_hash=link.token_hash)
    step.totp = shop.vault.seal(place(step, "totp"), totp.new_secret())
    if hashed is not None:
        step.password = shop.vault.seal(place(step, "password"), hashed)
    return shop.db.write(lambda session: steps.begin(session, step, utcnow(), steps.JOINING))


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


def join_by_code(shop: Shop, token: str | None, code: str, sender: Sender) -> Done:
    """The second half of a link, by a code of the new secret. Raises BadSecret, TooMany, NotNow."""
    count_use(shop, sender)

    def work(session: Session) -> Done | None:
        now = utcnow()
        step, member = _joining(session, token, now)
        secret = totp_of(shop.vault, step) or ""
        used = totp.step_of(secret, code, now, last_step=None)
        if used is None:
            return None
        _reset_factors(session, member)
        member.totp, member.totp_last_step = shop.vault.seal(place(member, "totp"), secret), used
        return _joined(session, shop, step, member, "totp", sender, now)

    done = shop.db.write(work)
    if done is None:
        raise BadSecret(Bad.WRONG)
    return done


def join_by_passkey(shop: Shop, token: str | None, answer: str, sender: Sender) -> Done:
    """The same by a new passkey. Raises BadSecret."""
    count_use(shop, sender)
    with shop.db.read() as session:
        step = steps.peek(session, token, "join", utcnow())
    passkey = _registered(shop, step, answer)

    def work(session: Session) -> Done:
        now = utcnow()
        mine, member = _joining(session, token, now)
        _reset_factors(session, member)
        _keep_passkey(session, member, passkey)
        return _joined(session, shop, mine, member, "passkey", sender, now)

    return shop.db.write(work)


def _joining(session: Session, token: str | None, now: dt.datetime) -> tuple[Step, Member]:
    """The step and its member, both locked, while the link is still there: of two at once, the first has it."""
    step = steps.find(session, token, "join", now)
    found = people.link_by_hash(session, step.link_hash or "", now) if step else None
    if step is None or found is None or found[1].id != step.member_id:
        raise BadSecret(Bad.OVER)
    return step, session.get_one(Member, found[1].id, with_for_update=True, populate_existing=True)


def _reset_factors(session: Session, member: Member) -> None:
    """Joining, or joining anew: nothing of an earlier time opens any more."""
    member.totp = member.totp_last_step = None
    session.execute(delete(MemberPasskey).where(MemberPasskey.member_id == member.id))


def _joined(
    session: Session, shop: Shop, step: Step, member: Member, method: str, sender: Sender, now: dt.datetime
) -> Done:
    hashed = password_of(shop.vault, step)
    if hashed is not None:
        _set_password(session, shop, member, hashed)
    is_new = member.state == "invited"
    if is_new:
        member.state, member.active_since = "active", now
    _use_up(session, step.link_hash or "")
    steps.forget_of(session, member.id)
    sessions.end_all(session, member.id)
    lock.unlock(session, member.email_hash)
    codes = _new_codes(session, member)
    token = sessions.start(session, member, method, sender.device, now)
    tell(session, shop.vault, member, "factor_changed", request_id=sender.request_id)
    actor, action = Actor("staff", member.id), "join" if is_new else "factor"
    record(session, shop, actor, action, member.id, fields=(method,), request_id=sender.request_id)
    return Done(token, codes)


def _use_up(session: Session, link_hash: str) -> None:
    session.execute(delete(Link).where(Link.token_hash == link_hash))


# --- One's own factors, signed in ---


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
    passkey = _registered(shop, step, answer)

    def work(session: Session) -> Done:
        mine = steps.find(session, token, "add", utcnow())
        if mine is None:
            raise BadSecret(Bad.OVER)
        steps.finish(session, mine)
        member = session.get_one(Member, own.member_id, with_for_update=True)
        _keep_passkey(session, member, passkey)
        return _changed(session, shop, member, own, "passkey", "factor_changed")

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
        return _changed(session, shop, member, own, "passkey", "factor_changed")

    return shop.db.write(work)


def begin_totp(shop: Shop, member_id: str) -> str:
    """The token of a step that holds a new secret, which counts when a code of it comes."""
    step = Step(id=new_id(), kind="totp", member_id=member_id)
    step.totp = shop.vault.seal(place(step, "totp"), totp.new_secret())
    return shop.db.write(lambda session: steps.begin(session, step, utcnow()))


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
        return _changed(session, shop, member, own, "totp", "factor_changed")

    return shop.db.write(work)


def remove_totp(shop: Shop, own: Own) -> Done:
    """Without codes by time. Never the last factor. Raises BadSecret."""

    def work(session: Session) -> Done:
        member = session.get_one(Member, own.member_id, with_for_update=True)
        if _count_passkeys(session, member.id) == 0:
            raise BadSecret(Bad.LAST_FACTOR)
        member.totp = member.totp_last_step = None
        return _changed(session, shop, member, own, "totp", "factor_changed")

    return shop.db.write(work)


def new_recovery_codes(shop: Shop, own: Own) -> Done:
    """Ten new ones; the old ones are gone."""

    def work(session: Session) -> Done:
        member = session.get_one(Member, own.member_id, with_for_update=True)
        codes = _new_codes(session, member)
        done = _changed(session, shop, member, own, "recovery_codes", "factor_changed")
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


def _member(shop: Shop, member_id: str) -> Member:
    with shop.db.read() as session:
        return session.get_one(Member, member_id)


def _registered(shop: Shop, step: Step | None, answer: str) -> passkeys.Passkey:
    if step is None or step.challenge is None:
        raise BadSecret(Bad.OVER)
    try:
        return passkeys.registered(site(shop), answer, step.challenge)
    except passkeys.PasskeyRefused:
        raise BadSecret(Bad.WRONG) from None


def _keep_passkey(session: Session, member: Member, passkey: passkeys.Passkey) -> None:
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


def _new_codes(session: Session, member: Member) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    codes = recovery.new_codes()
    session.add_all(RecoveryCode(code_hash=recovery.code_hash(code), member_id=member.id) for code in codes)
    session.flush()
    return codes


def has_passkey(session: Session, member_id: str) -> bool:
    """Whether the member has one to sign in or to prove with."""
    return _count_passkeys(session, member_id) > 0


def _count_passkeys(session: Session, member_id: str) -> int:
    query = select(func.count()).select_from(MemberPasskey).where(MemberPasskey.member_id == member_id)
    return session.scalar(query) or 0


def _changed(session: Session, shop: Shop, member: Member, own: Own, field: str, topic: str) -> Done:
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
