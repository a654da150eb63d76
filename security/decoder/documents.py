"""Take structured text apart: JSON by its values, XML and HTML by what stands between tags. Used by `decode`.

XML is read as text with tags: no parser, no document type, no entity is ever expanded.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeGuard

from .budget import Budget
from .fields import Piece, joined, of_numbers
from .view import View

_SHORTEST = 12
_SHORT_CODE = re.compile(r"\D{0,2}\d{3,4}\D{0,2}")


def of_json(view: View, budget: Budget) -> Iterator[View] | None:
    """The keys, strings and numbers of a JSON text, and arrays of short digit strings put together; None: no JSON.

    They are all there is to see in it: what the text itself holds stands in one of them.
    """
    text = view.text.lstrip()
    if text[:1] not in {"{", "[", '"'}:
        return None
    # Parsing cannot be stopped halfway: what it costs is counted beforehand.
    if not budget.spend(0, tokens=text.count(",") + text.count(":") + text.count("[")):
        return None
    try:
        document = json.loads(text, parse_int=_Number, parse_float=_plain_number, object_pairs_hook=_Pairs)
    except RecursionError:
        budget.over = True
        return None
    except ValueError:
        return None
    return _values(view.name, document, "json" if view.encoding == "plain" else view.encoding)


def _values(name: str | None, document: object, encoding: str) -> Iterator[View]:
    pending: list[tuple[str | None, object]] = [(name, document)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, str):
            if len(value) >= _SHORTEST or _SHORT_CODE.fullmatch(value):
                yield View(value, name, encoding)
        elif isinstance(value, _Pairs):
            yield from (View(key, None, "json key") for key, _ in value.pairs if len(key) >= _SHORTEST)
            yield from joined([each for key, inner in value.pairs for each in _piece(key, inner)])
            yield from of_numbers([each for _, each in value.pairs if isinstance(each, _Number)], name)
            pending += value.pairs
        elif isinstance(value, list):
            yield from joined([each for inner in value for each in _piece(name or "", inner)])
            yield from of_numbers([each for each in value if isinstance(each, _Number)], name)
            pending += [(name, each) for each in value]


def _piece(name: str, value: object) -> tuple[Piece, ...]:
    """A short string, also one that is all that an object holds, by its key there; nothing of anything else."""
    for _ in range(3):
        if not (isinstance(value, _Pairs) and len(value.pairs) == 1):
            break
        name, value = value.pairs[0]
    return (Piece(name, value),) if _is_string(value) else ()


@dataclass(frozen=True)
class _Pairs:
    """A JSON object with its keys as they came: a duplicate key must not hide a value."""

    pairs: list[tuple[str, object]]


class _Number(str):
    """A number's digits as written. Unlike strings, numbers side by side are no boxes of one card number."""

    __slots__ = ()


def _is_string(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not isinstance(value, _Number) and len(value) <= _SHORTEST


def _plain_number(literal: str) -> _Number:
    """A JSON number such as 4.2e15 written out, when it is a whole number of card length."""
    if len(literal) > 40:
        return _Number(literal)
    try:
        value = Decimal(literal)
    except InvalidOperation:
        return _Number(literal)
    if value.is_finite() and 11 <= value.adjusted() <= 18 and value == value.to_integral_value():
        return _Number(int(value))
    return _Number(literal)


_TAG = re.compile(r"<([^<>]{0,2000})>")
_INLINE = re.compile(
    r"</?(?:b|i|em|strong|span|a|u|font|mark|wbr|small|sub|sup|code|tt)\b[^<>]{0,500}>", re.IGNORECASE
)
_TAG_NAME = re.compile(r"[A-Za-z_][\w:.-]{0,60}")
_UNSEEN = re.compile(r"<!--[^<>]{0,500}-->|<!\[CDATA\[|\]\]>")
_FIELD_NAME = re.compile(r"(?:^|\s)name\s{0,3}=\s{0,3}[\"']([^\"'<>]{1,60})")
_DIGITS_GIVEN = re.compile(r"=\s{0,3}[\"'][0-9]{1,12}[\"']")
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w:.-]{0,40})\s{0,3}=\s{0,3}[\"']([0-9]{1,12})[\"']")


def of_markup(view: View, budget: Budget) -> Iterator[View]:
    """The texts between the tags of XML or HTML: each by its element's name, and those in a row put together."""
    tags = view.text.count("<")
    if not tags or ">" not in view.text or not budget.spend(0, tokens=tags // 4):
        return
    text = _INLINE.sub("", view.text)
    if "<!--" in text or "<![CDATA[" in text:
        text = _UNSEEN.sub("", text)
    yield from _of_attributes(text)
    pieces = _TAG.split(text)
    if len(pieces) < 3:
        if text != view.text:
            yield View(text, view.name, "markup")
        return
    texts, names = pieces[::2], ["", *pieces[1::2]]
    named = [
        (_name(tag), each.strip())
        for tag, each in zip(names, texts, strict=True)
        if each and not each.isspace()
    ]
    for name, each in named:
        if len(each) >= _SHORTEST or _SHORT_CODE.fullmatch(each):
            yield View(each, name or view.name, "markup")
    yield from joined([Piece(name, each) for name, each in named if len(each) <= _SHORTEST])


def _name(tag: str) -> str:
    found = _TAG_NAME.match(tag)
    return found[0] if found else ""


def _of_attributes(text: str) -> Iterator[View]:
    """Attributes of one stem, d1="4" d2="2" …, and the values of fields by their names."""
    if "=" not in text or len(_DIGITS_GIVEN.findall(text)) < 2:
        return
    found = []
    for tag in _TAG.findall(text):
        name = _FIELD_NAME.search(tag)
        for key, digits in _ATTRIBUTE.findall(tag):
            found.append(Piece(name[1] if name and key.lower() == "value" else key, digits))
    for _, group in itertools.groupby(found, key=lambda piece: piece.name.rstrip("0123456789")):
        yield from joined(list(group))
