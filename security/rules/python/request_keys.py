"""HK107: card data that the server reads from a request by its key."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..requests import is_form, is_request
from ..source import Module
from ..words import Card, card_name
from .base import Context, found

_READS = frozenset(
    {"get", "pop", "getlist", "getfirst", "get_all", "getall", "get_argument", "get_body_argument"}
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """request.form["card_number"], data.get("cvc")."""
    del context
    for call in module.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in _READS and call.args:
            yield from _read(module, call, call.func.value, module.text_of(call.args[0]))
    for node in module.all(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        for key in _keys(module, node.slice):
            yield from _read(module, node, node.value, key)


def _keys(module: Module, key: ast.expr) -> list[str | None]:
    """The texts that a key may be: its own, or each of a constant list that a loop goes over."""
    text, bound = module.text_of(key), module.bound(key) if isinstance(key, ast.Name) else None
    if text is not None or bound is None:
        return [text]
    lists = [module.value_of(each.value) for each in bound[1] if each.kind == "part"]
    return [each for one in lists if isinstance(one, tuple) for each in one if isinstance(each, str)]


def _read(module: Module, node: ast.AST, base: ast.expr, key: str | None) -> Iterator[Finding]:
    """request.form["card_number"], form["cvc"], data.get("pan") of a request."""
    if not key or not (card := card_name(key)):
        return
    if _is_of_request(module, base):
        yield found(module, node, "HK107", f"the server reads '{key}', a {card.value}, from a request")
    elif card in {Card.NUMBER, Card.CODE} and isinstance(getattr(node, "ctx", None), ast.Load):
        yield found(
            module, node, "HK107", f"the server reads '{key}', a {card.value}, from data that came in"
        )


def _is_of_request(module: Module, node: ast.expr, depth: int = 0) -> bool:
    if is_request(node, module) or is_form(node, module):
        return True
    if depth > 6:
        return False
    if isinstance(node, (ast.Attribute, ast.Subscript, ast.Await)):
        return _is_of_request(module, node.value, depth + 1)
    if isinstance(node, ast.Call):
        return _is_of_request(module, node.func, depth + 1) or any(
            _is_of_request(module, each, depth + 1) for each in node.args
        )
    if isinstance(node, ast.BoolOp):
        return any(_is_of_request(module, each, depth + 1) for each in node.values)
    bound = module.bound(node) if isinstance(node, ast.Name) else None
    return bound is not None and any(_is_of_request(module, each.value, depth + 1) for each in bound[1])
