"""Becoming a customer: a mail address is proved first, then a password chosen. So nobody can prepare an account for
somebody else's address, and the answer to whoever asks is the same for every address."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.columns import new_id
from shop.accounts import claim, letters, people, sessions, throttle, trail
from shop.accounts.entry import Entered
from shop.accounts.letters import LinkOver
from shop.accounts.lookup import email_hash
from shop.accounts.models import Account, Letter
from shop.accounts.people import Profile
from shop.accounts.throttle import Browser
from shop.address import normalise
from shop.context import Shop
from shop.identity.passwords import Lane


def ask_to_join(
    shop: Shop, store_id: str, email: str, browser: Browser, now: dt.datetime, *, order_id: str | None = None
) -> None:
    """Send the mail that goes on: a link to join, or to who has an account a hint. The same work for both.

    Raises BadEmail, TooOften, LimitsDown.
    """
    _ask(shop, store_id, email, browser, now, has=letters.EXISTS, has_not=letters.JOIN, order_id=order_id)


def ask_to_reset(shop: Shop, store_id: str, email: str, browser: Browser, now: dt.datetime) -> None:
    """Send a link to choose a new password, or to who has no account a word that there is none. As `ask_to_join`."""
    _ask(shop, store_id, email, browser, now, has=letters.RESET, has_not=letters.NOBODY)


def _ask(
    shop: Shop,
    store_id: str,
    email: str,
    browser: Browser,
    now: dt.datetime,
    *,
    has: str,
    has_not: str,
    order_id: str | None = None,
) -> None:
    to, to_hash = normalise.email(email), email_hash(shop.vault, store_id, email)
    throttle.hit_noted(shop.limits, shop.refused, [(throttle.LETTERS_FROM, browser.address)])
    if not shop.limits.hit((throttle.LETTERS_TO, f"{store_id} {to_hash}")).allowed:
        return  # that address got enough mails for now; whoever asks can't see it

    def work(session: Session) -> None:
        account = account_by_email(session, store_id, to_hash)
        letters.write(
            session,
            shop.vault,
            store_id,
            has if account else has_not,
            to=to,
            to_hash=to_hash,
            locale=browser.locale,
            now=now,
            account_id=account.id if account else None,
            order_id=order_id,
        )

    shop.db.write(work)


def invited(shop: Shop, store_id: str, token: str, now: dt.datetime) -> Letter:
    """The letter behind a link to join. Raises LinkOver."""
    with shop.db.read() as session:
        letter = letters.open_letter(session, shop.settings.keys, store_id, token, letters.JOIN, now)
        if letter is None or account_by_email(session, store_id, letter.email_hash) is not None:
            raise LinkOver
        return letter


def join(
    shop: Shop, store_id: str, token: str, profile: Profile, password: str, browser: Browser, now: dt.datetime
) -> Entered:
    """Make the account and begin its first session. Raises LinkOver, Busy. Two at once make one account."""
    letter = invited(shop, store_id, token, now)
    email = letters.address_of(shop.vault, letter, browser.request_id)
    hashed = shop.passwords.hash(password, Lane.PROVED)

    def work(session: Session) -> Entered:
        kept = letters.open_letter(session, shop.settings.keys, store_id, token, letters.JOIN, now, lock=True)
        if kept is None or account_by_email(session, store_id, kept.email_hash) is not None:
            raise LinkOver
        account = _made(shop, store_id, email, profile, hashed, browser.locale, now)
        session.add(account)
        session.flush()
        kept.used_at = now
        if kept.order_id is not None:
            claim.take(session, account, kept.order_id)
        device = sessions.know_device(session, account, browser.device_hash, now)
        began = sessions.begin(session, account, device=browser.device, now=now)
        letters.notify(session, shop.vault, account, "joined", to=email, now=now)
        trail.record(shop, session, store_id, account.id, "account.join", request_id=browser.request_id)
        return Entered(began, device, needs_factor=False)

    try:
        return shop.db.write(work)
    except IntegrityError:
        raise LinkOver from None  # another link to the same address was used at this moment


def _made(
    shop: Shop, store_id: str, email: str, profile: Profile, hashed: str, locale: str, now: dt.datetime
) -> Account:
    account = Account(store_id=store_id, id=new_id(), locale=locale, created_at=now, password_at=now)
    people.write_email(shop.vault, account, email)
    people.write_profile(shop.vault, account, profile)
    people.write_password(shop.vault, account, hashed)
    return account


def account_by_email(session: Session, store_id: str, email_hash: str) -> Account | None:
    """The account of a mail address's hash."""
    return session.scalar(
        select(Account).where(Account.store_id == store_id, Account.email_hash == email_hash)
    )
