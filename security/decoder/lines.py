"""Numbers that a line's end has cut in two: by a fixed width, or because a record went on in the next one. Pure.

Used by `layers`. Two numbers one below the other look the same: it is a guess, unless a word before says what comes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from ..finder.canonical import canonical
from ..finder.match import FEWEST, MOST, match_of
from ..finder.neighbours import announces_a_card
from .budget import Budget
from .view import View

# As it stands, or as strings of programs have it. (Each begins with a character as it is, to which the search leaps.)
_CUT = re.compile(r"\n(?:(?<=[0-9]\n)|(?<=[0-9]\r\n))(?=[0-9])")
_WRITTEN_CUT = re.compile(r"\\n(?:(?<=[0-9]\\n)|(?<=[0-9]\\r\\n))(?=[0-9])")
_ROLES = bytes(
    ord("0") if code in b"0123456789" else ord("n") if code == 0x0A else 0x20 for code in range(256)
)
# No telephone's number before, and no day behind.
_BEFORE = re.compile(r"(?<![0-9+])([0-9]{1,18})(?:\r|\\r)?$")
_BEHIND = re.compile(r"[0-9]{1,18}(?![0-9]|[-/.][0-9]{1,2}(?![0-9])|年)")
# RFC 5424: what each record of a log begins with, up to its message.
_HEADER = re.compile(r"\n<[0-9]{1,3}>1 (?:[^ \n]{1,255} ){5}(?:-|\[[^\]\n]{0,500}\]) ")
_WORDS = 40
_FEWEST_HERE, _REACH = 2, 20


def may_be_cut(text: str) -> bool:
    """Whether digits at a line's end go on in the next line, or records follow one another. A fast look."""
    if "\n" in text:
        lines = text.encode("ascii", "replace").translate(_ROLES, b"\r")
        return ("\n<" in text and ">1 " in text) or (b"0n0" in lines and bool(_CUT.search(text)))
    return "\\n" in text and bool(_WRITTEN_CUT.search(text))


def uncut(view: View, budget: Budget) -> Iterator[View]:
    """The numbers that two lines hold together, each with the words before it."""
    text, records = view.text, view.text.count("\n<")
    if records and budget.spend(0, tokens=records):
        text = _HEADER.sub("\n", text)
    for cut in itertools.chain(_CUT.finditer(text), _WRITTEN_CUT.finditer(text)):
        if not budget.spend(0, tokens=1):
            return
        first = _BEFORE.search(text[max(0, cut.start() - _REACH) : cut.start()])
        second = _BEHIND.match(text, cut.end())
        if first is None or second is None or min(len(first[1]), len(second[0])) < _FEWEST_HERE:
            continue
        digits = first[1] + second[0]
        if FEWEST < len(digits) <= MOST and match_of(digits, 0, len(digits)):
            words = _words_before(text, cut.start() - len(first[0]))
            yield View(words + digits, view.name, "lines", sure=announces_a_card(canonical(words)))


def _words_before(text: str, at: int) -> str:
    return text[max(0, at - _WORDS) : at].rpartition("\n")[2]
