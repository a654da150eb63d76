"""The shapes in which card numbers are written, and what in a text has one. Pure; used by `pan`.

All functions take canonical text (`canonical`). Their work is linear in it: a failed start looks at most eleven digits
ahead, a successful one consumes what it read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import neighbours
from .match import FEWEST, MOST, Match, Verdict, doubtful, is_luhn_valid, match_of

# Asked before each piece of work with its size; False ends the search.
Spend = Callable[[int], bool]

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_STRONG = rf"[ \t\-./{_CONTROL}]"
_RUN = re.compile(rf"[0-9](?=(?:{_STRONG}{{0,5}}+[0-9]){{11}})[0-9]*+(?:{_STRONG}{{1,5}}+[0-9]++)*+")
_GROUP = re.compile(rf"[0-9]++(?:[{_CONTROL}]++[0-9]++)*+")
_ANY = r"([\x00-/:-@\[-`{-\x7f]{1,4})"
_ODD_GROUPS = re.compile(
    rf"[0-9]{{4}}(?<![0-9]{{5}})(?=({_ANY}[0-9]{{4}}{_ANY}[0-9]{{4}}{_ANY}[0-9]{{4}}(?:{_ANY}[0-9]{{3}})?(?![0-9])"
    rf"|{_ANY}[0-9]{{6}}{_ANY}[0-9]{{4,5}}(?![0-9])))"
)
# ISO/IEC 7813: the frames of track 1 (%B…^) and of track 2 (;…=).
_TRACK = re.compile(r"(?:%[Bb]|;)([0-9]{12,19})[\^=][0-9A-Za-z]")
_BLOCK, _REACH = 512, 20
_MASKED = re.compile(r"(?:[^*]{0,4}[ \-./])?(?:\*[ \-./]{0,3}){4,8}")
_SPREAD_LIST = 7


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def in_runs(text: str, spend: Spend) -> Iterator[Match]:
    """Numbers in one piece or divided by what divides the groups of a card: space, hyphen, dot, slash."""
    for run in _RUN.finditer(text):
        for groups in _blocks(text, run.start(), run.end()):
            if not spend(len(groups)):
                return
            yield from _in_groups(text, groups)


def in_odd_groups(text: str, spend: Spend) -> Iterator[Match]:
    """Groups as on a card divided by anything else."""
    for found in _ODD_GROUPS.finditer(text):
        if not spend(1):
            return
        start, end = found.start(), found.end(1)
        dividers = [each for each in found.groups()[1:] if each]
        match = _best_of(text, start, end, dividers)
        if match is not None and not _crosses(text, match, dividers):
            judged = neighbours.judge_letters(text, match)
            if judged is not None:
                yield doubtful(judged) if _is_list(text, judged, dividers) else judged


def in_tracks(text: str) -> Iterator[Match]:
    """Numbers in the frame of a magnetic stripe: cards whatever their first digits are."""
    for found in _TRACK.finditer(text):
        digits, (start, end) = found[1], found.span(1)
        if is_luhn_valid(digits):
            match = match_of(digits, start, end)
            issuer = match.issuer if match else "unknown"
            yield Match(start, end, len(digits), issuer, digits[-4:], Verdict.CARD)


def _best_of(text: str, start: int, end: int, dividers: list[str]) -> Match | None:
    """With the three digits that may end a card of nineteen, or without."""
    match = match_of(_bare(text[start:end]), start, end)
    if match is None and len(dividers) == 4:
        shorter = end - 3 - len(dividers[-1])
        match = match_of(_bare(text[start:shorter]), start, shorter)
    return match


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


_LIST_DIVIDER = re.compile(r"[,;\r\n]")


def _is_list(text: str, match: Match, dividers: list[str]) -> bool:
    """Whether the groups look like a list of numbers: divided as one, unevenly, or going on beyond the match."""
    if len(set(dividers)) != 1 or _LIST_DIVIDER.search(dividers[0]):
        return True
    divider = dividers[0]
    before = text[max(0, match.start - len(divider) - 1) : match.start]
    after = text[match.end : match.end + len(divider) + 4]
    return (before[:1].isdigit() and before[1:] == divider) or (
        after.startswith(divider) and len(after) == len(divider) + 4 and after[-4:].isdigit()
    )


def _blocks(text: str, start: int, end: int) -> Iterator[list[_Group]]:
    """The groups of a run, in blocks that overlap: a hostile run may have hundreds of thousands."""
    groups = (
        _Group(found.start(), found.end(), found[0] if found[0].isdigit() else _bare(found[0]))
        for found in _GROUP.finditer(text, start, end)
    )
    block: list[_Group] = []
    while more := list(itertools.islice(groups, _BLOCK)):
        block = block[-_REACH:] + more
        yield block


def _bare(number: str) -> str:
    return "".join(char for char in number if char.isdigit())


def _in_groups(text: str, groups: list[_Group]) -> list[Match]:
    """For each group the best match that begins there, and the run as a whole."""
    matches = []
    whole = _whole_run(text, groups)
    if whole is not None:
        matches.append(whole)
    fours = 0
    for first, group in enumerate(groups):
        size = len(group.digits)
        fours += size == 4
        if size == 4 or FEWEST <= size <= MOST:
            found = [_judge(text, groups, first, last) for last in _usual_ends(groups, first)]
            matches += sorted(filter(None, found), key=_by_worth)[:1]
    if fours >= _SPREAD_LIST and 4 * len(matches) + 3 < fours:
        return list(map(doubtful, matches))  # a list of numbers of four digits, some of which fit by chance
    return matches


def _by_worth(match: Match) -> tuple[Verdict, int]:
    return match.verdict, -match.end  # "card" sorts before "maybe", longer before shorter


def _usual_ends(groups: list[_Group], first: int) -> Iterator[int]:
    """Where a number grouped as on a card may end: in one piece, in fours, 4-6-5 (Amex) or 4-6-4 (Diners)."""
    size = len(groups[first].digits)
    if size != 4:
        yield first + 1
        return
    sizes = [len(group.digits) for group in groups[first : first + 5]]
    fours = next((at for at, each in enumerate(sizes) if each != 4), len(sizes))
    if fours >= 4:
        yield first + 4
    if fours in {3, 4} and fours < len(sizes) and sizes[fours] < 4:
        yield first + fours + 1
    if fours == 3 and (first == 0 or len(groups[first - 1].digits) != 4):
        yield first + 3
    if sizes[1:3] in ([6, 5], [6, 4]):
        yield first + 3


def _whole_run(text: str, groups: list[_Group]) -> Match | None:
    """A run that is one number in unusual groups, all divided alike."""
    sizes = [len(group.digits) for group in groups]
    if not 2 <= len(groups) <= MOST or not FEWEST <= sum(sizes) <= MOST:
        return None
    dividers = set(_dividers(text, groups, 0, len(groups)))
    if len(dividers) != 1 or set(_usual_ends(groups, 0)) >= {len(groups)}:
        return None
    if len(groups) == 2 and "." in dividers:
        return None  # a decimal fraction
    match = _judge(text, groups, 0, len(groups))
    if match is None or all(neighbours.is_product_code(group.digits) for group in groups):
        return match and doubtful(match)
    uniform = len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0]
    few_pieces = 3 <= len(sizes) <= 4 and min(sizes) >= 3
    if len(sizes) == 2:  # halves, or a space that slipped in: other pairs with a hyphen are spans
        few_pieces = min(sizes) >= 3 and (dividers != {"-"} or match.digits_length == 16)
    return match if uniform or few_pieces else doubtful(match)


def _dividers(text: str, groups: list[_Group], first: int, last: int) -> list[str]:
    return [text[left.end : right.start] for left, right in itertools.pairwise(groups[first:last])]


def _judge(text: str, groups: list[_Group], first: int, last: int) -> Match | None:
    """The match that groups `first` to `last` (exclusive) make, judged by digits and neighbours."""
    digits = (
        groups[first].digits if last - first == 1 else "".join(each.digits for each in groups[first:last])
    )
    match = match_of(digits, groups[first].start, groups[last - 1].end)
    if match is None:
        return None
    before = text[groups[first - 1].end : match.start] if first else None
    after = text[match.end : groups[last].start] if last < len(groups) else None
    if last - first == 1:
        if neighbours.is_time(digits):
            match = doubtful(match)
        return neighbours.judge_plain(text, match, before, after, groups[last].digits if after else "")
    if len(groups[first].digits) <= 4 and _MASKED.fullmatch(text[max(0, match.start - 8) : match.start]):
        return None  # the last four of a masked number, and another number behind it
    dividers = _dividers(text, groups, first, last)
    if len(set(dividers)) > 1 and {before, after} & {max(dividers, key=dividers.count)}:
        return None  # two numbers side by side, each divided by what divides the groups of both
    return neighbours.judge_letters(text, match)
