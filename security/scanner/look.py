"""Look through a stream of bytes for card numbers: where they stand and what hid them. Used by `scan`.

The engine names places in a block; the finder then sees the whole line of each, plain and decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .. import pan
from ..decode import View, views
from ..decoder import dumps
from ..decoder.budget import Budget
from ..finder.published import is_test_number
from ..keys import is_card_number_key, numbers_something_else
from . import counted
from .engine import Engine
from .patterns import DECODED, PLAINLY, WRITTEN
from .places import START, Place, Reached, Readable

MOST_TOLD = 10_000
_WINDOW = 1 << 20
_PIECE = 64 << 10
_OVERLAP = 4 << 10
_LONGEST_LINE = 4 << 10
_ROUND = 512
_MOST_LINES, _MOST_DIGITS = 6, 24
_WORDS = 40
_DIGITS = b"0123456789"
_FEWEST = 7  # bytes: fourteen digits, two to each
# One group of digits to a line, and the line before the first of them.
_LISTED = re.compile(rb"[^0-9A-Za-z]{0,12}[0-9]{3,6}[^0-9A-Za-z]{0,6}")
_LIST_BEGINS = re.compile(rb"(?:[0-9]{4,6}[^0-9A-Za-z]{0,6}|[:=>\[({|-]\s?)$")
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x80-\xff]")
# One digit to a line, as lists of JSON and YAML have it.
_ONE_DIGIT = re.compile(rb"[\t -/:-@\[-`{-~]{0,12}[0-9][\t -/:-@\[-`{-~]{0,6}\r?")
# A string that ends with a digit, and the one that is joined to it in the next line.
_JOINED = re.compile(rb"[0-9][\x22\x27`][ \t]{0,4}(?:[+.&]|\|\|)?[ \t]{0,4}\r?$")
_JOINS = re.compile(rb"[ \t]{1,40}(?:(?:[+.&]|\|\|)[ \t]{0,4})?[\x22\x27`][0-9]")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=_-]{8,200}\r?")


class Sighting(NamedTuple):
    """A card number was seen. `line` and `column` count from 1, `offset` (in bytes) from 0; `last4` is kept of it."""

    offset: int
    line: int
    column: int
    length: int
    issuer: str
    last4: str
    encoding: str
    is_test: bool


class NotFullyRead(NamedTuple):
    """From this line on there was more than is looked at."""

    line: int
    reason: str = "more encoded data than can be looked at"


def look(stream: Readable, engine: Engine) -> Iterator[Sighting | NotFullyRead]:
    """What is in `stream`, which is at its beginning, from left to right; the same may be told twice where two windows
    meet. One that can seek may go back and forth. After so many numbers the rest is not looked at, and that is told."""
    told = set[tuple[int, int, int, str]]()
    for seen in _in_all(stream, engine):
        yield seen
        if isinstance(seen, Sighting):
            told.add((seen.offset, seen.line, seen.column, seen.last4))
        if len(told) == MOST_TOLD:
            yield NotFullyRead(seen.line, f"{MOST_TOLD} card numbers so far, the rest is not looked at")
            return


def _in_all(stream: Readable, engine: Engine) -> Iterator[Sighting | NotFullyRead]:
    reached, kept = Reached(stream), b""
    while window := stream.read(_WINDOW):
        block = kept + window
        yield from _in_block(block, reached, engine)
        kept = block[-_OVERLAP:]
        reached.go_past(block, len(block) - len(kept))


def look_at_value(value: bytes | str) -> Iterator[Sighting | NotFullyRead]:
    """What is in one value, a database's say, or in a small file of its own format; all of it is decoded."""
    budget = Budget(characters=64 << 20, tokens=1_000_000)
    for view in views(value, budget):
        for match in _cards(view):
            yield _sighting(view.text, match, START, view.encoding)
    if budget.over:
        yield NotFullyRead(1)


def _cards(view: View) -> Iterator[pan.Match]:
    """The cards in a view by its name too: unless that says that it numbers an order, say; a doubt under a card's."""
    under_card = view.name is not None and is_card_number_key(view.name)
    for match in pan.find(view.text):
        is_card = (match.verdict is pan.Verdict.CARD and view.sure) or under_card
        if is_card and not numbers_something_else(view.name, view.text, match):
            yield match


