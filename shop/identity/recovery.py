"""Recovery codes: ten, shown once, each usable once, for whoever has lost the second factor."""

from __future__ import annotations

import secrets
import unicodedata

from shop.identity.tokens import token_hash

CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
_GROUPS, _GROUP = 3, 5


def new_codes() -> list[str]:
    """Fresh codes such as k7m2q-9xw4t-c3hvn: 74 random bits each, so a plain hash is enough to keep."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(CODES)]


def code_hash(code: str) -> str:
    """The hash to keep and to compare by. Hyphens, spaces, width and capitals do not matter."""
    folded = unicodedata.normalize("NFKC", code).casefold()
    return token_hash("".join(char for char in folded if char.isalnum()))


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_GROUP))
