"""Zero-width joiners that a name needs: in Persian ZWNJ parts two letters of a word, in Sinhala ZWJ makes a conjunct.

Elsewhere they are of no use, and two names that look alike would differ. Kept as Unicode allows them in identifiers
(UAX 31, 2.3, contexts A1, A2 and B), as far as Python's own tables tell: never beside a digit.
"""

from __future__ import annotations

import re
import unicodedata

JOINERS = "\u200c\u200d"
_ZWNJ = "\u200c"
_RUN = re.compile(f"[{JOINERS}]+")
_VIRAMA = 9
"""Its canonical combining class, in each of the scripts that have one."""
# Scripts whose letters are joined; the first word of each letter's name.
_CURSIVE = frozenset({"ARABIC", "SYRIAC", "MANDAIC", "MONGOLIAN", "NKO", "ADLAM", "HANIFI"})


def only_needed(text: str) -> str:
    """`text` without the joiners that Unicode does not allow where they stand; of several in a row one stays."""
    return _RUN.sub(_kept, text)


def _kept(run: re.Match[str]) -> str:
    joiner, after = run[0][0], run.string[run.end() : run.end() + 1]
    base, marks = _before(run.string, run.start())
    if not base or (after and unicodedata.category(after) in {"Nd", "Nl", "No", "Mn", "Mc", "Me"}):
        return ""
    if any(unicodedata.combining(mark) == _VIRAMA for mark in marks):
        return joiner if joiner != _ZWNJ or _is_letter(after) else ""  # A2; B, which may end a word
    is_between = joiner == _ZWNJ and _is_letter(after) and _script(base) == _script(after)
    return joiner if is_between and _script(base) in _CURSIVE else ""  # A1


def _before(text: str, end: int) -> tuple[str, str]:
    """The letter that stands before `end`, "" if there is none, and its marks."""
    start = end
    while start and unicodedata.combining(text[start - 1]):
        start -= 1
    marks = text[start:end]
    while start and unicodedata.category(text[start - 1]) in {"Mn", "Mc"}:
        start -= 1
    return (text[start - 1] if start and _is_letter(text[start - 1]) else ""), marks


def _is_letter(char: str) -> bool:
    return bool(char) and unicodedata.category(char) in {"Lo", "Lu", "Ll"}


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]
