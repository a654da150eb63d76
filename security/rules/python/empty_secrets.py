"""HK302: a webhook's secret that may be the empty text: with that key anybody signs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

_SECRET = re.compile(r"(?:web_?hook|signing|endpoint)_?(?:signing_?)?secrets?$", re.IGNORECASE)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """`secrets or ("",)`, `environ.get("…_WEBHOOK_SECRET", "")`: with an empty key anybody signs."""
    if context.config.is_test(module.path):
        return
    for node in module.all(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        named = any(map(_is_secret, node.values))
        if named and isinstance(node.op, ast.Or) and any(_is_empty(module, each) for each in node.values[1:]):
            yield found(module, node, "HK302", "without a secret of the webhook the empty one counts")
    for call in module.calls:
        if len(call.args) == 2 and last_names(module, call.func) & {"get", "getenv"}:
            name = module.text_of(call.args[0])
            if name and _SECRET.search(name) and _is_empty(module, call.args[1]):
                yield found(module, call, "HK302", "without a secret of the webhook the empty one counts")


def _is_secret(node: ast.expr) -> bool:
    """A name, or a text by which one is read: `self._webhook_secrets`, `read("STRIPE_WEBHOOK_SECRET").split()`."""
    said = [
        each.value if isinstance(each, ast.Constant) else dotted(each)
        for each in ast.walk(node)
        if isinstance(each, (ast.Constant, ast.Name, ast.Attribute))
    ]
    return any(isinstance(each, str) and _SECRET.search(each.rstrip("_")) for each in said)


def _is_empty(module: Module, node: ast.expr) -> bool:
    value = module.value_of(node)
    return value in {"", b""} if isinstance(value, (str, bytes)) else isinstance(value, tuple) and "" in value
