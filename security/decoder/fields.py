"""Numbers spread over the fields of one parent: put together again. Used by `decode`; pure.

Fields belong together when they follow one another and hold nothing but digits, or when their names differ by a number
alone (card1, card2 …), whatever stands between them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..finder.canonical import canonical
from ..finder.odd_groups import is_no_scale
from ..keys import is_card_number_key
from .budget import Budget
from .view import View


class Piece(NamedTuple):
    """A short value that may be a part of a number, and the name of its field."""

    name: str
    value: str


_DIGITS = re.compile(r"[0-9]{1,13}")
_STEM = re.compile(r"[\d_\-\[\]]+")
_LAST_LETTER = re.compile(r"[_-]?[A-Da-d]$")
_FEWEST, _MOST, _FEWEST_CODES = 14, 19, 12
_FEW = 64
_AS_PRINTED = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}
# Words for a part of something, with nothing behind them: fields that are called by such alone are one number's.
_PART = re.compile(
    r"(?:^|[_-])(?:bin|iin|first|second|third|fourth|1st|2nd|3rd|4th|last|left|right|front|back|head|tail|prefix|suffix|mid|middle|rest|half|part|segment"
    r"|chunk|piece|block)s?(?:half|part|six|four)?$|前半|後半",
    re.IGNORECASE,
)
# What a row of such fields counts or measures; four of them pass Luhn by chance oftener than a card is typed there.
_COUNTS = re.compile(
    r"price|amount|total|qty|quantit|count|stock|cost|fee|tax|year|weight|width|height|size|score|point|sku|code|rate"
    r"|limit|sum|date|time|last|page|start|end$|min$|max$|from$|low|high|円|価格|金額|数量|在庫|年",
    re.IGNORECASE,
)


def joined(fields: Sequence[Piece], budget: Budget) -> Iterator[View]:
    """Numbers typed into several boxes, in the order of the fields and in that of their names."""
    if sum(map(len, (piece.value for piece in fields))) < _FEWEST:
        return
    pieces = [Piece(name, canonical(value).strip()) for name, value in _while_allowed(fields, budget)]
    for is_number, run in itertools.groupby(pieces, key=_is_number):
        neighbours = list(run)
        if is_number and len(neighbours) >= 2:
            yield from _of_one_stem(_while_allowed(neighbours, budget))
            if _are_parts(neighbours):
                yield from _put_together(neighbours, neighbours[0].name, counts=False)
            elif _sizes(neighbours) in _AS_PRINTED:
                yield from _put_together(neighbours, neighbours[0].name)
    yield from _apart(_while_allowed(pieces, budget))


def _while_allowed(pieces: Sequence[Piece], budget: Budget) -> Iterator[Piece]:
    """There may be thousands."""
    if len(pieces) <= _FEW:
        return iter(pieces)
    return itertools.takewhile(lambda _: budget.spend(0), pieces)


def _is_number(piece: Piece) -> bool:
    return bool(_DIGITS.fullmatch(piece.value))


def _sizes(pieces: Iterable[Piece]) -> tuple[int, ...]:
    return tuple(len(piece.value) for piece in pieces)


def _are_parts(pieces: list[Piece]) -> bool:
    names = {piece.name for piece in pieces}
    return len(names) == len(pieces) <= 4 and all(
        _PART.search(re.sub(r"\d", "", piece.name)) for piece in pieces
    )


def _of_one_stem(pieces: Iterable[Piece]) -> Iterator[View]:
    for stem, group in itertools.groupby(pieces, key=lambda piece: _stem(piece.name)):
        boxes = list(group)
        if 2 <= len(boxes) <= _MOST:
            yield from _put_together(boxes, stem)
            in_order = _by_name(boxes)
            if in_order != boxes:
                yield from _put_together(in_order, stem)


def _apart(pieces: Iterable[Piece]) -> Iterator[View]:
    """Boxes whose names differ by a number alone, with other fields between them."""
    by_stem: dict[str, list[tuple[int, Piece]]] = {}
    for at, piece in enumerate(pieces):
        stem = _STEM.sub("", piece.name)
        if stem != piece.name and _is_number(piece):
            by_stem.setdefault(stem, []).append((at, piece))
    for stem, boxes in by_stem.items():
        names = {piece.name for _, piece in boxes}
        if 2 <= len(boxes) == len(names) <= _MOST and boxes[-1][0] - boxes[0][0] >= len(boxes):
            yield from _put_together(_by_name([piece for _, piece in boxes]), stem)


def _by_name(boxes: list[Piece]) -> list[Piece]:
    return sorted(boxes, key=lambda piece: (len(piece.name), piece.name))


def _stem(name: str) -> str:
    return _LAST_LETTER.sub("", _STEM.sub("", name))


def _put_together(boxes: list[Piece], name: str, *, counts: bool | None = None) -> Iterator[View]:
    digits = [piece.value for piece in boxes]
    # Prices come in such rows as well, but all of them end in 0.
    if _FEWEST <= sum(map(len, digits)) <= _MOST and (
        len(digits) == 2 or any(piece[-1] != "0" for piece in digits)
    ):
        counts = any(_COUNTS.search(piece.name) for piece in boxes) if counts is None else counts
        sure = is_card_number_key(name) or (_is_sure(digits) and not counts)
        yield View(" ".join(digits), name, "joined fields", sure=sure)


def _is_sure(digits: list[str]) -> bool:
    # Answers on a scale come in such rows oftener than cards.
    return len(digits) <= 5 or is_no_scale("".join(digits))


def of_numbers(numbers: Sequence[str], name: str | None) -> Iterator[View]:
    """Whole numbers in a row: the codes of characters, or digits and groups of four as a guess.

    Under a card number's name it is no guess, nor must the groups be of four.
    """
    if sum(each in _CODES_OF_DIGITS for each in numbers) >= _FEWEST_CODES:
        # A program's bytes, other characters among them.
        yield View("".join(map(_character, numbers)), name, "character codes")
        return
    under_card = name is not None and is_card_number_key(name)
    if not (2 if under_card else 4) <= len(numbers) <= _MOST:
        return
    if under_card and _FEWEST <= sum(map(len, numbers)) <= _MOST:
        yield View(" ".join(numbers), name, "joined numbers")
    elif {len(each) for each in numbers} in ({1}, {4}):
        # Series of counts and prices look the same.
        yield View(" ".join(numbers), name, "joined numbers", sure=False)


_CODES_OF_DIGITS = frozenset(str(ord(digit)) for digit in "0123456789")
_CHARACTERS = {str(code): chr(code) for code in range(128)}


def _character(code: str) -> str:
    return _CHARACTERS.get(code, "?")
