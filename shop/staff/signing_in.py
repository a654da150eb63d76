"""Sign in and prove again: a password and a second factor, or a passkey that has checked its holder.

Whoever fails learns nothing of why: no address, a wrong password, a lock and a leaver all look and cost the same.
Functions here take the shop, own their transactions, and hash between them.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.audit.actor import Actor
from shop.context import Shop
from shop.errors import ShopError
from shop.identity import passkeys, recovery, totp
from shop.identity.passwords import Busy, Lane
from shop.limits import LimitsDown, Rule
from shop.networks import is_allowed, neighbourhood
from shop.staff import lock, sessions, steps
from shop.staff.email import canonical_or_typed
from shop.staff.lock import Try
from shop.staff.models import Member, MemberPasskey, RecoveryCode, StaffSession, Step
from shop.staff.notices import tell
from shop.staff.people import record
from shop.staff.sealed import email_hash, password_of, totp_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SIGN_IN = Actor("system", "sign-in")
"""Who acts before it is known who does."""
_log = logging.getLogger("hitsuka.staff")

_FROM_ONE = Rule("staff-sign-in-address", 20, dt.timedelta(minutes=10))
_FROM_ALL = Rule("staff-sign-in", 60, dt.timedelta(minutes=1))
"""So that tries from everywhere at once do not fill the database; passkeys are counted apart."""
_ANSWER = "passkey answer "
_COUNTED = {
    "/sign-in": "",
    "/sign-in/code": "",
    "/passkey/options": "passkey ",
    "/sign-in/passkey": _ANSWER,
}
"""Paths that a stranger may post to, and the kind that each counts under."""


class NotSigned(ShopError):
    """It did not work. One text for every reason."""

    code = "not_signed_in"
    status = 401
    message = lazy_gettext(
        "サインインできませんでした。入力をご確認ください。失敗が6回続くと、30分間受け付けなくなります。"
    )


class TooMany(ShopError):
    """From this address of the net, or in all, too many tries."""

    code = "too_many"
    status = 429
    message = lazy_gettext("試行回数が多すぎます。しばらく待ってから、もう一度お試しください。")


class NotNow(ShopError):
    """Nothing was compared: the counters or the hashes are out of reach."""

    code = "not_now"
    status = 503
    message = lazy_gettext("ただいま混み合っています。少し待ってから、もう一度お試しください。")


@dataclass(frozen=True)
class Sender:
    """Where a request comes from."""

    address: str | None
    device: str
    request_id: str


def site(shop: Shop) -> passkeys.Site:
    """The staff's host, as passkeys know it."""
    return passkeys.Site("Hitsuka", shop.settings.urls["staff"])


def count_use(shop: Shop, sender: Sender, kind: str = "") -> None:
    """Count one try from an address of the net. Raises TooMany, and NotNow without an answer: it fails closed.

    A refused one costs two reads and no write, and is remembered: `known_wait_s`.
    """
    uses = _uses(sender.address, kind)
    try:
        verdict = shop.limits.peek(*uses)
        if verdict.allowed:
            verdict = shop.limits.hit(*uses)
    except LimitsDown as error:
        raise NotNow from error
    if not verdict.allowed:
        shop.refused.note(verdict, uses)
        raise TooMany


def _uses(address: str | None, kind: str) -> tuple[tuple[Rule, str], ...]:
    return (_FROM_ONE, kind + neighbourhood(address)), (_FROM_ALL, kind or "all")


def known_wait_s(shop: Shop, environ: WSGIEnvironment) -> int:
    """Seconds for which this process knows that a POST will be refused; 0 when it has to be looked at. No SQL.

    A network that may not reach this host at all learns nothing from it, not even that the host is there.
    """
    path, address = environ.get("PATH_INFO", ""), environ.get("REMOTE_ADDR")
    kind = _COUNTED.get(path)
    if kind is None or not is_allowed(address, shop.settings.staff_networks):
        return 0
    busy = shop.passwords.wait_s(Lane.STAFF) if path == "/sign-in" else 0
    return max(busy, shop.refused.wait_s(_uses(address, kind)))


def try_password(shop: Shop, address: str, typed: str, sender: Sender) -> str:
    """The token of the step towards the second factor, never a session. Raises NotSigned, TooMany, NotNow."""
    count_use(shop, sender)
    hashed = email_hash(shop.vault, canonical_or_typed(address))
    taken = shop.db.write(lambda session: lock.take(session, hashed, utcnow()))
    with shop.db.read() as session:
        member = session.scalar(select(Member).where(Member.email_hash == hashed))
    if taken is Try.REFUSED:
        _log.warning("locked", extra={"request_id": sender.request_id})
        raise NotSigned
    kept = password_of(shop.vault, member) if member is not None and member.state == "active" else None
    if not _matches(shop, kept, typed, hashed):
        shop.db.write(lambda session: _failed(session, shop, member, taken, sender, "password"))
        raise NotSigned
    assert member is not None
    return shop.db.write(lambda session: _right_password(session, member.id, hashed))


