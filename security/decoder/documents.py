"""Take structured text apart: JSON by its values, XML and HTML by what stands between tags. Used by `decode`.

XML is read as text with tags: no parser, no document type, no entity is ever expanded.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from ..keys import is_card_key
from . import inline
from .budget import Budget
from .fields import Piece, joined
from .trees import LONGEST_FRACTION, SHORT_CODE, SHORTEST, Number, Pairs, values
from .view import View


def of_json(view: View, budget: Budget) -> Iterator[View] | None:
    """The keys, strings and numbers of a JSON text, and arrays of short digit strings put together; None: no JSON.

    They are all there is to see in it: what the text itself holds stands in one of them.
    """
    text = view.text.lstrip("\ufeff \t\r\n")
    if text[:1] not in {"{", "[", '"'}:
        return None
    # Parsing cannot be stopped halfway: what it costs is counted beforehand.
    if not budget.spend(0, tokens=text.count(",") + text.count(":") + text.count("[")):
        return None
    try:
        document = _document(text, budget)
    except RecursionError:
        budget.over = True
        return None
    except ValueError:
        return None
    return _texts(view.name, document, "json" if view.encoding == "plain" else view.encoding, budget)


def _document(text: str, budget: Budget) -> object:
    """Raises ValueError where it is no JSON, nor a JSON text a line, or more of them than the budget allows."""
    try:
        return _parsed(text)
    except ValueError:
        if "\n" not in text:
            raise
    return [_within(budget, line) for line in text.split("\n") if not line.isspace() and line]


def _within(budget: Budget, line: str) -> object:
    if not budget.spend(0, tokens=1):
        raise ValueError
    return _parsed(line)


def _parsed(text: str) -> object:
    return json.loads(text, parse_int=Number, parse_float=_plain_number, object_pairs_hook=Pairs)


def _texts(name: str | None, document: object, encoding: str, budget: Budget) -> Iterator[View]:
    return (found for found in values(name, document, encoding, budget) if isinstance(found, View))


def _plain_number(literal: str) -> Number:
    """A JSON number such as 4.2e15 written out, when it is a whole number of card length."""
    if len(literal) > LONGEST_FRACTION:
        return Number(literal)
    try:
        value = Decimal(literal)
    except InvalidOperation:
        return Number(literal)
    if value.is_finite() and 11 <= value.adjusted() <= 18 and value == value.to_integral_value():
        return Number(int(value))
    return Number(literal)


_MOST_PARTS = 19  # of one number
_TAG = re.compile(r"<([^<>]{0,2000})>")
_TAG_NAME = re.compile(r"[A-Za-z_][\w:.-]{0,60}")
_FIELD_NAME = re.compile(r"(?:^|\s)name\s{0,3}=\s{0,3}[\"']([^\"'<>]{1,60})")
_DIGITS_GIVEN = re.compile(r"=\s{0,3}[\"'][0-9]{1,12}[\"']")
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w:.-]{0,40})\s{0,3}=\s{0,3}[\"']([0-9]{1,12})[\"']")


def of_markup(view: View, budget: Budget) -> Iterator[View]:
    """The texts between the tags of XML or HTML: each by its element's name, and those in a row put together."""
    tags = view.text.count("<")
    if not tags or ">" not in view.text or not budget.spend(0, tokens=tags // 4):
        return
    text = inline.without_tags(view.text)
    if not budget.has_time(len(text)):
        return
    yield from _of_attributes(text, budget)
    if not budget.has_time(len(text)):
        return
    pieces = _TAG.split(text)
    if len(pieces) < 3:
        if text != view.text:
            yield View(text, view.name, "markup")
        return
    named = list(_named(pieces, budget))
    for name, each in named:
        if len(each) >= SHORTEST or SHORT_CODE.fullmatch(each):
            yield View(each, name or view.name, "markup")
    yield from joined([Piece(name, each) for name, each in named if len(each) <= SHORTEST], budget)


def _named(pieces: list[str], budget: Budget) -> Iterator[tuple[str, str]]:
    """Each text that is not blank, by the name of the tag before it; texts and tags take turns."""
    for text, tag in zip(pieces[::2], ["", *pieces[1::2]], strict=True):
        if not budget.spend(0):
            return
        if text and not text.isspace():
            yield _name(tag), text.strip()


def _name(tag: str) -> str:
    found = _TAG_NAME.match(tag)
    return found[0] if found else ""


def _of_attributes(text: str, budget: Budget) -> Iterator[View]:
    """Attributes of one stem, d1="4" d2="2" …, the values of fields by their names, and a digit each by one name."""
    if "=" not in text or sum(1 for _ in itertools.islice(_DIGITS_GIVEN.finditer(text), 2)) < 2:
        return
    found = list(_digits_given(text, budget))
    for _, group in itertools.groupby(found, key=lambda piece: piece.name.rstrip("0123456789")):
        yield from joined(list(group), budget)
    # With what counts them between: i="0" d="4", i="1" d="2" …
    by_name: dict[str, list[Piece]] = {}
    for piece in found:
        by_name.setdefault(piece.name, []).append(piece)
    for digits in by_name.values():
        if len(digits) < len(found) and all(len(piece.value) == 1 for piece in digits):
            yield from joined(digits, budget)


def _digits_given(text: str, budget: Budget) -> Iterator[Piece]:
    for tag in _TAG.finditer(text):
        if not budget.spend(0, tokens=1 + len(tag[1]) // 16):
            return
        name, given = _FIELD_NAME.search(tag[1]), _ATTRIBUTE.findall(tag[1])
        if 1 < len(given) <= _MOST_PARTS and is_card_key(
            element := _name(tag[1])
        ):  # <card a="4242" b="4242" …>
            yield from (Piece(f"{element}{at}", digits) for at, (_, digits) in enumerate(given))
            continue
        for key, digits in given:
            yield Piece(name[1] if name and key.lower() == "value" else key, digits)
