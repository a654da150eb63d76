"""Groups of digits with anything between them: as on a card, digit by digit, in thousands. Pure; used by `pan`.

The text is canonical (`canonical`). A failed start looks at a bounded number of characters ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import neighbours
from .match import FEWEST, MOST, Match, Spend, bare, doubtful, match_of

_ODD = r"[\x00-/:-@\[-`{-\x7fの]"
_ANY = rf"({_ODD}{{1,4}})"
_UNLIKE = re.compile(
    rf"[0-9]{{4}}(?<![0-9]{{5}})(?=({_ANY}[0-9]{{4}}{_ANY}[0-9]{{4}}{_ANY}[0-9]{{4}}(?:{_ANY}[0-9]{{1,3}})?(?![0-9])"
    rf"|{_ANY}[0-9]{{6}}{_ANY}[0-9]{{4,5}}(?![0-9])))"
)
# The same between all groups, and therefore longer: the indent of a line, quotes with what joins them.
_ALIKE = re.compile(
    rf"[0-9]{{4}}(?<![0-9]{{5}})(?=(({_ODD}{{5,24}}+)[0-9]{{4}}\2[0-9]{{4}}\2[0-9]{{4}}(?:\2[0-9]{{3}})?(?![0-9])))"
    rf"|[0-9]{{4}}(?<![0-9]{{5}})(?=(({_ODD}{{5,24}}+)[0-9]{{6}}\4[0-9]{{4,5}}(?![0-9])))"
)
_SINGLE = re.compile(rf"[0-9](?<![0-9]{{2}})({_ODD}{{1,8}}+)[0-9](?:\1[0-9]){{{FEWEST - 2},}}+(?![0-9])")
_THOUSANDS = re.compile(r"(?<![0-9,.'_])[1-9][0-9]{0,2}([,_'])[0-9]{3}(?:\1[0-9]{3}){3,5}(?![0-9]|\1[0-9])")
# What marks an amount or a size, before it (¥ is an asterisk in canonical text) and behind it; 000 ends a rounded one.
_UNIT_BEFORE = re.compile(r"(?:[$*\\]|(?:JPY|USD|EUR|yen|合計|金額|bytes?|size)[ :=]{0,3})$", re.IGNORECASE)
_UNIT_BEHIND = re.compile(
    r" ?(?:円|元|兆|億|件|個|人|%|(?:JPY|USD|EUR|yen|bytes?|[KMGT]i?B|B|[mnu]s|rows?|records?)(?![A-Za-z]))",
    re.IGNORECASE,
)
_FEWEST_IN_THOUSANDS = 15
_QUOTED = re.compile(r"^([\"'`])[^\"'`]*\1$")
_LIST_DIVIDER = re.compile(r"[,;\t\r\n]")
_USUAL = re.compile(r"[ \t\-./\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_WINDOW, _LONGEST, _SHARE = 64 << 10, 128, 1600
_THIN_SPACE = r"\,"  # of TeX
_DAY = re.compile(r"(?:19|20)[0-9]{2}(?:年|[-/.](?:0?[1-9]|1[0-2])[-/.][0-3]?[0-9](?![0-9]))")
_LONG_LIST = 4
_LISTS = re.compile(r"[,;\r\n]")
# On a scale, of a survey say, there are few digits and no nought, eight or nine.
_FEWEST_DIGITS, _OFF_SCALE = 6, frozenset("089")


def in_unlike_dividers(text: str, spend: Spend) -> list[Match]:
    """Groups as on a card, with up to four characters between them, which may differ."""
    matches: list[Match] = []
    lists: dict[str, list[Match | None]] = {}
    for found in _UNLIKE.finditer(text):
        if not spend(1):
            break
        dividers = [each for each in found.groups()[1:] if each]
        if all(map(_USUAL.fullmatch, dividers)):
            continue  # `shapes` sees them
        match = _best_of(text, found.start(), found.end(1), dividers)
        if match is not None:
            crosses = _crosses(text, match, dividers) or _ends_in_a_day(text, match)
            match = None if crosses else neighbours.judge_letters(text, match)
        if match is not None and _is_list(text, match, dividers) and not neighbours.names_a_card(text, match):
            lists.setdefault(dividers[0], []).append(doubtful(match))
        elif match is not None:
            matches.append(match)
        else:
            lists.setdefault(dividers[0], []).append(None)
    return matches + [match for found in lists.values() for match in _of_list(found)]


def _of_list(found: list[Match | None]) -> list[Match]:
    """None of a list of numbers of four digits, most places of which hold no card."""
    matches = [match for match in found if match is not None]
    return [] if len(found) >= _LONG_LIST and 2 * len(matches) < len(found) else matches


def in_like_dividers(text: str, spend: Spend) -> Iterator[Match]:
    """Groups as on a card, with the same few characters between all of them."""
    for found in _in_windows(_ALIKE, text, spend):
        if not spend(1):
            return
        behind, divider = (1, found[2]) if found[2] else (3, found[4])
        digits = bare(text[found.start() : found.end(behind)])
        count = len(re.findall(r"[0-9]+", text[found.start() : found.end(behind)])) - 1
        match = _best_of(text, found.start(), found.end(behind), [divider] * count) if digits else None
        judged = neighbours.judge_letters(text, match) if match else None
        if judged is not None:
            is_list = _is_list(text, judged, [divider]) and not neighbours.names_a_card(text, judged)
            yield doubtful(judged) if is_list else judged


def _in_windows(pattern: re.Pattern[str], text: str, spend: Spend) -> Iterator[re.Match[str]]:
    """Where a dear pattern fits; of a long text, window by window while there is time."""
    for start in range(0, len(text), _WINDOW):
        if start and not spend(_SHARE):
            return
        for found in pattern.finditer(text, start, start + _WINDOW + _LONGEST):
            if found.start() >= start + _WINDOW:
                break
            yield found


def digit_by_digit(text: str, spend: Spend) -> Iterator[Match]:
    """Single digits with the same few characters between all of them, and none more of them."""
    for found in _SINGLE.finditer(text):
        if not spend(1):
            return
        count = 1 + (len(found[0]) - 1) // (1 + len(found[1]))
        digits = bare(found[0]) if count <= MOST else ""
        match = match_of(digits, *found.span()) if digits else None
        if match is not None:
            # One character in each pair of quotes: a number taken apart.
            is_list = _LIST_DIVIDER.search(found[1]) and not _QUOTED.search(found[1])
            sure = (is_no_scale(digits) and not is_list) or neighbours.names_a_card(text, match)
            yield match if sure else doubtful(match)


def in_thousands(text: str, spend: Spend) -> Iterator[Match]:
    """Written as an amount, as spreadsheets and formatted log messages do; a unit says that it is one."""
    for found in _THOUSANDS.finditer(text):
        if not spend(1):
            return
        match = match_of(bare(found[0]), *found.span())
        if match is not None:
            yield doubtful(match) if _is_amount(text, match) else match


def _is_amount(text: str, match: Match) -> bool:
    return (
        match.digits_length < _FEWEST_IN_THOUSANDS
        or match.last4.endswith("000")
        or bool(_UNIT_BEFORE.search(text[max(0, match.start - 12) : match.start]))
        or bool(_UNIT_BEHIND.match(text, match.end))
    )


def is_no_scale(digits: str) -> bool:
    """Whether single digits are too various to be answers on a scale."""
    return len(set(digits)) >= _FEWEST_DIGITS and not _OFF_SCALE.isdisjoint(digits)


def _best_of(text: str, start: int, end: int, dividers: list[str]) -> Match | None:
    """With the digits that may end a card of more than sixteen, or without."""
    if len(dividers) < 4:
        return match_of(bare(text[start:end]), start, end)
    tail = len(text[start:end]) - len(text[start:end].rstrip("0123456789"))
    shorter = end - tail - len(dividers[-1])
    # Three digits end a card of nineteen oftener than a code follows; one or two are a month sooner.
    ends = (end, shorter) if tail == 3 else (shorter, end)
    found = (match_of(bare(text[start:each]), start, each) for each in ends)
    return next(filter(None, found), None)


def _crosses(text: str, match: Match, dividers: list[str]) -> bool:
    """Whether groups of two numbers were put together: unlike dividers inside, the commonest going on outside."""
    commonest = max(dividers, key=dividers.count)
    if len(set(dividers)) == 1:
        return False
    before = text[max(0, match.start - len(commonest) - 1) : match.start]
    after = text[match.end : match.end + len(commonest) + 1]
    return (before[:1].isdigit() and before[1:] == commonest) or (
        after[-1:].isdigit() and after[:-1] == commonest
    )


def _ends_in_a_day(text: str, match: Match) -> bool:
    """Whether the last groups are the year, or year and month, with which the next line begins."""
    last = text.rfind("\n", match.start, match.end)
    return last >= 0 and bool(_DAY.match(text, last + 1))


def _is_list(text: str, match: Match, dividers: list[str]) -> bool:
    """Whether the groups look like a list of numbers: divided as one, unevenly, or going on beyond the match."""
    # A divider at a line's end goes on in the next one: 4000-0000-, and 0000-0000 below it.
    dividers = [each.strip("\r\n") or each for each in dividers]
    if len(set(dividers)) != 1 or (_LISTS.search(dividers[0]) and dividers[0] != _THIN_SPACE):
        return True
    divider = dividers[0]
    before = text[max(0, match.start - len(divider) - 1) : match.start]
    after = text[match.end : match.end + len(divider) + 4]
    return (before[:1].isdigit() and before[1:] == divider) or (
        after.startswith(divider) and len(after) == len(divider) + 4 and after[-4:].isdigit()
    )
