"""Which keys are in use, without showing them: so that the gate can see that each was replaced after a stop."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from shop.settings import Settings


def fingerprints(settings: Settings, store_id: str) -> dict[str, str]:
    """By name of the setting: a short hash of the key that is in use, for every key that an intruder may have read.

    LOOKUP_KEY is not among them: it opens nothing, and a new one would lose every look-up.
    """
    return {name: _fingerprint(name, key) for name, key in _in_use(settings, store_id)}


def _in_use(settings: Settings, store_id: str) -> Iterator[tuple[str, str]]:
    keys, account = settings.keys, settings.accounts[store_id]
    yield "SECRET_KEY", keys.secret_key
    yield "AUDIT_KEY", keys.audit[0]
    yield "DATA_KEYS", keys.data[store_id][0].key.private_bytes_raw().hex()
    yield "STRIPE_SECRET_KEY", account.secret_key
    yield "STRIPE_WEBHOOK_SECRET", account.webhook_secrets[0]


def _fingerprint(name: str, key: str) -> str:
    return hashlib.sha256(f"hitsuka key in use|{name}|{key}".encode()).hexdigest()[:16]
