"""Card numbers made for one run, so that a hit anywhere is a leak. Pure but for the randomness."""

from __future__ import annotations

import secrets

from .. import pan
from ..finder.published import is_test_number


def fresh_number(prefix: str = "4", length: int = 16) -> str:
    """A random number with this beginning that passes the check digit, and that no provider has published.

    Raises ValueError when the finder would not call such a number a card: nothing could be learnt from it.
    """
    rest = length - len(prefix) - 1
    if rest < 9:
        raise ValueError("too few random digits: it could exist elsewhere")
    for _attempt in range(100):
        body = prefix + "".join(secrets.choice("0123456789") for _ in range(rest))
        number = next(body + digit for digit in "0123456789" if pan.is_luhn_valid(body + digit))
        matches = pan.find(number)
        if not is_test_number(number) and matches and matches[0].verdict is pan.Verdict.CARD:
            return number
    raise ValueError(f"no issuer has cards of {length} digits that begin with {prefix}")