def _in_block(block: bytes, reached: Reached, engine: Engine) -> Iterator[Sighting | NotFullyRead]:
    place: Place | None = None
    done = 0
    for start, end, kind in _regions(block, engine):
        if end - start < _FEWEST:
            continue
        here: Place | None = None
        for seen in _in_region(block, start, end, kind):
            if here is None:
                place = here = (place or reached.place).after(block[done:start])
                done = start
            yield _moved(seen, here)


def _in_region(block: bytes, start: int, end: int, kind: int) -> Iterator[Sighting | NotFullyRead]:
    """What stands between two places of a block, as if it began there."""
    region = block[start:end]
    known, worth_decoding = set[tuple[int, str]](), _is_worth_decoding(region, kind)
    for first, last in _pieces(block, start, end) if kind & PLAINLY else ():
        matches = pan.find(_text(block[first:last]))
        cards = [match for match in matches if match.verdict is pan.Verdict.CARD]
        place = START.after(block[start:first])
        yield from (_moved(each, place) for each in _plain(block, first, last, cards))
        worth_decoding = worth_decoding or bool(matches)
        known.update((match.digits_length, match.last4) for match in cards)
        for each in _counted(block[first:last]):
            if (each.length, each.last4) not in known:
                known.add((each.length, each.last4))
                yield _moved(each, place)
    # What stands plain stands in the decoded views as well.
    for seen in _encoded(region) if worth_decoding else ():
        if isinstance(seen, NotFullyRead) or (seen.length, seen.last4) not in known:
            yield seen


def _is_worth_decoding(region: bytes, kind: int) -> bool:
    if kind & DECODED or not region.isascii():
        return True
    return bool(kind & WRITTEN) and len(region) - len(region.translate(None, _DIGITS)) >= pan.FEWEST