def _matches(shop: Shop, kept: str | None, typed: str, hashed: str) -> bool:
    try:
        return shop.passwords.matches(kept, typed, Lane.STAFF)
    except Busy as error:
        shop.db.write(lambda session: lock.give_back(session, hashed))
        raise NotNow from error


def _right_password(session: Session, member_id: str, hashed: str) -> str:
    lock.give_back(session, hashed)
    return steps.begin(session, Step(kind="second", member_id=member_id), utcnow())


def _failed(
    session: Session,
    shop: Shop,
    member: Member | None,
    taken: Try,
    sender: Sender,
    field: str,
) -> None:
    """Written alike for an address that nobody has."""
    member_id = member.id if member else "unknown"
    if taken is Try.LAST and member is not None and member.state == "active":
        tell(session, shop.vault, member, "locked", request_id=sender.request_id)
    outcome = "locked" if taken is Try.LAST else "refused"
    record(
        session,
        shop,
        SIGN_IN,
        "sign_in",
        member_id,
        fields=(field,),
        request_id=sender.request_id,
        outcome=outcome,
    )


def try_code(shop: Shop, token: str | None, typed: str, sender: Sender) -> str:
    """The second factor after the password: a one-time code, or a recovery code. The token of the new session.

    Raises NotSigned, also when the step is over; TooMany, NotNow.
    """
    count_use(shop, sender)
    result = shop.db.write(lambda session: _second(session, shop, token, typed, sender))
    if result is None:
        raise NotSigned
    return result


def _second(session: Session, shop: Shop, token: str | None, typed: str, sender: Sender) -> str | None:
    now = utcnow()
    step = steps.find(session, token, "second", now)
    if step is None or step.member_id is None:
        return None
    member = session.get_one(Member, step.member_id, with_for_update=True)
    taken = lock.take(session, member.email_hash, now)
    method = None if taken is Try.REFUSED else code_method(session, shop, member, typed, now)
    if method is None or member.state != "active":
        if taken is not Try.REFUSED:
            _failed(session, shop, member, taken, sender, "code")
        return None
    steps.finish(session, step)
    return signed(session, shop, member, method, sender, now)


def code_method(session: Session, shop: Shop, member: Member, typed: str, now: dt.datetime) -> str | None:
    """ "totp" or "recovery" when `typed` is a good code of the member, which is then used up; None else."""
    secret = totp_of(shop.vault, member)
    step = totp.step_of(secret, typed, now, last_step=member.totp_last_step) if secret else None
    if step is not None:
        member.totp_last_step = step
        return "totp"
    of_member = RecoveryCode.member_id == member.id
    used = delete(RecoveryCode).where(of_member, RecoveryCode.code_hash == recovery.code_hash(typed[:100]))
    return "recovery" if session.execute(used.returning(RecoveryCode.member_id)).all() else None


def signed(
    session: Session, shop: Shop, member: Member, method: str, sender: Sender, now: dt.datetime
) -> str:
    """Who it is stands: a session with a token of its own. Never commits."""
    lock.unlock(session, member.email_hash)
    if method == "recovery":
        tell(session, shop.vault, member, "recovery_used", request_id=sender.request_id)
    token = sessions.start(session, member, method, sender.device, now)
    actor = Actor("staff", member.id)
    record(session, shop, actor, "sign_in", member.id, fields=(method,), request_id=sender.request_id)
    return token


def ask_passkey(shop: Shop, sender: Sender) -> tuple[str, str]:
    """Options for the browser, and the token of the step that its answer ends. Raises TooMany, NotNow."""
    count_use(shop, sender, "passkey ")
    asked = passkeys.ask_to_sign_in(site(shop))
    step = Step(kind="passkey", challenge=asked.challenge)
    return asked.options, shop.db.write(lambda session: steps.begin(session, step, utcnow()))


def try_passkey(shop: Shop, token: str | None, answer: str, sender: Sender) -> str:
    """A passkey that checked its holder is both factors. The new session's token. Raises NotSigned, TooMany, NotNow.

    Counted, as each refused one leaves a row in the audit chain, which is never made shorter.
    """
    count_use(shop, sender, _ANSWER)

    def work(session: Session, member: Member) -> str:
        return signed(session, shop, member, "passkey", sender, utcnow())

    return _with_passkey(shop, token, answer, sender, work)


