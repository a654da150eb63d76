"""HK303, HK305: amounts and addresses that the browser chose."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..flow import Flow, Frame
from ..requests import Labels
from .leaking_calls import PROVIDER
from .redirects import REDIRECTS, begins_with_it, is_address

_RETURN_KEYS = frozenset({"success_url", "cancel_url", "return_url", "refresh_url", "after_completion"})
_LEADS = frozenset({"location", "refresh"})
AMOUNT_KEYS = re.compile(r"(?:^|_)(?:amount|unit_amount|total|subtotal|price|minor|sum|charge|fee)(?:_|$)")
_AMOUNT_CALLS = re.compile(
    r"(?:^|[._])(?:\w*(?:session|intent|charge|payment|checkout|order|pay|money|line|invoice|quote|capture|authori[sz]e|sale|transaction)s?\w*)(?:\(\))?(?:\.(?:create|create_async|new|make|start|confirm|update|modify|capture|sale))?$"
    r"|(?:^|\.)(?:_?replace|evolve|model_copy)$",
    re.IGNORECASE,
)
_MAKES_LINES = re.compile(r"(?:^|\.)\w*(?:Line|LineItem|Quote|Order|Payment|Charge|Money|Price|Invoice)$")
_FREE = re.compile(
    r"refund|search|filter|query|report|stock|shelf|catalog|product|variant|coupon|range", re.IGNORECASE
)
_FREE_FIELDS = re.compile(r"(?:^|_)(?:quantity|qty|count|units|sku|id|slug|variant|product|page)(?:_|$)")


def of_mapping(flow: Flow, frame: Frame, node: ast.Dict) -> Iterator[tuple[str, str]]:
    """Parameters for a provider are often gathered first: {"amount": …, "success_url": …}."""
    for key, value in zip(node.keys, node.values, strict=True):
        name = frame.module.text_of(key) if key is not None else None
        if (name or "").lower() in _LEADS and _leads_away(flow, frame, value):
            yield "HK305", "a redirect leads where the request says"
        if name in _RETURN_KEYS and is_address(flow.of(value, frame)):
            yield "HK305", f"'{name}' comes from the request"
        elif name in {"amount", "unit_amount", "unit_amount_decimal"} and (
            amount := amount_of(flow.of(value, frame))
        ):
            yield "HK303", f"'{name}' comes from {amount} of the request"


def _leads_away(flow: Flow, frame: Frame, value: ast.expr) -> bool:
    return is_address(flow.of(value, frame)) and begins_with_it(flow, frame, value)


def of_header(flow: Flow, frame: Frame, target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    """headers["Location"] = …"""
    if not isinstance(target, ast.Subscript):
        return
    if (frame.module.text_of(target.slice) or "").lower() in _LEADS and _leads_away(flow, frame, value):
        yield "HK305", "a redirect leads where the request says"


def of_call(flow: Flow, frame: Frame, call: ast.Call, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Amounts and addresses that the browser chose."""
    redirects = any(map(REDIRECTS.search, names))
    for argument in call.args[:1] if redirects else ():
        if is_address(flow.of(argument, frame)) and begins_with_it(flow, frame, argument):
            yield "HK305", "a redirect leads where the request says"
    spread = [word.value for word in call.keywords if word.arg is None]
    if any(amount_of(flow.of(each, frame)) for each in spread) and any(map(_MAKES_LINES.search, names)):
        yield "HK303", "every amount of it comes from the request"
    for key, values in frame.module.arguments(call).items():
        labels: Labels = frozenset().union(*(flow.of(value, frame) for value in values))
        if key in _RETURN_KEYS and is_address(labels):
            yield "HK305", f"'{key}' comes from the request"
        if _is_amount_of(names, key) and (amount := amount_of(labels)):
            yield "HK303", f"'{key}' comes from {amount} of the request"
        elif (
            key.isdigit()
            and _takes_money(names)
            and not _is_free(frame)
            and (amount := _named_amount(labels))
        ):
            yield "HK303", f"an amount comes from {amount} of the request"
        for value in values:
            yield from _amount_inside(flow, frame, names, value)


def _amount_inside(
    flow: Flow, frame: Frame, names: frozenset[str], value: ast.expr, depth: int = 0
) -> Iterator[tuple[str, str]]:
    if depth > 4 or not any(_AMOUNT_CALLS.search(name) or PROVIDER.search(name) for name in names):
        return
    elements = value.elts if isinstance(value, (ast.List, ast.Tuple)) else []
    for element in elements:
        yield from _amount_inside(flow, frame, names, element, depth + 1)
    for key, entries in frame.module.entries(value).items():
        for entry in entries:
            if AMOUNT_KEYS.search(key) and (amount := amount_of(flow.of(entry, frame))):
                yield "HK303", f"'{key}' comes from {amount} of the request"
            elif key in _RETURN_KEYS and is_address(flow.of(entry, frame)):
                yield "HK305", f"'{key}' comes from the request"
            yield from _amount_inside(flow, frame, names, entry, depth + 1)


def _is_amount_of(names: frozenset[str], key: str) -> bool:
    called = any(
        (_AMOUNT_CALLS.search(name) or PROVIDER.search(name)) and not _FREE.search(name) for name in names
    )
    return called and bool(AMOUNT_KEYS.search(key))


def _is_free(frame: Frame) -> bool:
    """Whether it is the form of a refund, say, whose amount a member of staff types."""
    owner = frame.module.class_of(frame.scope)
    return bool(_FREE.search(f"{owner.name if owner else ''} {getattr(frame.scope, 'name', '')}"))


def _takes_money(names: frozenset[str]) -> bool:
    return any(
        re.search(
            r"(?:^|\.)(?:Money|Amount|start_payment|create_payment|charge|charge_card|create_session|create_checkout|create_intent|pay)$",
            name,
        )
        for name in names
    )


def amount_of(labels: Labels) -> str | None:
    """The part of the request that decides an amount; a quantity times our price decides none."""
    if "body" in labels or "query" in labels:
        return "the whole body" if "body" in labels else "the query"
    for label in sorted(labels):
        kind, _, name = label.partition(":")
        if kind in {"field", "number", "own"} and not _FREE_FIELDS.search(name.lower()):
            return f"'{name}'"
    return None


def _named_amount(labels: Labels) -> str | None:
    """A place among others tells less than a name: here the field itself must be called an amount."""
    named = frozenset(label for label in labels if AMOUNT_KEYS.search(label.partition(":")[2].lower()))
    return amount_of(named)
