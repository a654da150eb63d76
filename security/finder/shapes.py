"""Numbers in one piece, or in groups divided by what divides those of a card. Pure; used by `pan`.

The text is canonical (`canonical`). The work is linear in it: a failed start looks at most eleven digits
ahead, a successful one consumes what it read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from . import neighbours
from .match import FEWEST, MOST, Match, Spend, Verdict, bare, doubtful, match_of

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_STRONG = rf"[ \t\-./{_CONTROL}]"
# Of what nobody sees there may be more.
_UNSEEN = rf"(?:[{_CONTROL}]{{1,64}}+[ \t\-./]{{0,5}}+)?+"
_RUN = re.compile(
    rf"[0-9](?=(?:{_STRONG}{{0,5}}+{_UNSEEN}[0-9]){{11}})[0-9]*+(?:{_STRONG}{{1,5}}+{_UNSEEN}[0-9]++)*+"
)
_BREAK = re.compile(rf"[^0-9 \t\-./{_CONTROL}]|[ \t\-./]{{6}}")
_PART, _SHARE_OF_PART = 32 << 10, 128
_GROUP = re.compile(rf"[0-9]++(?:[{_CONTROL}]++[0-9]++)*+")
_BEGINS_OR_IS = re.compile(rf"(?<![0-9])(?:[0-9]{{4}}|[0-9]{{{FEWEST},}})(?![0-9])")
_PIECE = re.compile(r"[0-9]+")
_DIGITS_ALONE = bytes(ord("0") if code in b"0123456789" else ord(" ") for code in range(256))
_LONGEST_LOOK = 128
_SHORTEST = 14
# In Japan: bank, branch, account. In France: a company's number with that of its office, whose Luhn digit is right.
_ACCOUNT, _SIRET = [4, 3, 7], [3, 3, 3, 5]
_MARKETPLACE_ORDER = [3, 7, 7]
_POSTAL_PARCEL = [4, 4, 4, 4, 4, 2]  # of the United States; begins with a 9
_DATE = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]")
_YEAR = "年"
_BLOCK, _REACH, _LONGEST_GROUP = 128, 20, 600
_MASKED = re.compile(rf"(?:[^*]{{0,4}}{_STRONG})?(?:\*{_STRONG}{{0,3}}){{4,8}}")
_SPREAD_LIST, _LONG_LIST, _CHAIN = 7, 12, 6
_FEWEST_COLUMNS, _MOST_GROUPS, _FEWEST_ROWS = 4, 5, 3


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def in_runs(text: str, spend: Spend) -> list[Match]:
    """Numbers in one piece or divided by what divides the groups of a card: space, hyphen, dot, slash."""
    matches: list[Match] = []
    rows: dict[tuple[str, int], list[_Row]] = {}
    runs = _runs(text, spend)
    first_two = list(itertools.islice(runs, 2))
    if len(first_two) == 1 and _is_of_small_numbers(first_two[0][0]):
        return []  # most lines with a run: an address, an object's identifier
    for run in itertools.chain(first_two, runs):
        for groups in _blocks(text, run.start(), run.end()):
            if not spend(len(groups)):
                return matches
            found = _in_groups(text, groups)
            matches += found
            small = sum(len(group.digits) <= 4 for group in groups)
            if small >= _FEWEST_COLUMNS:
                # The first character of what divides them: columns are filled up with more of it. With larger
                # numbers among them only rows of as many are of one table.
                kind = text[groups[0].end], 0 if small == len(groups) else len(groups)
                grouped = [match for match in found if match.end - match.start > match.digits_length]
                rows.setdefault(kind, []).append(_Row(len(groups), grouped))
    return _without_tables(matches, rows)


def _runs(text: str, spend: Spend) -> Iterator[re.Match[str]]:
    """Of a long text part by part, each of which ends where no run can go on, if there is such a place soon."""
    start = 0
    while start < len(text):
        cut = _BREAK.search(text, start + _PART, start + 2 * _PART)
        end = cut.end() if cut else len(text)
        if start and not spend(_SHARE_OF_PART):
            return
        yield from _RUN.finditer(text, start, end)
        start = end


def _is_of_small_numbers(run: str) -> bool:
    """Whether no group can begin a card or be one, nor all together: a fast look, sure only of a yes."""
    if len(run) > _LONGEST_LOOK or not run.isprintable() or _BEGINS_OR_IS.search(run):
        return False  # what is not printed may stand within a group
    digits = "".join(_PIECE.findall(run))
    return not FEWEST <= len(digits) <= MOST or match_of(digits, 0, len(digits)) is None


class _Row(NamedTuple):
    """A run of numbers, of up to four digits as a rule: how many there are, and what groups would be cards."""

    groups: int
    matches: list[Match]


def _without_tables(matches: list[Match], rows: dict[tuple[str, int], list[_Row]]) -> list[Match]:
    """Less sure of groups in a table of small numbers; and none in rows of more columns than a card has groups."""
    tables = [
        row
        for (_, columns), found in rows.items()
        if _is_table(found) and (not columns or _is_mostly_without(found))
        for row in found
        if row.matches
    ]
    inside = {match: row.groups > _MOST_GROUPS for row in tables for match in row.matches}
    return [
        doubtful(match) if match in inside else match for match in matches if not inside.get(match, False)
    ]


def _is_table(rows: list[_Row]) -> bool:
    cards = sum(_side_by_side(row.matches) for row in rows)
    return len(rows) >= _FEWEST_ROWS and 8 * cards < sum(row.groups for row in rows)


def _is_mostly_without(rows: list[_Row]) -> bool:
    """Whether fewer than half the rows hold a card."""
    return 2 * sum(bool(row.matches) for row in rows) < len(rows)


def _blocks(text: str, start: int, end: int) -> Iterator[list[_Group]]:
    """The groups of a run, in blocks that overlap: a hostile run may have hundreds of thousands."""
    groups = itertools.chain.from_iterable(map(_groups_of, _GROUP.finditer(text, start, end)))
    block: list[_Group] = []
    while more := list(itertools.islice(groups, _BLOCK)):
        block = block[-_REACH:] + more
        yield block


def _groups_of(found: re.Match[str]) -> Iterator[_Group]:
    """The group that digits with unseen characters between them make; unless such a character ends a column or a
    string, and a whole number stands before it or behind."""
    if found[0].isdigit():
        yield _Group(found.start(), found.end(), found[0])
        return
    digits = bare(found[0][:_LONGEST_GROUP])
    if match_of(digits, 0, len(digits)) or not _has_whole(found[0]):
        yield _Group(found.start(), found.end(), digits)
        return
    for each in _PIECE.finditer(found[0]):
        yield _Group(found.start() + each.start(), found.start() + each.end(), each[0])


def _has_whole(text: str) -> bool:
    """Whether there are as many digits at once as a number has. A fast look: by pattern a long text would be dear."""
    return b"0" * FEWEST in text.encode("ascii", "replace").translate(_DIGITS_ALONE)


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
    matches = [match for match in matches if not _are_prices(text, match, len(groups))]
    if matches and fours >= 4 and _are_others(groups, fours):
        return []
    if fours >= _CHAIN and 4 * _side_by_side(matches) + _rest(text, groups) < fours:
        return list(_in_list(matches, fours))
    return matches


def _are_prices(text: str, match: Match, groups: int) -> bool:
    """Whether so many groups or fewer all end in a nought and none is noughts alone, as on a card for tests.

    Of fewer than four only where others stand beside them.
    """
    numbers = text[match.start : match.end].replace("\x00", "").split(" ")
    least = 4 if len(numbers) == groups else 2
    return len(numbers) >= least and all(
        each.isdigit() and each.endswith("0") and each.strip("0") for each in numbers
    )


def _are_others(groups: list[_Group], fours: int) -> bool:
    """Whether groups of four are waybills, a parcel's number, or more times of day than a card has groups."""
    if fours == len(groups):
        return (fours % 3 == 0 and _are_waybills(groups)) or (
            fours >= _SPREAD_LIST and all(_CLOCK.fullmatch(group.digits) for group in groups)
        )
    return [len(group.digits) for group in groups] == _POSTAL_PARCEL and groups[0].digits[0] == "9"