def prove_by_passkey(
    shop: Shop, token: str | None, answer: str, sender: Sender, member_id: str, session_id: str
) -> str:
    """The same member proves again. The session's new token. Raises NotSigned, also for a colleague's passkey."""

    def work(session: Session, member: Member) -> str | None:
        if member.id != member_id:
            return None
        return _proved(session, shop, member, session_id, sender, "passkey")

    return _with_passkey(shop, token, answer, sender, work)


def _with_passkey(
    shop: Shop,
    token: str | None,
    answer: str,
    sender: Sender,
    work: Callable[[Session, Member], str | None],
) -> str:
    """Check an answer between two transactions, then do `work` with its member, once."""
    try:
        known, uses = _checked(shop, token, answer)
    except passkeys.PasskeyRefused as refused:
        _log.warning("passkey refused", extra={"request_id": sender.request_id, "reason": str(refused)})
        _note_refused_passkey(shop, sender)
        raise NotSigned from None

    def finish(session: Session) -> str | None:
        now = utcnow()
        mine = steps.find(session, token, "passkey", now)
        row = session.get(MemberPasskey, known.id, with_for_update=True)
        if mine is None or row is None or row.uses != known.uses:
            return None
        member = session.get_one(Member, row.member_id, with_for_update=True)
        if member.state != "active":
            return None
        steps.finish(session, mine)
        row.uses, row.used_at = uses, now
        session.flush()
        return work(session, member)

    result = shop.db.write(finish)
    if result is None:
        _note_refused_passkey(shop, sender)
        raise NotSigned
    return result


def _checked(shop: Shop, token: str | None, answer: str) -> tuple[MemberPasskey, int]:
    """The passkey that answered the challenge of this step, and its new counter. Raises PasskeyRefused."""
    credential_id = passkeys.credential_id_of(answer)
    with shop.db.read() as session:
        step = steps.peek(session, token, "passkey", utcnow())
        known = session.scalar(select(MemberPasskey).where(MemberPasskey.credential_id == credential_id))
    if step is None or step.challenge is None or known is None:
        raise passkeys.PasskeyRefused("unknown")
    kept = passkeys.Passkey(known.credential_id, known.public_key, known.uses)
    return known, passkeys.proved(site(shop), answer, step.challenge, kept)


def _note_refused_passkey(shop: Shop, sender: Sender) -> None:
    shop.db.write(
        lambda session: record(
            session,
            shop,
            SIGN_IN,
            "sign_in",
            "unknown",
            fields=("passkey",),
            request_id=sender.request_id,
            outcome="refused",
        )
    )


def prove_by_password(
    shop: Shop, member_id: str, session_id: str, typed: str, code: str, sender: Sender
) -> str:
    """The signed-in member proves again by password and one-time code. The session's new token. Raises NotSigned.

    No recovery code: these are for who lost the factor, and open a session of their own.
    """
    count_use(shop, sender)
    with shop.db.read() as session:
        member = session.get_one(Member, member_id)
    hashed = member.email_hash
    taken = shop.db.write(lambda session: lock.take(session, hashed, utcnow()))
    right = taken is not Try.REFUSED and _matches(shop, password_of(shop.vault, member), typed, hashed)

    def finish(session: Session) -> str | None:
        row = session.get_one(Member, member_id, with_for_update=True)
        secret = totp_of(shop.vault, row)
        step = totp.step_of(secret, code, utcnow(), last_step=row.totp_last_step) if secret else None
        if not right or step is None or row.state != "active":
            if taken is not Try.REFUSED:
                _failed(session, shop, row, taken, sender, "proof")
            return None
        row.totp_last_step = step
        lock.unlock(session, hashed)
        return _proved(session, shop, row, session_id, sender, "totp")

    result = shop.db.write(finish)
    if result is None:
        raise NotSigned
    return result


def _proved(
    session: Session, shop: Shop, member: Member, session_id: str, sender: Sender, method: str
) -> str | None:
    if session.get(StaffSession, session_id) is None:
        return None
    token = sessions.prove(session, session_id, utcnow())
    actor = Actor("staff", member.id)
    record(session, shop, actor, "prove", member.id, fields=(method,), request_id=sender.request_id)
    return token


def sign_out(shop: Shop, member_id: str, session_id: str, request_id: str) -> None:
    """End this session."""

    def work(session: Session) -> None:
        if sessions.end(session, member_id, session_id):
            actor = Actor("staff", member_id)
            record(session, shop, actor, "sign_out", member_id, request_id=request_id)

    shop.db.write(work)
