"""HK101, HK102: fields that get their names as texts, for whatever makes a class of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..words import Card, card_name
from .base import Context, found, last_names
from .makers import COLUMN, FIELD, is_switch

_MAKE_CLASSES = frozenset(
    {"make_dataclass", "create_model", "TypedDict", "namedtuple", "type", "modelform_factory"}
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """setattr(Form, "cvc", …), Form(cvc=StringField()), {"cvc": StringField()}, make_dataclass("Card", ["cvc"])."""
    del context
    for call in module.calls:
        yield from _call(module, call)
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        yield from _listed(module, node)


def _call(module: Module, call: ast.Call) -> Iterator[Finding]:
    names = last_names(module, call.func)
    if names & {"setattr"} and len(call.args) == 3:
        yield from _made(module, call, call.args[1], "HK101")
    for word in call.keywords:
        if word.arg and isinstance(word.value, ast.Call):
            yield from _member_by_name(module, word.value, word.arg)
    if names & _MAKE_CLASSES:
        for key, values in module.arguments(call).items():
            yield from _strings(
                module, [*values, *([] if key.isdigit() else [ast.Constant(key)])], call, "HK101"
            )


def _made(module: Module, call: ast.Call, name: ast.expr, rule: str) -> Iterator[Finding]:
    text = module.text_of(name)
    if (
        text
        and (card := card_name(text))
        and isinstance(call.args[2], ast.Call)
        and any(map(FIELD.match, last_names(module, call.args[2].func)))
    ):
        yield found(module, call, rule, f"a field '{text}' for a {card.value} is put on a form")


def _listed(module: Module, node: ast.Dict) -> Iterator[Finding]:
    """{"card_number": StringField()}, {"properties": {"cardNumber": …}}: fields for whatever makes a class of them."""
    for key, value in zip(node.keys, node.values, strict=True):
        text = module.text_of(key) if key is not None else None
        if text and isinstance(value, ast.Call):
            yield from _member_by_name(module, value, text)
        elif text == "properties" and isinstance(value, ast.Dict):
            yield from _of_schema(module, value)


def _of_schema(module: Module, properties: ast.Dict) -> Iterator[Finding]:
    for key, value in zip(properties.keys, properties.values, strict=True):
        text = module.text_of(key) if key is not None else None
        if text and not isinstance(value, ast.Call) and card_name(text) in {Card.NUMBER, Card.CODE}:
            yield found(module, value, "HK101", f"a schema of requests has a field '{text}'")


def _member_by_name(module: Module, value: ast.Call, name: str) -> Iterator[Finding]:
    card, makers = card_name(name), last_names(module, value.func)
    if card is None or is_switch(module, ast.Pass(), value):
        return
    if any(map(COLUMN.match, makers)) and not card.may_be_stored:
        yield found(module, value, "HK102", f"a column '{name}' for a {card.value}")
    elif any(map(FIELD.match, makers)):
        yield found(module, value, "HK101", f"a field '{name}' for a {card.value}")


def _strings(module: Module, values: list[ast.expr], at: ast.Call, rule: str) -> Iterator[Finding]:
    for value in values:
        for node in ast.walk(value):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and (card := card_name(node.value))
                and not card.may_be_stored
            ):
                yield found(
                    module,
                    at,
                    rule,
                    f"a model made at run time has a field '{node.value}' for a {card.value}",
                )
