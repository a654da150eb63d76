"""Trees of names and values, whatever format they were read from: every value, and what is spread over several. Pure.

Used by `documents` (JSON) and by the readers of binary formats: they build lists, `Pairs`, texts, `Number`s and bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from .budget import Budget
from .fields import Piece, joined, of_numbers
from .view import Packed, View

SHORTEST = 12
LONGEST_FRACTION = 40
_LONG, _LARGEST = 10**16, 10**20
SHORT_CODE = re.compile(r"\D{0,2}\d{3,4}\D{0,2}")


@dataclass(frozen=True)
class Pairs:
    """An object or map with its keys as they came: a duplicate key must not hide a value."""

    pairs: list[tuple[str, object]]


class Number(str):
    """A number's digits as written. Unlike strings, numbers side by side are no boxes of one card number."""

    __slots__ = ()


def _is_fraction(value: object) -> bool:
    """Whether it is a number with a point, which is no card's: those that are whole were written without."""
    return isinstance(value, Number) and len(value) <= LONGEST_FRACTION and "." in value


class LongNumber(Number):
    """Of seventeen digits and more, in a binary format: an id, or bytes drawn by lot that read as the format."""

    __slots__ = ()


class NotThisError(Exception):
    """The bytes are something else than the format that was tried."""


def number_of(value: float) -> Number:
    """A binary format's number: a float that is whole, as it is in an index or a spreadsheet, without its point."""
    kind = LongNumber if abs(value) >= _LONG else Number
    return kind(int(value) if value == value // 1 and abs(value) < _LARGEST else value)


def values(name: str | None, tree: object, encoding: str, budget: Budget) -> Iterator[View | Packed]:
    """The keys, texts and numbers of a tree, and arrays of short digit strings put together."""
    pending: list[tuple[str | None, object]] = [(name, tree)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, str):
            if (len(value) >= SHORTEST and not _is_fraction(value)) or SHORT_CODE.fullmatch(value):
                yield View(value, name, encoding, sure=not isinstance(value, LongNumber))
        elif isinstance(value, bytes):
            yield Packed(value, name, encoding)
        elif not budget.spend(0):
            return
        elif isinstance(value, Pairs):
            yield from (
                View(key, None, f"{encoding} key", sure=not isinstance(key, LongNumber))
                for key, _ in value.pairs
                if len(key) >= SHORTEST
            )
            yield from joined([each for key, inner in value.pairs for each in _piece(key, inner)], budget)
            yield from of_numbers([each for _, each in value.pairs if isinstance(each, Number)], name)
            pending += value.pairs
        elif isinstance(value, list):
            yield from joined([each for inner in value for each in _piece(name or "", inner)], budget)
            yield from of_numbers([each for each in value if isinstance(each, Number)], name)
            if len(value) >= SHORTEST:
                yield from _typed(value, budget)
            pending += [(name, each) for each in value]


def _typed(objects: list[object], budget: Budget) -> Iterator[View]:
    """Single digits that objects in a row hold under one name, whatever else is in them: the keys that were pressed."""
    by_name: dict[str, list[Piece]] = {}
    for each in objects:
        for name, value in each.pairs if isinstance(each, Pairs) and len(each.pairs) > 1 else ():
            if _is_string(value) and len(value) == 1:
                by_name.setdefault(name, []).append(Piece(name, value))
    for pieces in by_name.values():
        if len(pieces) >= SHORTEST:
            yield from joined(pieces, budget)


def _piece(name: str, value: object) -> tuple[Piece, ...]:
    """A short string, also one that is all that an object holds, by its key there; nothing of anything else."""
    for _ in range(3):
        if not (isinstance(value, Pairs) and len(value.pairs) == 1):
            break
        name, value = value.pairs[0]
    return (Piece(name, value),) if _is_string(value) else ()


def _is_string(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not isinstance(value, Number) and len(value) <= SHORTEST
