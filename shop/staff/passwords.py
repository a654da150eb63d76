"""A member's password: what a new one must be, and changing it."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from shop.context import Shop
from shop.identity.passwords import LONGEST, Busy, Lane
from shop.identity.weak import STAFF_LEAST, weakness
from shop.staff import lock
from shop.staff.lock import Try
from shop.staff.models import FormerPassword, Member
from shop.staff.own import Bad, BadSecret, Done, Own, changed
from shop.staff.sealed import email_of, name_of, password_of, place
from shop.staff.signing_in import NotNow, count_use
from shop.stores import all_stores
from shop.vault import Purpose

REMEMBERED = 4
"""PCI DSS 4.0.1, 8.3.7: none of the last four."""


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


def set_password(session: Session, shop: Shop, member: Member, hashed: str) -> None:
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
    if not is_present(shop, member, present):
        raise BadSecret(Bad.WRONG)
    hashed = check_password(shop, member, typed)

    def work(session: Session) -> Done:
        row = session.get_one(Member, member.id, with_for_update=True)
        set_password(session, shop, row, hashed)
        return changed(session, shop, row, own, "password", "password_changed")

    return shop.db.write(work)


def is_present(shop: Shop, member: Member, typed: str) -> bool:
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


def _member(shop: Shop, member_id: str) -> Member:
    with shop.db.read() as session:
        return session.get_one(Member, member_id)
