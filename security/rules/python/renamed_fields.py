"""HK101: a field of a form that says after it was made that it takes a card: by another label, hint or attribute."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..words import card_label, cc_token, is_short_label, shows_a_card
from .base import Context, found

_SAYS = frozenset({"label", "description", "render_kw", "placeholder", "help_text"})
_ATTRIBUTES = frozenset({"autocomplete", "placeholder", "aria-label", "title"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """form.phone.label.text = …, form.phone.render_kw.update(…), setattr(form.phone, "description", …)."""
    del context
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        if any(map(_is_said, node.targets)):
            yield from _asked(module, node.value)
    for call in module.calls:
        yield from _asked(module, *_put_on(module, call))
        for word in call.keywords:
            if word.arg == "autocomplete" and cc_token(module.text_of(word.value) or ""):
                yield from _asked(module, word.value)


def _put_on(module: Module, call: ast.Call) -> list[ast.expr]:
    """What a call gives a field to say, if that is what it does."""
    function = call.func
    if isinstance(function, ast.Name) and function.id == "setattr" and len(call.args) == 3:
        owner, name = call.args[0], module.text_of(call.args[1]) or ""
        return [call.args[2]] if _is_said(ast.Attribute(owner, name, ast.Store())) else []
    if not (isinstance(function, ast.Attribute) and function.attr in {"update", "setdefault"}):
        return []
    said = [*call.args, *(word.value for word in call.keywords)]
    first = module.text_of(call.args[0]) if call.args else None
    return said if first in _ATTRIBUTES or _is_said(function.value) else []


def _is_said(target: ast.expr) -> bool:
    """What a field says of itself: x.label, x.label.text, x.render_kw["placeholder"]."""
    if isinstance(target, ast.Subscript):
        key = target.slice.value if isinstance(target.slice, ast.Constant) else None
        return _is_said(target.value) or key in _ATTRIBUTES
    if not isinstance(target, ast.Attribute):
        return False
    if target.attr in {"text", "field_label"}:
        return isinstance(target.value, ast.Attribute) and target.value.attr == "label"
    return target.attr in _SAYS


def _asked(module: Module, *values: ast.expr) -> Iterator[Finding]:
    for node in (each for value in values for each in ast.walk(value)):
        text = module.text_of(node) if isinstance(node, ast.expr) else None
        card = card_label(text) if text and is_short_label(text) else None
        if text and (cc_token(text) or shows_a_card(text) or (card and not card.may_be_stored)):
            yield found(module, node, "HK101", f"a field is made to say '{text}', as one for a card does")
            return
