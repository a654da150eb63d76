"""Signing in: password, second factor, passkey. Nothing here says whether an address has an account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.http import parse_cookie

from security.sealing import CannotOpen
from shop.accounts import known, letters, people, sessions, throttle, trail
from shop.accounts.lookup import email_hash
from shop.accounts.models import Account
from shop.accounts.sessions import Found
from shop.accounts.throttle import Browser
from shop.address.normalise import BadEmail
from shop.context import Shop
from shop.identity.passwords import Busy, Lane
from shop.identity.tokens import token_hash
from shop.limits import LimitsDown, Rule

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SIGN_IN_PATH = "/account/sign-in"
COUNTED: dict[str, Rule] = {
    SIGN_IN_PATH: throttle.BY_ADDRESS,
    "/account/sign-in/code": throttle.STEP,
    "/account/passkey": throttle.BY_ADDRESS,
    "/account/passkey/options": throttle.CHALLENGES,
    "/account/join": throttle.LETTERS_FROM,
    "/account/reset": throttle.LETTERS_FROM,
}
"""Paths that a stranger may post to, and what each counts under by address."""


class Wrong(Exception):
    """It does not prove who they are: the same for a wrong password and an address that nobody has."""


@dataclass(frozen=True)
class Entered:
    """What the browser gets: the session's token, and one by which it is known next time, if it was not."""

    token: str
    device_token: str | None
    needs_factor: bool


def sign_in(
    shop: Shop, store_id: str, email: str, password: str, browser: Browser, now: dt.datetime
) -> Entered:
    """Begin a session by password; with a second factor on, one that waits for it.

    Raises Wrong, TooOften, LimitsDown, Busy; BadEmail for what is no address. One count, one look-up and one hash,
    whoever's address it is.
    """
    hashed = email_hash(shop.vault, store_id, email)
    with shop.db.read() as session:
        is_known = sessions.is_known_device(session, store_id, hashed, browser.device_hash)
        account = session.scalar(
            select(Account).where(Account.store_id == store_id, Account.email_hash == hashed)
        )
    uses = throttle.sign_in_uses(store_id, hashed, browser, is_known=is_known)
    throttle.hit_noted(shop.limits, shop.refused, uses)
    kept = kept_hash(shop, account, browser)
    lane = Lane.PROVED if is_known else Lane.ANYONE
    if not shop.passwords.matches(kept, password, lane) or account is None or kept is None:
        trail.attempt("password", "wrong", store_id=store_id, request_id=browser.request_id)
        raise Wrong
    forgive(shop, uses)
    fresh = _fresh_hash(shop, kept, password, lane)
    email = people.email_of(shop.vault, account, browser.request_id)

    def work(session: Session) -> Entered:
        locked = _locked(session, account)
        if locked is None or locked.password != account.password:
            raise Wrong  # it was changed while we compared
        if fresh is not None:
            people.write_password(shop.vault, locked, fresh)
        if locked.totp is not None:
            token = sessions.begin(session, locked, device=browser.device, now=now, stage="factor")
            return Entered(token, None, needs_factor=True)
        return enter(shop, session, locked, email, browser, now)

    entered = shop.db.write(work)
    outcome = "factor next" if entered.needs_factor else "in"
    trail.attempt(
        "password", outcome, store_id=store_id, request_id=browser.request_id, account_id=account.id
    )
    return entered


def enter(
    shop: Shop, session: Session, account: Account, email: str, browser: Browser, now: dt.datetime
) -> Entered:
    """Begin a full session with a new token, and tell the person when the browser is a new one. Never commits."""
    is_first = not sessions.has_devices(session, account)
    device = sessions.know_device(session, account, browser.device_hash, now)
    token = sessions.begin(session, account, device=browser.device, now=now)
    account.locale = browser.locale
    if device is not None and not is_first:
        letters.notify(session, shop.vault, account, "new_browser", to=email, now=now)
    return Entered(token, device, needs_factor=False)


def device_cookie_name(*, https: bool) -> str:
    """The cookie by which a browser is known."""
    return "__Host-device" if https else "device"


def sender_wait_s(shop: Shop, environ: WSGIEnvironment) -> int:
    """What can be known of a POST before its form is read: no password can be checked now, or who sent it is refused.

    A known browser is let in whatever its neighbours did; one that only says so is a stranger.
    """
    path = environ.get("PATH_INFO", "")
    rule = COUNTED.get(path)
    if rule is None:
        return 0
    device, address = _device_hash(shop, environ), throttle.network_of(environ.get("REMOTE_ADDR"))
    lane = Lane.PROVED if device else Lane.ANYONE
    busy = shop.passwords.wait_s(lane) if path == SIGN_IN_PATH else 0
    return max(busy, shop.refused.wait_s(throttle.step_uses(rule, address, device)))


def _device_hash(shop: Shop, environ: WSGIEnvironment) -> str | None:
    """Of the cookie of a browser that this store knows, or once knew."""
    stores = {urlsplit(url).netloc: name for name, url in shop.settings.urls.items()}
    store_id = stores.get(environ.get("HTTP_HOST", ""))
    cookie = parse_cookie(environ).get(device_cookie_name(https=shop.settings.https), "")
    token = known.token_in(shop.settings.keys, store_id, cookie) if store_id and cookie else None
    return token_hash(token) if token else None


def known_wait_s(shop: Shop, store_id: str, email: str, browser: Browser) -> int:
    """Seconds for which this process knows that the attempt will be refused; 0 when it has to be asked. No SQL.

    A browser with a cookie of ours is asked for its own counts alone, as `sign_in` does when it is known.
    """
    try:
        hashed = email_hash(shop.vault, store_id, email)
    except BadEmail:
        return 0
    is_known = browser.device_hash is not None
    return shop.refused.wait_s(throttle.sign_in_uses(store_id, hashed, browser, is_known=is_known))


def half_of(shop: Shop, store_id: str, token: str | None, now: dt.datetime) -> Found | None:
    """The session that waits for its second factor."""
    if token is None:
        return None
    with shop.db.read() as session:
        return sessions.find(session, store_id, token, now, stage="factor")


def forgive(shop: Shop, uses: list[tuple[Rule, str]]) -> None:
    """Who has proved who they are starts anew with the counts of their account, and with no other."""
    for rule, key in uses:
        if throttle.is_forgiven(rule):
            shop.refused.forget(rule, key)
            try:
                shop.limits.forget(rule, key)
            except LimitsDown:
                return  # it is counted a little longer


def kept_hash(shop: Shop, account: Account | None, browser: Browser) -> str | None:
    """The password's hash; None where there is none to compare with."""
    if account is None:
        return None
    try:
        return people.password_of(shop.vault, account, browser.request_id)
    except CannotOpen:
        return None  # its key is gone: the person chooses a new one by mail


def _fresh_hash(shop: Shop, kept: str, password: str, lane: Lane) -> str | None:
    """A hash by today's settings where the kept one is older; next time, if there is no time for it now."""
    if not shop.passwords.is_outdated(kept):
        return None
    try:
        return shop.passwords.hash(password, lane)
    except Busy:
        return None


def _locked(session: Session, account: Account) -> Account | None:
    at = (Account.store_id == account.store_id) & (Account.id == account.id)
    return session.scalar(
        select(Account).where(at).with_for_update().execution_options(populate_existing=True)
    )