def _rest(text: str, groups: list[_Group]) -> int:
    """How many groups may stand beside a card's: a date, a code. Not in a chain of hyphens, which is one number."""
    return 1 if set(_dividers(text, groups, 0, len(groups))) == {"-"} else 3


def _in_list(matches: list[Match], fours: int) -> Iterator[Match]:
    """The matches in a list of so many numbers of four digits, some of which fit by chance."""
    is_long = fours >= _LONG_LIST and 8 * _side_by_side(matches) < fours
    for match in matches:
        if match.end - match.start == match.digits_length:
            yield match  # in one piece
        elif not is_long:
            yield doubtful(match)


def _side_by_side(matches: list[Match]) -> int:
    """How many of the matches, which are in order, overlap no other that is counted."""
    count, end = 0, -1
    for match in matches:
        if match.start >= end:
            count, end = count + 1, match.end
    return count


def _are_waybills(groups: list[_Group]) -> bool:
    """Whether groups of four are waybills of Japan's carriers side by side: 11 digits, and their remainder by 7."""
    digits = "".join(group.digits for group in groups)
    return len(groups) >= 6 and all(
        int(digits[at : at + 11]) % 7 == int(digits[at + 11]) for at in range(0, len(digits), 12)
    )


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
    if set(_usual_ends(groups, 0)) >= {len(groups)}:
        return None
    # Divided unlike, only what has the sizes of a card with a divider left out: 4-8-4, say.
    if len(dividers) != 1 and (sum(sizes) != 16 or any(size % 4 for size in sizes)):
        return None
    if _is_of_others(groups, sizes, dividers):
        return None
    match = _judge(text, groups, 0, len(groups))
    if match is not None and len(sizes) == 2 and match.verdict is Verdict.MAYBE:
        return None  # a time and a size, say
    if match is None or all(neighbours.is_product_code(group.digits) for group in groups):
        return match and doubtful(match)
    if set(sizes[1:-1]) == {2} and max(sizes) == 2 and neighbours.are_bytes(text, match):
        return None
    # One digit or two behind a long piece are no group of it: a page, a month.
    uniform = len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0] and (len(sizes) > 2 or sizes[-1] > 2)
    few_pieces = 3 <= len(sizes) <= 4 and min(sizes) >= 3
    if (
        len(sizes) == 2
    ):  # halves, or a space that slipped in: other pairs with a hyphen are spans, with a slash paths
        few_pieces = min(sizes) >= 3 and (not dividers & {"-", "/"} or match.digits_length == 16)
        few_pieces &= "/" not in dividers or sizes == [8, 8]
        # Of fourteen digits: eight and six are a number and a time sooner.
        few_pieces &= match.digits_length > _SHORTEST or sizes in ([7, 7], [4, 10], [10, 4])
    few_pieces &= sizes not in (_ACCOUNT, _SIRET)
    return match if uniform or few_pieces else doubtful(match)


