"""Links by mail: join with a first password and factor, after a forgotten password, after a lost factor."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from shop.audit.actor import Actor
from shop.context import Shop
from shop.identity import totp
from shop.staff import lock, people, sessions, steps
from shop.staff.factors import keep_passkey, new_codes, registered
from shop.staff.models import Link, Member, MemberPasskey, Step
from shop.staff.notices import tell
from shop.staff.own import Bad, BadSecret, Done
from shop.staff.passwords import check_password, is_present, set_password
from shop.staff.people import record
from shop.staff.sealed import password_of, place, totp_of
from shop.staff.signing_in import Sender, count_use


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
        if not is_present(shop, member, typed):
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
        set_password(session, shop, row, hashed)
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
    passkey = registered(shop, step, answer)

    def work(session: Session) -> Done:
        now = utcnow()
        mine, member = _joining(session, token, now)
        _reset_factors(session, member)
        keep_passkey(session, member, passkey)
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
        set_password(session, shop, member, hashed)
    is_new = member.state == "invited"
    if is_new:
        member.state, member.active_since = "active", now
    _use_up(session, step.link_hash or "")
    steps.forget_of(session, member.id)
    sessions.end_all(session, member.id)
    lock.unlock(session, member.email_hash)
    codes = new_codes(session, member)
    token = sessions.start(session, member, method, sender.device, now)
    tell(session, shop.vault, member, "factor_changed", request_id=sender.request_id)
    actor, action = Actor("staff", member.id), "join" if is_new else "factor"
    record(session, shop, actor, action, member.id, fields=(method,), request_id=sender.request_id)
    return Done(token, codes)


def _use_up(session: Session, link_hash: str) -> None:
    session.execute(delete(Link).where(Link.token_hash == link_hash))
