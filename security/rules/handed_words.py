"""HK105: an element that hands a script the words for a field, as a text or a list in its data attributes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from .policy import Fault
from .words import Card, card_label, card_name, cc_token, is_short_label

_ASKED = {Card.NUMBER, Card.CODE, Card.TRACK}


def faults(attributes: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with an element's data attributes: the sentences of a message are no name of a field."""
    for name, value in attributes.items():
        if name.startswith("data-") and (asked := asked_in(value)):
            yield Fault("HK105", f"{name} hands a script '{asked}' for a field")


def asked_in(data: str) -> str | None:
    """What data of the page, a script's list of fields say, asks for, if it is card data."""
    return next(filter(None, map(_asks, _texts(data))), None)


def _texts(value: str) -> list[str]:
    """The texts of a list or object, keys and all, or the one text that it is."""
    plain = value.strip()
    if not plain.startswith(("[", "{")):
        return [plain]
    try:
        return list(_within(json.loads(plain)))
    except (ValueError, RecursionError):
        return []


def _within(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _within(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _within(each)


def _asks(text: str) -> str | None:
    if re.fullmatch(r"[\w\-\[\].]+", text, re.ASCII):
        asks = text.lower() != "pan" and card_name(text) in _ASKED
    else:
        asks = is_short_label(text) and card_label(text) in _ASKED
    return text if asks or cc_token(text) else None
