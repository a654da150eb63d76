"""A readable text found in an input, and numbers spread over the fields of one parent. Used by `decode`; pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .canonical import canonical


class View(NamedTuple):
    """One readable text found in the input.

    `name` is the form field, JSON key or part it belongs to (None: none); `encoding` names the last step. What is
    found in a view that is not `sure` is a guess of ours, never more than MAYBE.
    """

    text: str
    name: str | None = None
    encoding: str = "plain"
    sure: bool = True


class Piece(NamedTuple):
    """A short value that may be a part of a number, and the name of its field."""

    name: str
    value: str


_DIGITS = re.compile(r"[0-9]{1,12}")
_STEM = re.compile(r"[\d_\-\[\]]+")
_LAST_LETTER = re.compile(r"[_-]?[A-Da-d]$")
_FEWEST, _MOST = 14, 19
_AS_PRINTED = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}


def joined(fields: Sequence[Piece]) -> Iterator[View]:
    """Numbers typed into several boxes: neighbours of one stem (card1, card2 …) or printed sizes, all digits."""
    if sum(map(len, (piece.value for piece in fields))) < _FEWEST:
        return
    pieces = [Piece(name, canonical(value).strip()) for name, value in fields]
    for is_number, run in itertools.groupby(pieces, key=lambda piece: bool(_DIGITS.fullmatch(piece.value))):
        neighbours = list(run)
        if is_number and len(neighbours) >= 2:
            yield from _of_one_stem(neighbours)
            if tuple(len(piece.value) for piece in neighbours) in _AS_PRINTED:
                yield from _put_together(neighbours, neighbours[0].name)


def _of_one_stem(pieces: list[Piece]) -> Iterator[View]:
    for stem, group in itertools.groupby(pieces, key=lambda piece: _stem(piece.name)):
        boxes = list(group)
        if 2 <= len(boxes) <= _MOST:
            yield from _put_together(boxes, stem)
            in_order = sorted(boxes, key=lambda piece: (len(piece.name), piece.name))
            if in_order != boxes:
                yield from _put_together(in_order, stem)


def _stem(name: str) -> str:
    return _LAST_LETTER.sub("", _STEM.sub("", name))


def _put_together(boxes: list[Piece], name: str) -> Iterator[View]:
    digits = [piece.value for piece in boxes]
    # Prices come in such rows as well, but all of them end in 0.
    if _FEWEST <= sum(map(len, digits)) <= _MOST and any(piece[-1] != "0" for piece in digits):
        # Single digits are answers on a scale oftener than cards.
        yield View(" ".join(digits), name, "joined fields", sure=len(digits) <= 5)
