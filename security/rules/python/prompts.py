"""HK101: commands that ask the person at the keyboard for card data; what is typed there reaches us like a form's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..words import Card, card_label, card_name, is_short_label
from .base import Context, found

_ASKS = re.compile(
    r"(?:^|\.)(?:option|argument|prompt|add_argument|input|getpass|Option|Argument|Prompt\.ask|questionary\.(?:text|password))$"
)
_SAYS = frozenset({"prompt", "metavar", "dest", "name", "message", "label"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that ask: an option's name, what it is prompted with."""
    if context.config.is_test(module.path):
        return
    for call in module.calls:
        if any(map(_ASKS.search, module.names(call.func))):
            yield from _asked(module, call)


def _asked(module: Module, call: ast.Call) -> Iterator[Finding]:
    said = [*call.args, *(word.value for word in call.keywords if word.arg in _SAYS)]
    for node in said:
        text = module.text_of(node)
        card = _asked_for(text) if text else None
        if card in {Card.NUMBER, Card.CODE}:
            yield found(module, node, "HK101", f"a command asks for a {card.value}")
            return


def _asked_for(text: str) -> Card | None:
    if re.fullmatch(r"[\w/-]+", text, re.ASCII):
        names = (card_name(each.lstrip("-").replace("-", "_")) for each in text.split("/"))
        return next(filter(None, names), None)
    return card_label(text) if is_short_label(text) else None
