"""Proving again who one is, before the account may be changed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from shop.accounts import entry, factor, sessions, throttle, trail
from shop.accounts.current import SignedIn
from shop.accounts.entry import Wrong
from shop.accounts.models import Account
from shop.accounts.throttle import Browser
from shop.context import Shop
from shop.identity.passwords import Lane


def prove(shop: Shop, who: SignedIn, password: str, code: str, browser: Browser, now: dt.datetime) -> None:
    """By the password, and a code where the second factor is on. Raises Wrong, TooOften, LimitsDown, Busy.

    Counted by session: whoever sits at another browser can't use up this one's tries.
    """
    store_id = who.account.store_id
    throttle.hit(shop.limits, (throttle.PROVE, f"{store_id} {who.session.id}"))
    kept = entry.kept_hash(shop, who.account, browser)
    is_right = shop.passwords.matches(kept, password, Lane.PROVED)

    def work(session: Session) -> bool:
        account = session.get(Account, (store_id, who.id), with_for_update=True, populate_existing=True)
        if account is None or account.password != who.account.password:
            return False
        if account.totp is not None and not factor.take_code(shop, session, account, code, browser, now):
            return False
        sessions.prove(session, store_id, who.session.id, now)
        return True

    proved = is_right and shop.db.write(work)
    outcome = "proved" if proved else "wrong"
    trail.attempt("prove", outcome, store_id=store_id, request_id=browser.request_id, account_id=who.id)
    if not proved:
        raise Wrong
