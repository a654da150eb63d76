"""Which passwords are refused: too short, known to everyone, or made of what the person or the shop is called.

No rules of composition for shoppers and no forced change (ASVS 5.0, 6.2.5 and 6.2.10). Looked up offline: nothing of a
password leaves the process.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from functools import cache
from importlib.resources import files

from shop.identity.passwords import LONGEST

SHOPPER_LEAST = 8
STAFF_LEAST = 15
"""ASVS 5.0, 6.2.1: eight at least, fifteen advised; staff follow the advice."""

_LEET = str.maketrans("0134578@$!", "oieastbasi")
_SHORTEST_NAME = 4
_MARKS = frozenset("!?.#*-_+@$ \u3000")


class Weak(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    """On a list of passwords that everyone tries, or a trivial change of one."""
    PERSONAL = "personal"
    """Made of the name, the address or the shop."""
    REPEATED = "repeated"
    """One character, or a short piece, again and again; or a row of the keyboard or the alphabet."""
    ONE_KIND = "one_kind"
    """Digits alone or letters alone, where staff need both (PCI DSS 4.0.1, 8.3.6)."""


def weakness(
    password: str, *, least: int = SHOPPER_LEAST, names: Collection[str] = (), both_kinds: bool = False
) -> Weak | None:
    """Why `password` is refused, or None. `names` are words that a stranger could guess: mail address, shop."""
    if len(password) < least:
        return Weak.SHORT
    if len(password) > LONGEST:
        return Weak.LONG
    folded = _folded(password)
    if _is_repeated(folded):
        return Weak.REPEATED
    if any(form in _common() for form in _forms(folded)):
        return Weak.COMMON
    if _is_made_of(folded, names):
        return Weak.PERSONAL
    if both_kinds and not (any(map(str.isdigit, password)) and any(map(str.isalpha, password))):
        return Weak.ONE_KIND
    return None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _forms(folded: str) -> set[str]:
    """The password and what is left when the usual decorations are taken off: password1!, p4ssw0rd, 123password."""
    bare = folded.strip("0123456789!?.#*-_+@$ ")
    forms = {folded, folded.translate(_LEET), bare, bare.translate(_LEET)}
    return {form for form in forms if len(form) >= 4}


def _is_repeated(folded: str) -> bool:
    """A piece of up to four characters repeated to the end, or one run of neighbours (abcdefgh, 87654321)."""
    pieces = any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, 5))
    steps = {ord(right) - ord(left) for left, right in itertools.pairwise(folded)}
    rows = ("qwertyuiopasdfghjklzxcvbnm", "1234567890", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")
    return pieces or steps in ({1}, {-1}) or any(folded in row or folded in row[::-1] for row in rows)


def _is_made_of(folded: str, names: Collection[str]) -> bool:
    """Whether little is left of it without the words that anyone could guess."""
    left = bare = "".join(char for char in folded if char not in _MARKS)
    words = {word for name in names for word in _words(_folded(name)) if len(word) >= _SHORTEST_NAME}
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return left != bare and len(left.strip("0123456789")) < _SHORTEST_NAME


def _words(name: str) -> set[str]:
    words = "".join(" " if char in _MARKS else char for char in name).split()
    return {*words, "".join(words)}


@cache
def _common() -> frozenset[str]:
    """Some 30,000 leaked passwords (the list that zxcvbn carries) and common Japanese ones. Read at the first use."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    japanese = files(__package__).joinpath("common_ja.txt").read_text("utf-8").splitlines()
    return frozenset({*FREQUENCY_LISTS["passwords"], *map(_folded, japanese)})
