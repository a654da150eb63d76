"""Whether a part of a request holds a card number: finder and decoder put together, and what may pass.

Used by the guards; `check_body` is for any application. Standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .. import pan
from ..decode import View, form_views, views
from ..decoder.budget import Budget
from ..decoder.fields import Piece, joined
from ..decoder.trees import Number
from ..finder.canonical import canonical
from ..keys import (
    is_card_key,
    is_code_key,
    is_free_text,
    is_id,
    is_other_number,
    is_safe_name,
    numbers_something_else,
)
from ..remembered import Remembered
from .policy import CPU_SECONDS

__all__ = [
    "Hit",
    "check_body",
    "hit_in_header",
    "hit_in_header_name",
    "hit_in_query",
    "hit_in_repeated",
    "hit_in_text",
    "hits_in_boxes",
    "is_free_text",
    "is_safe_name",
    "request_budget",
]


@dataclass(frozen=True)
class Hit:
    """A number was found. `name` is its field, None where that is unknown or unsafe to repeat.

    `kind`: card, maybe, code (a verification code under its key), or over_budget (more to decode than allowed).
    """

    name: str | None
    kind: str


FreeText = Callable[[str], bool]
_Counts = Callable[[View, pan.Match], bool]

# Codes of products and waybills have 12 and 13 digits: far oftener than cards, also in words a customer writes.
_LONGEST_CODE = 13
_FEWEST = 12
_CODE = re.compile(r"\D{0,2}[0-9]{3,4}\D{0,2}")
# Only values with this frame are left alone: a number by itself never has it.
_FRAMED = {
    "HTTP_RANGE": re.compile(r"bytes=[0-9]{1,12}-[0-9]{0,12}"),
    "HTTP_TRACEPARENT": re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
    "HTTP_X_CLOUD_TRACE_CONTEXT": re.compile(r"[0-9a-f]{32}/[0-9]{1,20}(?:;o=[0-9])?"),
}


def request_budget(seconds: float = CPU_SECONDS) -> Budget:
    """What judging one part of a request may cost; who allows more time allows more work."""
    share = seconds / CPU_SECONDS
    return Budget(depth=6, characters=int(share * (8 << 20)), tokens=int(share * 20_000), seconds=seconds)


def check_body(
    body: bytes, content_type: str = "", *, free_text: FreeText = is_free_text, budget: Budget | None = None
) -> Hit | None:
    """Judge a body as the guard does; None is clean. For routes whose body the guard leaves to the app."""
    unnamed_free = content_type.partition(";")[0].strip().lower() in {"", "text/plain"}
    budget = budget or request_budget()

    def refuses_maybe(view: View, match: pan.Match) -> bool:
        if view.name is None:
            return unnamed_free and match.digits_length > _LONGEST_CODE
        return _refuses_maybe(view.name, match, free_text)

    return _judged(views(body, budget, content_type), budget, refuses_maybe)


def hit_in_query(query: str, free_text: FreeText = is_free_text, budget: Budget | None = None) -> Hit | None:
    """Judge a query string."""
    budget = budget or request_budget()

    def refuses_maybe(view: View, match: pan.Match) -> bool:
        return view.name is not None and _refuses_maybe(view.name, match, free_text)

    return _judged(form_views(query, budget), budget, refuses_maybe)


def _never(view: View, match: pan.Match) -> bool:  # noqa: ARG001  (the shape of the other rules)
    return False


def _under_card_key(view: View, match: pan.Match) -> bool:  # noqa: ARG001  (the shape of the other rules)
    return view.name is not None and is_card_key(view.name)


def _refuses_maybe(name: str, match: pan.Match, free_text: FreeText) -> bool:
    takes_words = match.digits_length > _LONGEST_CODE and free_text(name)
    return is_card_key(name) or (takes_words and not is_id(name) and not is_other_number(name))


def hit_in_text(text: str, name: str | None = None, budget: Budget | None = None) -> Hit | None:
    """Judge a path, a cookie or a header; WSGI gives them as latin-1 characters that stand for bytes.

    All that stands before a body has one `budget` together, for there may be thousands of them.
    """
    if len(text) < _FEWEST:
        return Hit(name if is_safe_name(name) else None, "code") if name and _is_code(name, text) else None
    budget = budget or request_budget()
    found = views(text.encode("latin-1", "replace"), budget)
    if name is None:
        return _judged(found, budget, _never)
    return _judged(
        (view if view.name else view._replace(name=name) for view in found), budget, _under_card_key
    )


def hit_in_header_name(key: str, budget: Budget | None = None) -> Hit | None:
    """Judge the name itself by which WSGI knows a header: what is left of its hyphens parts groups and words."""
    name = key.removeprefix("HTTP_").replace("_", " ")
    # Nearly every one is short or of letters alone; all of them are asked about in every request.
    return None if len(name) < _FEWEST or name.replace(" ", "").isalpha() else hit_in_text(name, None, budget)


def hit_in_header(key: str, value: object, budget: Budget | None = None) -> Hit | None:
    """Judge the header that WSGI names `key`; only a string can hold anything."""
    if not isinstance(value, str) or not value:
        return None
    if key in _FRAMED and _FRAMED[key].fullmatch(value):
        return None
    if key == "HTTP_REFERER":
        address, _, query = value.partition("?")
        return hit_in_text(address, None, budget) or (hit_in_query(query, budget=budget) if query else None)
    return hit_in_repeated(value, key.removeprefix("HTTP_").lower(), budget)


def hit_in_repeated(value: str, name: str, budget: Budget | None = None) -> Hit | None:
    """Judge the value of a header or cookie: what was clean before is so still; browsers send the same ones again."""
    if (value, name) in _clean_values:
        return None
    hit = hit_in_text(value, name, budget)
    if hit is None:
        _clean_values.note((value, name))
    return hit


def hits_in_boxes(pairs: Sequence[tuple[str, str]], budget: Budget | None = None) -> list[Hit | None]:
    """A hit for each of the named values, cookies or headers say, that are parts of one number; None for the others."""
    boxes = [Piece(name, value.strip(' "')) for name, value in pairs]
    digits = [box for box in boxes if len(box.value) <= _LONGEST_CODE and box.value.isdigit()]
    if len(digits) < 2:
        return [None] * len(boxes)
    budget = budget or request_budget()
    for view in joined(digits, budget):
        if _kind_of(view, budget, _never) == "card":
            parts = set(view.text.split())
            return [
                Hit(box.name if is_safe_name(box.name) else None, "card") if box.value in parts else None
                for box in boxes
            ]
    return [None] * len(boxes)


_clean_values = Remembered()


def _judged(found: Iterator[View], budget: Budget, refuses_maybe: _Counts) -> Hit | None:
    """The first hit, but one with a name before one without: it tells more."""
    unnamed: Hit | None = None
    for view in found:
        kind = _kind_of(view, budget, refuses_maybe)
        if kind is None:
            continue
        if view.name is not None and is_safe_name(view.name):
            return Hit(view.name, kind)
        unnamed = unnamed or Hit(None, kind)
    if unnamed is None and budget.over:
        return Hit(None, "over_budget")
    return unnamed


def _kind_of(view: View, budget: Budget, refuses_maybe: _Counts) -> str | None:
    """What `view` is to be refused for."""
    text = view.text
    if len(text) < _FEWEST:
        return "code" if view.name is not None and _is_code(view.name, text) else None
    for match in pan.find(text, budget.spend_groups):
        if (
            match.verdict is pan.Verdict.CARD
            and view.sure
            and not numbers_something_else(
                view.name, view.text, match, is_integer=isinstance(view.text, Number)
            )
        ):
            return "card"
        if refuses_maybe(view, match):
            return "maybe"
    return None


def _is_code(name: str, text: str) -> bool:
    return len(text) >= 3 and is_code_key(name) and bool(_CODE.fullmatch(canonical(text)))
