"""The cookie of a browser that has signed in before. It is signed: one that somebody made up is known as such without
asking the database, so it buys a stranger nothing, not even a look-up."""

from __future__ import annotations

import hashlib

from itsdangerous import BadSignature, Signer

from shop.settings import Keys

LONGEST = 120


def cookie_of(keys: Keys, store_id: str, token: str) -> str:
    """What the browser gets for a token of `sessions.know_device`."""
    return _signer(keys, store_id).sign(token).decode()


def token_in(keys: Keys, store_id: str, cookie: str) -> str | None:
    """The token in a cookie that this store gave; whether it is known for an account is the database's to say."""
    if not cookie.isascii() or len(cookie) > LONGEST:
        return None
    try:
        return _signer(keys, store_id).unsign(cookie).decode()
    except (BadSignature, UnicodeError):
        return None


def _signer(keys: Keys, store_id: str) -> Signer:
    newest_last = [*reversed(keys.secret_key_fallbacks), keys.secret_key]
    return Signer(newest_last, salt=f"account device {store_id}", sep="~", digest_method=hashlib.sha256)
