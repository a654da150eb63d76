"""Judge names of database columns: which could hold what must never be stored. Pure; standard library alone.

May be stored: brand, last four digits, expiry as the provider returned it, and the provider's ids. Never: the number,
the code on the card, the holder's name with it, track data (PCI DSS 3.3; Stripe's security guide).
"""

from __future__ import annotations

import re

# fmt: off
_ALONE = frozenset({
    "pan", "pans", "cvc", "cvc2", "cvv", "cvv2", "csc", "cav2", "cid2", "cardnumber", "cardno", "cardnum", "ccnumber",
    "ccnum", "ccno", "creditcard", "cardholder", "magstripe", "trackdata", "pinblock", "bangou",
})
_CARDS = frozenset({"card", "cards", "cc", "credit", "debit", "creditcard", "kaado", "cardinfo"})
_PARTS = frozenset({
    "number", "num", "no", "nr", "nbr", "pan", "digits", "cvc", "cvv", "code", "security", "holder", "owner", "name",
    "pin", "track", "raw", "full", "data", "details", "plain", "primary", "account", "bango", "bangou", "meigi",
})
_FINE = frozenset({
    "gift", "stock", "brand", "last4", "last", "exp", "expiry", "expires", "country", "funding", "fingerprint", "id",
    "stand",
})
# fmt: on
_JAPANESE = re.compile(r"カード(?:番号|名義)|セキュリティコード")


def parts_of(name: str) -> list[str]:
    """The words of a column's name, in lower case: snake_case, camelCase or run together."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [part for part in re.split(r"[^a-z0-9]+", spaced.lower()) if part]


def why_forbidden(table: str, column: str) -> str | None:
    """Why a column of this name must not be; None when its name says nothing of the kind."""
    words, around = parts_of(column), parts_of(table)
    joined = "".join(words)
    if _JAPANESE.search(column) or joined in _ALONE or _ALONE & set(words):
        return "its name says that it holds a card's number, code or holder"
    if any(
        joined.startswith(card + part)
        for card in ("card", "cc")
        for part in ("number", "num", "holder", "cvc")
    ):
        return "its name says that it holds a card's number, code or holder"
    if _FINE & set(words):
        return None
    if words and set(words) & _CARDS and (set(words) & _PARTS or set(words) <= _CARDS):
        return "its name says that it holds what stands on a card"
    if set(around) & _CARDS and not set(around) & _FINE and set(words) <= _PARTS - {"code"} and words:
        return "in a table of cards its name says that it holds what stands on one"
    if re.fullmatch(r"track(?:_?[12])?(?:_?data)?", "_".join(words)):
        return "its name says that it holds a card's track"
    return None