def _is_of_others(groups: list[_Group], sizes: list[int], dividers: set[str]) -> bool:
    """Whether groups make a fraction, a product and how many, a port, an order with its marketplace or its day."""
    return (
        (len(groups) == 2 and "." in dividers)
        or sizes == _MARKETPLACE_ORDER
        # A server and its port, as a load balancer's cookie has them.
        or (len(groups) == 3 and dividers == {"."} and groups[-1].digits == "0000")
        or any(neighbours.is_book_or_product(group.digits) for group in groups)
        or any(_DATE.fullmatch(group.digits) for group in groups[1:])
    )


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
        if neighbours.is_time(digits) or neighbours.is_resident_id(digits):
            match = doubtful(match)
        return neighbours.judge_plain(text, match, before, after, groups[last].digits if after else "")
    if len(groups[first].digits) <= 4 and _MASKED.fullmatch(text[max(0, match.start - 8) : match.start]):
        return None  # the last four of a masked number, and another number behind it
    if len(groups[last - 1].digits) == 4 and text.startswith(_YEAR, match.end):
        return None  # what a date begins with is its last group
    dividers = _dividers(text, groups, first, last)
    if before == "." == dividers[0]:
        return None  # within an object's identifier, or a version
    if len(set(dividers)) > 1 and {before, after} & {max(dividers, key=dividers.count)}:
        return None  # two numbers side by side, each divided by what divides the groups of both
    return neighbours.judge_groups(text, match, dividers[0])
