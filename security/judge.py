"""Whether a part of a request holds a card number: finder and decoder put together, and what may pass.

Used by `guard`; `check_body` is for any application. Standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import pan
from .decode import Budget, View, form_views, views


@dataclass(frozen=True)
class Hit:
    """A number was found. `name` is its field, None where that is unknown or unsafe to repeat.

    `kind`: card, maybe, or over_budget (more to decode than allowed).
    """

    name: str | None
    kind: str


_SAFE_NAME = re.compile(r"[A-Za-z_][\w.\-\[\]]{0,39}")
# 13 digits beginning with 4 are JAN codes far oftener than cards: in words a customer writes they may stand.
_PRODUCT_CODE_LENGTH = 13
_CARD_KEY = re.compile(
    r"(?:^|[^a-z])(?:cc|pan|card|cards|credit)(?:$|[^a-z])|card.{0,3}(?:n[ou]|num|pan)|cardnumber|カード|クレジット",
    re.IGNORECASE,
)
_FREE_TEXT = re.compile(
    r"note|message|comment|memo|remark|text|inquiry|enquiry|question|body|description|reason|reply|request"
    r"|name|address|備考|要望|問|質問|本文|内容|メモ|名|住所",
    re.IGNORECASE,
)
# Only values with this frame are left alone: a number by itself never has it.
_TRACE_IDS = {
    "HTTP_TRACEPARENT": re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
    "HTTP_X_CLOUD_TRACE_CONTEXT": re.compile(r"[0-9a-f]{32}/[0-9]{1,20}(?:;o=[0-9])?"),
}
_CLICK_IDS = frozenset(
    {"gclid", "yclid", "fbclid", "msclkid", "twclid", "ttclid", "gbraid", "dclid", "ysclid", "utm_id"}
)
_LONGEST_COMMON_CARD = 16


def is_free_text(name: str) -> bool:
    """Whether a field of this name takes words that a customer writes."""
    return bool(_FREE_TEXT.search(name))


def is_safe_name(name: str) -> bool:
    """Whether a field's, header's or cookie's name may be reported: short, plain, and no number itself."""
    return bool(_SAFE_NAME.fullmatch(name)) and sum(char.isdigit() for char in name) < 6


def check_body(
    body: bytes, content_type: str = "", *, free_text: Callable[[str], bool] = is_free_text
) -> Hit | None:
    """Judge a body as the guard does; None is clean. For routes whose body the guard leaves to the app."""
    unnamed_free = content_type.partition(";")[0].strip().lower() in {"", "text/plain"}
    budget = Budget()

    def refuses_maybe(view: View, match: pan.Match) -> bool:
        if view.name is None:
            return unnamed_free and match.digits_length != _PRODUCT_CODE_LENGTH
        return _refuses_maybe(view.name, match, free_text)

    return _judged(views(body, budget, content_type), budget, refuses_maybe)


def hit_in_query(query: str, free_text: Callable[[str], bool] = is_free_text) -> Hit | None:
    """Judge a query string."""
    budget = Budget()

    def refuses_maybe(view: View, match: pan.Match) -> bool:
        return view.name is not None and _refuses_maybe(view.name, match, free_text)

    return _judged(form_views(query, budget), budget, refuses_maybe)


def _never(view: View, match: pan.Match) -> bool:  # noqa: ARG001  (the shape of the other rules)
    return False


def _refuses_maybe(name: str, match: pan.Match, free_text: Callable[[str], bool]) -> bool:
    if _CARD_KEY.search(name):
        return True
    return match.digits_length != _PRODUCT_CODE_LENGTH and free_text(name)


def hit_in_text(text: str) -> Hit | None:
    """Judge a path, a cookie or a header; WSGI gives them as latin-1 characters that stand for bytes."""
    budget = Budget()
    data = text.encode("latin-1", "replace")
    return _judged(views(data, budget), budget, _never)


def hit_in_header(key: str, value: object) -> Hit | None:
    """Judge the header that WSGI names `key`; only a string can hold anything."""
    if not isinstance(value, str) or not value:
        return None
    if key in _TRACE_IDS and _TRACE_IDS[key].fullmatch(value):
        return None
    if key == "HTTP_REFERER":
        address, _, query = value.partition("?")
        return hit_in_text(address) or (hit_in_query(query) if query else None)
    return hit_in_text(value)


def _judged(
    found: Iterator[View], budget: Budget, refuses_maybe: Callable[[View, pan.Match], bool]
) -> Hit | None:
    """The first hit, but one with a name before one without: it tells more."""
    unnamed: Hit | None = None
    for view in found:
        for match in pan.find(view.text):
            if not _counts(view, match, refuses_maybe):
                continue
            if view.name is not None and is_safe_name(view.name):
                return Hit(view.name, match.verdict.value)
            unnamed = unnamed or Hit(None, match.verdict.value)
    if unnamed is None and budget.over:
        return Hit(None, "over_budget")
    return unnamed


def _counts(view: View, match: pan.Match, refuses_maybe: Callable[[View, pan.Match], bool]) -> bool:
    if match.verdict is pan.Verdict.MAYBE:
        return refuses_maybe(view, match)
    # Click ids are random numbers of up to 20 digits; cards of more than 16 are rarer than those.
    return view.name not in _CLICK_IDS or match.digits_length <= _LONGEST_COMMON_CARD
