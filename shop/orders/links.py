"""The address of an order for who has no account: its id, signed. Guessing one is guessing a 256-bit MAC.

The page behind it shows what was bought and its state, never a name, address or phone: a link can be forwarded.
"""

from __future__ import annotations

import hashlib

from itsdangerous import BadSignature, Signer

from shop.settings import Keys


def order_token(keys: Keys, store_id: str, order_id: str) -> str:
    """The last part of the order page's address."""
    return _signer(keys, store_id).sign(order_id).decode()


def order_of_token(keys: Keys, store_id: str, token: str) -> str | None:
    """The order id in a token of this store, or None when it was not made by us."""
    try:
        return _signer(keys, store_id).unsign(token).decode()
    except (BadSignature, UnicodeError):
        return None


def _signer(keys: Keys, store_id: str) -> Signer:
    newest_last = [*reversed(keys.secret_key_fallbacks), keys.secret_key]
    return Signer(newest_last, salt=f"order link {store_id}", sep="~", digest_method=hashlib.sha256)
