"""Changes of an account: password, mail address, profile, the end. Each tells the person, and ends what it must."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.accounts import claim, factor, letters, people, sessions, throttle, trail
from shop.accounts.current import SignedIn
from shop.accounts.entry import Wrong
from shop.accounts.join import account_by_email
from shop.accounts.letters import LinkOver
from shop.accounts.lookup import email_hash
from shop.accounts.models import Account, Letter
from shop.accounts.people import Profile
from shop.accounts.throttle import Browser
from shop.address import normalise
from shop.checkout.models import Draft
from shop.context import Shop
from shop.identity.passwords import Lane


def locked(session: Session, account: Account) -> Account:
    """The account's row, locked, as it is now. Raises LinkOver when it is gone."""
    found = session.get(Account, (account.store_id, account.id), with_for_update=True, populate_existing=True)
    if found is None:
        raise LinkOver
    return found


def change_password(shop: Shop, who: SignedIn, password: str, browser: Browser, now: dt.datetime) -> None:
    """Set a new password. Every other session ends, other browsers are known no more, and links that were sent before
    work no more. Raises Busy."""
    hashed = shop.passwords.hash(password, Lane.PROVED)
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        account = locked(session, who.account)
        _set_password(shop, session, account, hashed, now)
        sessions.end_all(session, account.store_id, account.id, but=who.session.id)
        sessions.forget_devices(session, account, but=browser.device_hash)
        letters.notify(session, shop.vault, account, "password", to=email, now=now)
        _record(shop, session, account, "account.password", ["password"], browser)

    shop.db.write(work)


def resettable(shop: Shop, store_id: str, token: str, now: dt.datetime) -> Account:
    """The account behind a link to choose a new password. Raises LinkOver."""
    with shop.db.read() as session:
        return _of_letter(shop, session, store_id, token, letters.RESET, now)[1]


def reset_password(
    shop: Shop, store_id: str, token: str, password: str, code: str, browser: Browser, now: dt.datetime
) -> str | None:
    """Set a new password by a link. With a second factor on, the link alone is not enough: `code` is asked for too.

    Every session ends. Nobody is signed in by it; the browser is known from now on, so that whatever strangers have
    tried meanwhile does not keep its owner out: its token, if it is a new one. Raises LinkOver, Wrong, Busy,
    TooOften, LimitsDown.
    """
    account = resettable(shop, store_id, token, now)
    if account.totp is not None:
        factor.count_code(shop, account, browser)
        if not factor.could_be(shop, account, code, browser, now):
            raise Wrong
    hashed = shop.passwords.hash(password, Lane.PROVED)

    def work(session: Session) -> str | None:
        letter, kept = _of_letter(shop, session, store_id, token, letters.RESET, now, lock=True)
        if kept.totp is not None and not factor.take_code(shop, session, kept, code, browser, now):
            raise Wrong
        address = letters.address_of(shop.vault, letter, browser.request_id)
        _set_password(shop, session, kept, hashed, now)
        sessions.end_all(session, store_id, kept.id)
        sessions.forget_devices(session, kept)
        device = sessions.know_device(session, kept, None, now)
        letters.notify(session, shop.vault, kept, "password", to=address, now=now)
        _record(shop, session, kept, "account.reset", ["password"], browser)
        return device

    return shop.db.write(work)


def ask_to_change_email(shop: Shop, who: SignedIn, email: str, browser: Browser, now: dt.datetime) -> None:
    """Send a link to the new address; to one that has an account, what it would get from joining. Raises as joining."""
    store_id = who.account.store_id
    to, to_hash = normalise.email(email), email_hash(shop.vault, store_id, email)
    throttle.hit(shop.limits, (throttle.LETTERS_FROM, browser.address))
    if not shop.limits.hit((throttle.LETTERS_TO, f"{store_id} {to_hash}")).allowed:
        return

    def work(session: Session) -> None:
        other = account_by_email(session, store_id, to_hash)
        letters.write(
            session,
            shop.vault,
            store_id,
            letters.EXISTS if other else letters.EMAIL,
            to=to,
            to_hash=to_hash,
            locale=browser.locale,
            now=now,
            account_id=other.id if other else who.id,
        )

    shop.db.write(work)


def new_email(shop: Shop, who: SignedIn, token: str, now: dt.datetime) -> Letter:
    """The letter that proves a new address of this account. Raises LinkOver, also for anyone else's."""
    letter = letters.living(shop, who.account.store_id, token, letters.EMAIL, now)
    if letter.account_id != who.id:
        raise LinkOver
    return letter


