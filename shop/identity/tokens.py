"""Opaque tokens: what a browser or a mail holds, and the hash that the database keeps of it."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_token() -> tuple[str, str]:
    """A token of 256 random bits, URL-safe, and the hash to keep."""
    token = secrets.token_urlsafe(_BYTES)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """SHA-256 in hex: enough for what is random; a dump gives no token. Any text is taken, non-ASCII too."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
