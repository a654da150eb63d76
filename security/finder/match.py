"""A card number that was found, as far as it may be shown, and the arithmetic behind it. Pure; `pan` hands it on."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import NamedTuple

from .issuers import FIRST_DIGITS, issuer_of


class Verdict(enum.StrEnum):
    """CARD: treat it as a card number. MAYBE: everyday numbers look like this too (JAN codes, ids)."""

    CARD = "card"
    MAYBE = "maybe"


class Match(NamedTuple):
    """Where a number stands (`text[start:end]`, with its separators) and the parts that may be shown."""

    start: int
    end: int
    digits_length: int
    issuer: str
    last4: str
    verdict: Verdict


# Asked before each piece of work with its size; False ends the search.
Spend = Callable[[int], bool]

FEWEST, MOST = 12, 19
# Product codes have 13 digits, waybills 12: cards of these lengths are all but extinct.
_SHORTEST_SURE = 14
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def is_luhn_valid(digits: str) -> bool:
    """Whether the last of `digits` (ASCII) is the check digit of those before it (ISO/IEC 7812-1 annex B)."""
    raw = digits.encode("ascii")
    total = sum(raw[-1::-2]) + sum(raw[-2::-2].translate(_DOUBLED))
    return (total - ord("0") * len(raw)) % 10 == 0


def match_of(digits: str, start: int, end: int) -> Match | None:
    """The match that `digits` make by themselves, or None; their neighbours were not asked yet."""
    size = len(digits)
    if not FEWEST <= size <= MOST or digits[0] not in FIRST_DIGITS or not is_luhn_valid(digits):
        return None
    issuer = issuer_of(digits)
    if issuer is None:
        return None
    verdict = Verdict.CARD if issuer.sure and size >= _SHORTEST_SURE else Verdict.MAYBE
    return Match(start, end, size, issuer.issuer, digits[-4:], verdict)


def doubtful(match: Match) -> Match:
    """The same with verdict MAYBE."""
    return match if match.verdict is Verdict.MAYBE else match._replace(verdict=Verdict.MAYBE)


def bare(number: str) -> str:
    """The digits alone."""
    return "".join(char for char in number if char.isdigit())
