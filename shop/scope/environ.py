"""A whole configuration with made-up keys, as environment variables: for the verifier's systems and for tests."""

from __future__ import annotations

import base64

from shop.settings import key_holders


def make_environ(database_url: str, **changes: str) -> dict[str, str]:
    """Every variable that `shop.settings.load` needs. `changes` win."""
    keys = {
        name: f"{name.lower()}-for-tests-".ljust(40, "x")
        for name in ("SECRET_KEY", "LOOKUP_KEY", "AUDIT_KEY")
    }
    data_keys = " ".join(
        f"{holder}:test1:{base64.urlsafe_b64encode(bytes([number + 1]) * 32).decode()}"
        for number, holder in enumerate(key_holders())
    )
    return {"SHOP_ENV": "test", "DATABASE_URL": database_url, "DATA_KEYS": data_keys} | keys | changes
