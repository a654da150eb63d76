"""HK101: fields that say by label, pattern or check that they take a card."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..card_fields import is_shaped_like_a_card
from ..source import Module
from ..words import card_label, cc_token, is_short_label, is_whole_card, shows_a_card
from .base import Context, found, last_names
from .makers import FIELD

_CHECKS_A_CARD = re.compile(r"luhn|mod_?10|credit_?card", re.IGNORECASE)
_DIGITS = re.compile(r"\^?\(?\[?(?:0-9|\\d|\s|\\s|-)+\]?\)?[+*]?(?:\$|\\Z)?")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that make a field of a form."""
    del context
    for call in module.calls:
        if any(map(FIELD.match, last_names(module, call.func))):
            yield from _labelled(module, call)


def _labelled(module: Module, call: ast.Call) -> Iterator[Finding]:
    """A field with a neutral name whose label, placeholder or autocomplete says what it takes."""
    if last_names(module, call.func) & {"Query", "FieldList"}:
        return
    if _is_long_number(module, call):
        yield found(module, call, "HK101", "a form field takes as many digits as a card has")
        return
    for node, text in _said(module, call):
        card = card_label(text) if is_short_label(text) else None
        if cc_token(text) or (card and not (text.isascii() and text.isidentifier())):
            yield found(
                module,
                node,
                "HK101",
                f"a form field says that it takes a {card.value if card else 'card ' + (cc_token(text) or '')}",
            )
            return
        if shows_a_card(text) or _is_shape(module, node, text):
            yield found(module, node, "HK101", "a form field takes as many digits as a card has")
            return
    yield from _whole_card(module, call)


def _said(module: Module, call: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    """The texts in a call, also those that a loop's variable stands for."""
    for node in ast.walk(call):
        if isinstance(node, (ast.Constant, ast.BinOp, ast.Call, ast.JoinedStr, ast.Subscript, ast.Attribute)):
            if (text := module.text_of(node)) is not None:
                yield node, text
            elif isinstance(node, ast.Subscript) and (key := module.text_of(node.slice)):
                picked = map(module.text_of, module.entries(node.value).get(key, []))
                yield from ((node, text) for text in picked if text)
        elif isinstance(node, ast.Name) and (bound := module.bound(node)):
            looped = [each.value for each in bound[1] if each.kind == "part"]
            for inner in [inner for value in looped for inner in _spelled(module, value)]:
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield node, inner.value


def _spelled(module: Module, value: ast.expr) -> Iterator[ast.AST]:
    """All of an expression, and what its names stand for: for name, text in MORE.items()."""
    for inner in ast.walk(value):
        yield inner
        if isinstance(inner, ast.Name) and (bound := module.bound(inner)):
            for each in bound[1]:
                yield from ast.walk(each.value)


def _is_long_number(module: Module, call: ast.Call) -> bool:
    """Length(13, 19) beside a pattern of digits alone."""
    calls = [each for each in ast.walk(call) if isinstance(each, ast.Call) and each is not call]
    limits = [
        number
        for each in calls
        if last_names(module, each.func) & {"Length", "MaxLengthValidator", "length"}
        for value in [*each.args, *(word.value for word in each.keywords)]
        if isinstance(number := module.value_of(value), int)
    ]
    patterns = [
        module.text_of(each.args[0]) or ""
        for each in calls
        if each.args and any("reg" in name.lower() for name in last_names(module, each.func))
    ]
    return any(13 <= number <= 23 for number in limits) and any(map(_DIGITS.fullmatch, patterns))


def _is_shape(module: Module, node: ast.AST, text: str) -> bool:
    """Whether a text is a pattern that a card number fits: an argument of Regexp, an attribute of the field."""
    outer = module.parents.get(node)
    is_pattern = isinstance(outer, ast.Dict) or (
        isinstance(outer, ast.Call) and any("reg" in name.lower() for name in last_names(module, outer.func))
    )
    return is_pattern and is_shaped_like_a_card({"pattern": text})


def _whole_card(module: Module, call: ast.Call) -> Iterator[Finding]:
    """A field to type into that is called a card, or whose check is the check digit of cards."""
    labels = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "label")]
    labels = [each.args[0] if isinstance(each, ast.Call) and each.args else each for each in labels]
    typed = not last_names(module, call.func) & {
        "SelectField",
        "RadioField",
        "SelectMultipleField",
        "FormField",
    }
    if typed and any(is_whole_card(module.text_of(label) or "") for label in labels):
        yield found(module, call, "HK101", "a form field is called a card")
    checks = {
        name
        for word in call.keywords
        for node in ast.walk(word.value)
        if isinstance(node, (ast.Name, ast.Attribute))
        for name in last_names(module, node)
    }
    if check := next((name for name in sorted(checks) if _CHECKS_A_CARD.search(name)), None):
        yield found(module, call, "HK101", f"a form field is checked by {check}, as card numbers are")
