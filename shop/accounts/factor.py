"""The second factor: codes by time, and recovery codes for when the phone is gone."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from security.sealing import CannotOpen
from shop.accounts import entry, letters, people, sessions, throttle, trail
from shop.accounts.current import SignedIn
from shop.accounts.entry import Entered, Wrong
from shop.accounts.models import Account, AccountRecovery, AccountSession
from shop.accounts.sessions import Found
from shop.accounts.throttle import Browser
from shop.context import Shop
from shop.identity import recovery, totp
from shop.limits import Rule
from shop.vault import Place, Purpose


def start(shop: Shop, who: SignedIn) -> None:
    """Draw a secret for this session; it counts for nothing until a code of it comes back."""
    place = Place(who.account.store_id, "account_session", "totp", who.session.id)
    sealed = shop.vault.seal(place, totp.new_secret())

    def work(session: Session) -> None:
        kept = session.get(AccountSession, (who.account.store_id, who.session.id), with_for_update=True)
        if kept is not None:
            kept.totp = sealed

    shop.db.write(work)


def drawn_secret(shop: Shop, who: SignedIn, request_id: str) -> str | None:
    """The secret that is being set up in this session."""
    if who.session.totp is None:
        return None
    place = Place(who.account.store_id, "account_session", "totp", who.session.id)
    try:
        return shop.vault.open_personal(
            place, who.session.totp, purpose=Purpose.SIGN_IN, request_id=request_id
        )
    except CannotOpen:
        return None


def turn_on(shop: Shop, who: SignedIn, code: str, browser: Browser, now: dt.datetime) -> list[str]:
    """Turn the factor on with the first code of it; the recovery codes, to be shown once. Raises Wrong, TooOften."""
    secret = drawn_secret(shop, who, browser.request_id)
    throttle.hit(shop.limits, (throttle.PROVE, f"{who.account.store_id} {who.id} on"))
    step = totp.step_of(secret, code, now, last_step=None) if secret else None
    if secret is None or step is None:
        raise Wrong
    codes = recovery.new_codes()
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        account = _locked(session, who.account)
        account.totp = shop.vault.seal(people.place_of(account, "totp"), secret)
        account.totp_step = step
        session.get_one(AccountSession, (account.store_id, who.session.id)).totp = None
        _replace_codes(session, account, codes)
        letters.notify(session, shop.vault, account, "factor_on", to=email, now=now)
        _record(shop, session, account, "account.factor_on", browser)

    shop.db.write(work)
    return codes


def turn_off(shop: Shop, who: SignedIn, browser: Browser, now: dt.datetime) -> None:
    """Turn the factor off, and let the recovery codes go."""
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        account = _locked(session, who.account)
        account.totp = account.totp_step = None
        _replace_codes(session, account, [])
        letters.notify(session, shop.vault, account, "factor_off", to=email, now=now)
        _record(shop, session, account, "account.factor_off", browser)

    shop.db.write(work)


def new_codes(shop: Shop, who: SignedIn, browser: Browser, now: dt.datetime) -> list[str]:
    """Fresh recovery codes; the old ones end."""
    codes = recovery.new_codes()
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        account = _locked(session, who.account)
        _replace_codes(session, account, codes)
        letters.notify(session, shop.vault, account, "codes", to=email, now=now)
        _record(shop, session, account, "account.codes", browser)

    shop.db.write(work)
    return codes


def codes_left(session: Session, account: Account) -> int:
    """How many recovery codes were not used yet."""
    query = select(func.count()).select_from(AccountRecovery).where(_own_codes(account))
    return session.scalar(query) or 0


def pass_factor(shop: Shop, found: Found, code: str, browser: Browser, now: dt.datetime) -> Entered:
    """Go on from a right password with a code: a full session with a new token. Raises Wrong, TooOften, LimitsDown."""
    account, half = found.account, found.session
    uses = count_code(shop, account, browser)
    email = people.email_of(shop.vault, account, browser.request_id)

    def work(session: Session) -> Entered | None:
        kept = session.get(AccountSession, (account.store_id, half.id), with_for_update=True)
        locked = session.get(
            Account, (account.store_id, account.id), with_for_update=True, populate_existing=True
        )
        if kept is None or locked is None or not take_code(shop, session, locked, code, browser, now):
            return None
        session.delete(kept)
        session.flush()
        return entry.enter(shop, session, locked, email, browser, now)

    entered = shop.db.write(work)
    trail.attempt(
        "factor",
        "in" if entered else "wrong",
        store_id=account.store_id,
        request_id=browser.request_id,
        account_id=account.id,
    )
    if entered is None:
        raise Wrong
    entry.forgive(shop, uses)
    return entered


def count_code(shop: Shop, account: Account, browser: Browser) -> list[tuple[Rule, str]]:
    """Count one try of a code, before it is looked at; what it was counted under. Raises TooOften, LimitsDown."""
    with shop.db.read() as session:
        is_known = sessions.is_known_device(
            session, account.store_id, account.email_hash, browser.device_hash
        )
    uses = throttle.factor_uses(account, browser, is_known=is_known)
    throttle.hit(shop.limits, *uses)
    return uses


def could_be(shop: Shop, account: Account, code: str, browser: Browser, now: dt.datetime) -> bool:
    """Whether `take_code` would take it: looked at before a password is hashed. Takes nothing."""
    if _step(shop, account, code, browser, now) is not None:
        return True
    with shop.db.read() as session:
        one = select(AccountRecovery.id).where(
            _own_codes(account), AccountRecovery.code_hash == recovery.code_hash(code)
        )
        return session.scalar(one) is not None


def take_code(
    shop: Shop, session: Session, account: Account, code: str, browser: Browser, now: dt.datetime
) -> bool:
    """Take a code by time or a recovery code of a locked account: each counts once. Never commits."""
    step = _step(shop, account, code, browser, now)
    if step is not None:
        account.totp_step = step
        return True
    used = delete(AccountRecovery).where(
        _own_codes(account), AccountRecovery.code_hash == recovery.code_hash(code)
    )
    return bool(session.execute(used).rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def _step(shop: Shop, account: Account, code: str, browser: Browser, now: dt.datetime) -> int | None:
    if account.totp is None:
        return None
    try:
        secret = shop.vault.open_personal(
            people.place_of(account, "totp"),
            account.totp,
            purpose=Purpose.SIGN_IN,
            request_id=browser.request_id,
        )
    except CannotOpen:
        return None
    return totp.step_of(secret, code, now, last_step=account.totp_step)


def _locked(session: Session, account: Account) -> Account:
    return session.get_one(
        Account, (account.store_id, account.id), with_for_update=True, populate_existing=True
    )


def _own_codes(account: Account) -> ColumnElement[bool]:
    return (AccountRecovery.store_id == account.store_id) & (AccountRecovery.account_id == account.id)


def _replace_codes(session: Session, account: Account, codes: list[str]) -> None:
    session.execute(delete(AccountRecovery).where(_own_codes(account)))
    session.add_all(
        AccountRecovery(store_id=account.store_id, account_id=account.id, code_hash=recovery.code_hash(code))
        for code in codes
    )


def _record(shop: Shop, session: Session, account: Account, action: str, browser: Browser) -> None:
    trail.record(
        shop,
        session,
        account.store_id,
        account.id,
        action,
        fields=["second_factor"],
        request_id=browser.request_id,
    )
