"""Passkeys of accounts: added, used, taken away. The cryptography is `identity.passkeys`."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.accounts import entry, letters, people, sessions, throttle, trail
from shop.accounts.current import SignedIn
from shop.accounts.entry import Entered, Wrong
from shop.accounts.models import Account, AccountPasskey
from shop.accounts.throttle import Browser
from shop.context import Shop
from shop.identity import passkeys
from shop.identity.passkeys import Asked, Passkey, PasskeyRefused, Site
from shop.stores import Store

T = TypeVar("T")

PASSKEYS_MOST = 10


class TooMany(Exception):
    """The account has as many passkeys as it may."""


def site_of(shop: Shop, store: Store) -> Site:
    """Each store is a site of its own: a passkey of one is unknown to the other."""
    return Site(store.name, shop.settings.urls[store.id])


def ask_to_add(shop: Shop, store: Store, who: SignedIn, browser: Browser) -> Asked:
    """Options for a new passkey of this account."""
    with shop.db.read() as session:
        known = [one.credential_id for one in listed(session, who.account)]
    return passkeys.ask_to_register(
        site_of(shop, store),
        user_handle=bytes.fromhex(shop.vault.lookup(store.id, "passkey", who.id)),
        user_name=people.email_of(shop.vault, who.account, browser.request_id),
        known=known,
    )


def add(
    shop: Shop, store: Store, who: SignedIn, answer: str, challenge: bytes, browser: Browser, now: dt.datetime
) -> None:
    """Keep a new passkey. Raises PasskeyRefused, TooMany, TooOften, LimitsDown."""
    _once(shop, challenge)
    fresh = passkeys.registered(site_of(shop, store), answer, challenge)
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        account = session.get_one(Account, (store.id, who.id), with_for_update=True, populate_existing=True)
        if len(listed(session, account)) >= PASSKEYS_MOST:
            raise TooMany
        session.add(_row(account, fresh, browser.device, now))
        session.flush()
        letters.notify(session, shop.vault, account, "passkey_added", to=email, now=now)
        _record(shop, session, account, "account.passkey_add", browser)

    try:
        shop.db.write(work)
    except IntegrityError:
        raise PasskeyRefused("known already") from None


def remove(shop: Shop, who: SignedIn, passkey_id: str, browser: Browser, now: dt.datetime) -> None:
    """Take one of the person's own passkeys away; another's is not there."""
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        gone = delete(AccountPasskey).where(
            AccountPasskey.store_id == who.account.store_id,
            AccountPasskey.account_id == who.id,
            AccountPasskey.id == passkey_id,
        )
        if session.execute(gone).rowcount:  # type: ignore[attr-defined]  # a DELETE's result has it
            letters.notify(session, shop.vault, who.account, "passkey_removed", to=email, now=now)
            _record(shop, session, who.account, "account.passkey_remove", browser)

    shop.db.write(work)


def sign_in(
    shop: Shop, store: Store, answer: str, challenge: bytes, browser: Browser, now: dt.datetime
) -> Entered:
    """A full session: a passkey is two factors, the thing and what unlocks it. Raises Wrong, TooOften, LimitsDown.

    No count by account stands before it: this is how an owner comes in while strangers try passwords. The caller has
    counted the step.
    """

    def then(session: Session, account: Account) -> Entered:
        email = people.email_of(shop.vault, account, browser.request_id)
        return entry.enter(shop, session, account, email, browser, now)

    return _by_passkey(shop, store, answer, challenge, browser, now, then)


def prove(
    shop: Shop,
    store: Store,
    who: SignedIn,
    answer: str,
    challenge: bytes,
    browser: Browser,
    now: dt.datetime,
) -> None:
    """Prove again who one is, by a passkey of this account. Raises as `sign_in`."""

    def then(session: Session, account: Account) -> None:
        if account.id != who.id:
            raise Wrong
        sessions.prove(session, store.id, who.session.id, now)

    _by_passkey(shop, store, answer, challenge, browser, now, then)


def listed(session: Session, account: Account) -> list[AccountPasskey]:
    """The account's passkeys, the oldest first."""
    query = select(AccountPasskey).where(
        AccountPasskey.store_id == account.store_id, AccountPasskey.account_id == account.id
    )
    return list(session.scalars(query.order_by(AccountPasskey.created_at, AccountPasskey.id)))


def _by_passkey(
    shop: Shop,
    store: Store,
    answer: str,
    challenge: bytes,
    browser: Browser,
    now: dt.datetime,
    then: Callable[[Session, Account], T],
) -> T:
    """Do `then` with the account whose passkey answers the challenge, in the transaction that counts its use."""
    try:
        _once(shop, challenge)
        hashed = _hash(passkeys.credential_id_of(answer))
        result = shop.db.write(
            lambda session: _use(session, shop, store, hashed, answer, challenge, now, then)
        )
    except (PasskeyRefused, throttle.TooOften, Wrong):
        trail.attempt("passkey", "wrong", store_id=store.id, request_id=browser.request_id)
        raise Wrong from None
    trail.attempt("passkey", "in", store_id=store.id, request_id=browser.request_id)
    return result


def _use(
    session: Session,
    shop: Shop,
    store: Store,
    credential_hash: str,
    answer: str,
    challenge: bytes,
    now: dt.datetime,
    then: Callable[[Session, Account], T],
) -> T:
    query = select(AccountPasskey).where(
        AccountPasskey.store_id == store.id, AccountPasskey.credential_hash == credential_hash
    )
    row = session.scalar(query.with_for_update())
    if row is None:
        raise Wrong
    kept = Passkey(row.credential_id, row.public_key, row.uses)
    row.uses = passkeys.proved(site_of(shop, store), answer, challenge, kept)
    row.used_at = now
    return then(session, session.get_one(Account, (store.id, row.account_id), with_for_update=True))


def _row(account: Account, fresh: Passkey, device: str, now: dt.datetime) -> AccountPasskey:
    return AccountPasskey(
        store_id=account.store_id,
        account_id=account.id,
        credential_hash=_hash(fresh.credential_id),
        credential_id=fresh.credential_id,
        public_key=fresh.public_key,
        uses=fresh.uses,
        device=device,
        created_at=now,
    )


def _hash(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def _once(shop: Shop, challenge: bytes) -> None:
    throttle.hit(shop.limits, (throttle.ONCE, challenge.hex()))


def _record(shop: Shop, session: Session, account: Account, action: str, browser: Browser) -> None:
    trail.record(
        shop,
        session,
        account.store_id,
        account.id,
        action,
        fields=["passkey"],
        request_id=browser.request_id,
    )