def change_email(shop: Shop, who: SignedIn, token: str, browser: Browser, now: dt.datetime) -> None:
    """Take the new address. Tells the old and the new one; other sessions end. Raises LinkOver."""
    letter = new_email(shop, who, token, now)
    new = letters.address_of(shop.vault, letter, browser.request_id)

    def work(session: Session) -> None:
        account = locked(session, who.account)
        if letters.open_letter(
            session, shop.settings.keys, account.store_id, token, letters.EMAIL, now, lock=True
        ) is None or account_by_email(session, account.store_id, letter.email_hash):
            raise LinkOver
        old = people.email_of(shop.vault, account, browser.request_id)
        letters.notify(session, shop.vault, account, "email", to=old, now=now)
        people.write_email(shop.vault, account, new)
        letters.void(session, account, now)
        sessions.end_all(session, account.store_id, account.id, but=who.session.id)
        letters.notify(session, shop.vault, account, "email_new", to=new, now=now)
        _record(shop, session, account, "account.email", ["email"], browser)

    try:
        shop.db.write(work)
    except IntegrityError:
        raise LinkOver from None  # somebody joined with that address at this moment


def change_profile(shop: Shop, who: SignedIn, profile: Profile, browser: Browser, now: dt.datetime) -> None:
    """Name, kana, telephone."""
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        account = locked(session, who.account)
        people.write_profile(shop.vault, account, profile)
        letters.notify(session, shop.vault, account, "profile", to=email, now=now)
        _record(shop, session, account, "account.profile", ["name", "kana", "phone"], browser)

    shop.db.write(work)


def end_session(shop: Shop, who: SignedIn, session_id: str, browser: Browser) -> None:
    """End one of the person's own sessions; another's is not there."""

    def work(session: Session) -> None:
        if sessions.end(session, who.account.store_id, who.id, session_id):
            _record(shop, session, who.account, "account.session_end", [], browser)

    shop.db.write(work)


def end_other_sessions(shop: Shop, who: SignedIn, browser: Browser) -> None:
    """End all of the person's sessions but this one."""

    def work(session: Session) -> None:
        sessions.end_all(session, who.account.store_id, who.id, but=who.session.id)
        _record(shop, session, who.account, "account.session_end", [], browser)

    shop.db.write(work)


def leave(shop: Shop, who: SignedIn, cart_id: str | None, browser: Browser, now: dt.datetime) -> None:
    """Delete the account with everything that hangs on it. Orders stay, as the law wants, and say no more whose."""
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        account = locked(session, who.account)
        claim.let_go(session, account)
        # Also those from before there was an account: each has the address in it.
        to = (Letter.store_id == account.store_id) & (Letter.email_hash == account.email_hash)
        session.execute(delete(Letter).where(to))
        letters.notify(session, shop.vault, account, "deleted", to=email, now=now, outlives=True)
        forget_draft(session, account.store_id, cart_id)
        session.execute(delete(Account).where(Account.store_id == account.store_id, Account.id == account.id))
        _record(shop, session, who.account, "account.delete", [], browser)

    shop.db.write(work)


def forget_draft(session: Session, store_id: str, cart_id: str | None) -> None:
    """Who is at this browser next finds no address in its basket's draft. Never commits."""
    if cart_id is not None:
        session.execute(delete(Draft).where(Draft.store_id == store_id, Draft.cart_id == cart_id))


def _set_password(shop: Shop, session: Session, account: Account, hashed: str, now: dt.datetime) -> None:
    people.write_password(shop.vault, account, hashed)
    account.password_at = now
    letters.void(session, account, now)


def _of_letter(
    shop: Shop,
    session: Session,
    store_id: str,
    token: str,
    kind: str,
    now: dt.datetime,
    *,
    lock: bool = False,
) -> tuple[Letter, Account]:
    """The letter of a link and its account, whose mail address is still the letter's. Raises LinkOver."""
    letter = letters.open_letter(session, shop.settings.keys, store_id, token, kind, now, lock=lock)
    if letter is None or letter.account_id is None:
        raise LinkOver
    account = session.get(
        Account, (store_id, letter.account_id), with_for_update=lock, populate_existing=True
    )
    if account is None or account.email_hash != letter.email_hash:
        raise LinkOver
    return letter, account


def _record(
    shop: Shop, session: Session, account: Account, action: str, fields: list[str], browser: Browser
) -> None:
    trail.record(
        shop, session, account.store_id, account.id, action, fields=fields, request_id=browser.request_id
    )
