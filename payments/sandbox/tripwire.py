"""Notices a card number that reaches a place where none belongs, and counts it. Imported by `app`.

Two nets. Any number that this sandbox knows (published or registered) is noticed wherever it stands in a
run of digits. Any other number is noticed when brand, length and check digit fit and it stands alone or in
a card's groups; hexadecimal digests and UUIDs, which now and then hold such a run, are let pass.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from urllib.parse import unquote_plus

from .cards import brand_of, luhn_valid

_ALONE = re.compile(r"(?<![0-9A-Za-z])\d{13,19}(?![0-9A-Za-z])")
_GROUPED = re.compile(r"(?<![0-9A-Za-z])\d{4}([ .-])(?:\d{4}\1\d{4}\1\d{1,7}|\d{6}\1\d{4,5})(?![0-9A-Za-z])")
_RUN = re.compile(r"\d(?:[ .-]?\d){12,}")


class Tripwire:
    """Looks for card numbers and counts what it refused, by method and route. Keeps no number."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def holds_card_number(self, texts: Iterable[str]) -> bool:
        return any(self._found(form) for text in texts for form in {text, unquote_plus(text)})

    def _found(self, text: str) -> bool:
        if not any(c.isdigit() for c in text):
            return False
        plain = unicodedata.normalize("NFKC", text)
        candidates = [m[0] for pattern in (_ALONE, _GROUPED) for m in pattern.finditer(plain)]
        if any(_is_card_number("".join(filter(str.isdigit, c))) for c in candidates):
            return True
        return any(
            self._knows(w) for m in _RUN.finditer(plain) for w in _windows("".join(filter(str.isdigit, m[0])))
        )

    def count(self, where: str) -> None:
        with self._lock:
            self._counts[where] += 1

    def report(self) -> dict[str, object]:
        with self._lock:
            return {"refused": sum(self._counts.values()), "where": dict(self._counts)}

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()


def _is_card_number(digits: str) -> bool:
    return luhn_valid(digits) and brand_of(digits) is not None


def _windows(digits: str) -> Iterable[str]:
    for length in range(13, 20):
        for start in range(len(digits) - length + 1):
            yield digits[start : start + length]
