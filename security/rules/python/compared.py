"""HK506, HK602: a secret is compared letter by letter, so that the time of the answer tells how much of it was right,
or with nothing where none is configured."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..requests import is_request
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

_SECRET = re.compile(
    r"^(?:\w+_)?(?:token|secret|signature|mac|hmac|password|passphrase|api_key|secret_key|stamp|sig)$",
    re.IGNORECASE,
)
_SENT = frozenset({"headers", "cookies", "args", "form", "values", "json", "GET", "POST", "COOKIES", "META"})
_MAKES = re.compile(r"^hmac\.(?:new|digest)(?:\(\))?(?:\.(?:hex)?digest)?$")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """`==` and `!=` between what was sent, or a stamp made anew, and a secret."""
    if context.config.is_test(module.path):
        return
    for node in module.all(ast.Compare):
        assert isinstance(node, ast.Compare)
        if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            continue
        for one, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            if isinstance(other, ast.Constant):
                continue
            if _is_stamp(module, one) or (_is_secret(module, other) and _is_sent(module, one)):
                yield found(
                    module, node, "HK506", "a secret is compared letter by letter: hmac.compare_digest"
                )
                break
    for call in module.calls:
        if "compare_digest" in last_names(module, call.func) and len(call.args) == 2:
            yield from _with_nothing(module, call)


def _with_nothing(module: Module, call: ast.Call) -> Iterator[Finding]:
    """`compare_digest(headers.get("X-Key", ""), settings.key or "")`: whoever sends nothing is right."""
    for sent, kept in (call.args, reversed(call.args)):
        empty = _may_be_empty(module, kept)
        if empty is not None and _is_sent(module, sent) and not _is_asked_first(module, call, kept):
            yield found(
                module, call, "HK602", "where no secret is configured, an empty word is the right one"
            )


def _may_be_empty(module: Module, node: ast.expr) -> ast.expr | None:
    """The expression that ends in an empty text: `key or ""`, `environ.get("KEY", "")`, in a variable or not."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "encode":
        return _may_be_empty(module, node.func.value)
    if _is_sent(module, node):
        return None
    if isinstance(node, ast.Name) and (bound := module.bound(node)) is not None:
        given = [
            each.value for each in bound[1] if each.kind == "value" and not isinstance(each.value, ast.Name)
        ]
        return next((each for each in given if _may_be_empty(module, each) is not None), None)
    last = node.values[-1] if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) else None
    if (
        isinstance(node, ast.Call)
        and last_names(module, node.func) & {"get", "getenv"}
        and len(node.args) == 2
    ):
        last = node.args[1]
    return node if isinstance(last, ast.Constant) and last.value in {"", b""} else None


def _is_asked_first(module: Module, call: ast.Call, kept: ast.expr) -> bool:
    """Whether its function looks whether there is a secret: `if not key`, `key and …`, `key is not None`."""
    names = {dotted(each) for each in ast.walk(kept) if isinstance(each, (ast.Name, ast.Attribute))}
    for node in module.own(module.scope(call)):
        tests = node.values if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) else []
        tests += [node.test] if isinstance(node, (ast.If, ast.IfExp)) else []
        for test in tests:
            plain = test.operand if isinstance(test, ast.UnaryOp) else test
            plain = plain.left if isinstance(plain, ast.Compare) else plain
            if isinstance(plain, (ast.Name, ast.Attribute)) and dotted(plain) in names:
                return True
    return False


def _is_stamp(module: Module, node: ast.expr) -> bool:
    values = [node]
    if isinstance(node, ast.Name) and (bound := module.bound(node)) is not None:
        values = [each.value for each in bound[1] if each.kind == "value"]
    return any(
        isinstance(value, ast.Call) and any(map(_MAKES.match, module.names(value.func))) for value in values
    )


def _is_secret(module: Module, node: ast.expr) -> bool:
    name = dotted(node).rpartition(".")[2] if isinstance(node, (ast.Name, ast.Attribute)) else ""
    key = module.text_of(node.slice) if isinstance(node, ast.Subscript) else None
    return bool(_SECRET.match(key or name))


def _is_sent(module: Module, node: ast.expr, depth: int = 0) -> bool:
    """One value of what the browser sent, in a variable or not."""
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and each.attr in _SENT and is_request(each.value, module):
            return True
        bound = module.bound(each) if isinstance(each, ast.Name) and depth < 2 else None
        values = [given.value for given in bound[1] if given.kind == "value"] if bound else []
        if any(_is_sent(module, value, depth + 1) for value in values):
            return True
    return False