def _pieces(block: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The region itself; a long one in pieces that overlap, so that who has seen enough need not search it all."""
    last = start
    while last < end:
        first = start if last == start else _cut_before(block, last - _ROUND)
        last = min(end, _cut_after(block, first + _PIECE))
        yield first, last


def _moved(seen: Sighting | NotFullyRead, place: Place) -> Sighting | NotFullyRead:
    line = place.line + seen.line - 1
    if isinstance(seen, NotFullyRead):
        return seen._replace(line=line)
    # In what was decoded there is no column to tell.
    characters = place.characters if seen.line == 1 and seen.encoding == "plain" else 0
    return seen._replace(offset=place.offset + seen.offset, line=line, column=characters + seen.column)


def _regions(block: bytes, engine: Engine) -> Iterator[tuple[int, int, int]]:
    """The lines in which the engine saw something, as spans of the block, with how they are looked at."""
    region: tuple[int, int, int] | None = None
    for end, kind in sorted(engine(block)):
        if region is not None and end <= region[1] and region[2] | kind == region[2]:
            continue
        first, last = _line_round(block, end)
        if region is not None and first < region[1]:
            region = min(first, region[0]), max(last, region[1]), region[2] | kind
            continue
        if region is not None:
            yield region
        region = first, last, kind
    if region is not None:
        yield region


def _line_round(block: bytes, end: int) -> tuple[int, int]:
    """The line that ends a match at `end`, with the lines of folded base64 round it; of a long line its part."""
    at = max(0, end - 1)
    first = block.rfind(b"\n", max(0, at - _LONGEST_LINE), at) + 1 or _cut_before(
        block, max(0, at - _LONGEST_LINE)
    )
    last = block.find(b"\n", at, at + _LONGEST_LINE)
    last = last if last >= 0 else _cut_after(block, min(len(block), at + _LONGEST_LINE))
    for _ in range(_MOST_DIGITS if _ONE_DIGIT.fullmatch(block, first, last) else _MOST_LINES):
        before = first, last
        first, last = _grown(block, first, last)
        if (first, last) == before:
            break
    return first, last


def _cut_before(block: bytes, at: int) -> int:
    """A place at or before `at` that cuts no number and no word."""
    while at > 0 and block[at - 1 : at].isalnum():
        at -= 1
        if at % _OVERLAP == 0:
            break
    return at


def _cut_after(block: bytes, at: int) -> int:
    stop = min(len(block), at + _OVERLAP)
    while at < stop and block[at : at + 1].isalnum():
        at += 1
    return at


def _grown(block: bytes, first: int, last: int) -> tuple[int, int]:
    """One line more at each side, where base64 or a soft line break goes on."""
    before = block.rfind(b"\n", max(0, first - 200), max(0, first - 1)) + 1
    if first > 0 and _goes_on(block[before : first - 1], block[first:last]):
        first = before
    after = block.find(b"\n", last + 1, last + 200)
    after = after if after >= 0 else min(len(block), last + 200)
    if last < len(block) and _goes_on(block[first:last], block[last + 1 : after]):
        last = after
    return first, last


def _goes_on(line: bytes, following: bytes) -> bool:
    if line.endswith((b"=", b"=\r", b"\\", b"\\\r")) and not _BASE64_LINE.fullmatch(line):
        return True
    if dumps.go_on(line, following):
        return True
    if _JOINS.match(following) and _JOINED.search(line[-_WORDS:]):
        return True
    if _ONE_DIGIT.fullmatch(following.partition(b"\n")[0]) and (
        b"\n" in following or _ONE_DIGIT.fullmatch(line.rpartition(b"\n")[2])
    ):
        return True  # what stands before such lines says what they are
    if _LISTED.fullmatch(following.partition(b"\n")[0]) and _LIST_BEGINS.search(line[-_WORDS:]):
        return True
    return bool(
        _BASE64_LINE.fullmatch(line.rpartition(b"\n")[2])
        and _BASE64_LINE.fullmatch(following.partition(b"\n")[0])
    )


def _plain(block: bytes, start: int, end: int, cards: list[pan.Match]) -> Iterator[Sighting]:
    text = _text(block[start:end])
    if any(map(_is_grouped, cards)):
        lead, tail = _text(block[max(0, start - _ROUND) : start]), _text(block[end : end + _ROUND])
        cards = list(_in_context(cards, lead, text, tail))
    place, done = START, 0
    for match in cards:
        place = place.after(text[done : match.start].encode("utf-8", "surrogateescape"))
        done = match.start
        yield _sighting(text, match, place, "plain")


def _counted(data: bytes) -> Iterator[Sighting]:
    """What the length before it sets apart from what stands behind: in bytes that are no text."""
    if not _CONTROL.search(data):
        return
    for start, end in counted.numbers(data):
        digits = data[start:end].decode("ascii")
        for match in pan.find(digits):
            if match.verdict is pan.Verdict.CARD and match.digits_length == len(digits):
                yield _sighting(digits, match, START.after(data[:start]), "plain")


def _in_context(cards: list[pan.Match], lead: str, text: str, tail: str) -> Iterator[pan.Match]:
    """Those that are cards also among the lines round them: groups in a table are not."""
    found = pan.find(lead + text + tail)
    around = {match.start - len(lead) for match in found if match.verdict is pan.Verdict.CARD}
    for match in cards:
        if match.start in around or not _is_grouped(match):
            yield match


def _is_grouped(match: pan.Match) -> bool:
    return match.end - match.start > match.digits_length


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _encoded(region: bytes) -> Iterator[Sighting | NotFullyRead]:
    """Line by line, so that a place can be told; then all lines together, for what is folded over several."""
    budget = Budget(tokens=200_000)
    at, lines = START, region.split(b"\n")
    for line in lines:
        yield from _views_of(line, at, budget)
        at = at.after(line + b"\n")
    if len(lines) > 1:
        yield from _views_of(region, START, budget)
    if budget.over:
        yield NotFullyRead(1)


def _views_of(data: bytes, place: Place, budget: Budget) -> Iterator[Sighting]:
    plain = data.decode("utf-8", "replace")
    for view in views(data, budget):
        if view.text != plain:
            for match in _cards(view):
                yield _sighting(view.text, match, place._replace(characters=0), view.encoding)


def _sighting(text: str, match: pan.Match, place: Place, encoding: str) -> Sighting:
    is_test = is_test_number(pan.digits_of(text, match))
    offset, line, column = place.offset, place.line, place.characters + 1
    return Sighting(offset, line, column, match.digits_length, match.issuer, match.last4, encoding, is_test)
