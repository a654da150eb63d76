"""HK412: headers that only some answers get, and pages of one person that every cache may keep."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..constants import VARIES
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

_KINDS = frozenset(
    {
        "mimetype",
        "content_type",
        "status_code",
        "status",
        "path",
        "endpoint",
        "method",
        "is_json",
        "full_path",
    }
)
_SETS = frozenset({"setdefault", "set", "add", "update", "extend", "__setitem__"})
_KEEPS = re.compile(
    r"^_?(?:(?:is_)?cacheable|cache_(?:publicly|page|for)|cached_page|publicly?_cached?|kept_by_all)$"
)
_OF_ONE = frozenset(
    {
        "form",
        "token",
        "account",
        "session",
        "who",
        "contact",
        "member",
        "client_secret",
        "secret",
        "order",
        "customer",
    }
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Loops that set headers under a condition, and pages that are handed to what marks them as everyone's."""
    if context.config.is_test(module.path):
        return
    for node, name in _all_at_once(module):
        if module.value_of(name) is VARIES and _is_for_some(module, node):
            yield found(module, node, "HK412", "the headers that protect pages are for some answers only")
    for call in module.calls:
        if any(map(_KEEPS.match, last_names(module, call.func))) and call.args:
            words = _handed(module, call.args[0])
            if shown := sorted(words & _OF_ONE):
                yield found(
                    module, call, "HK412", f"a page with one person's {shown[0]} may be kept for everyone"
                )


def _all_at_once(module: Module) -> Iterator[tuple[ast.AST, ast.expr]]:
    """response.headers.setdefault(name, value), response.headers[name] = value, response.headers.update(headers)."""
    for call in module.calls:
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in _SETS
            and call.args
            and _is_answers(call.func.value)
        ):
            yield call, call.args[0]
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _is_answers(target.value):
                yield node, target.slice


def _is_answers(node: ast.expr) -> bool:
    name = dotted(node)
    return name.endswith(".headers") and bool(re.search(r"resp|answer|result|reply", name, re.IGNORECASE))


def _is_for_some(module: Module, node: ast.AST) -> bool:
    """Whether a condition on the kind of request or answer stands above, within the loop over the headers or round it;
    or the answer was given back before."""
    at: ast.AST | None = node
    while at is not None and not isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
        above = module.parents.get(at)
        if isinstance(above, (ast.If, ast.IfExp)) and at is not above.test and _asks_kind(above.test):
            return True
        at = above
    return isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
        isinstance(each, ast.If)
        and _asks_kind(each.test)
        and each.lineno < getattr(node, "lineno", 0)
        and any(isinstance(line, ast.Return) for line in each.body)
        for each in module.own(at)
    )


def _asks_kind(test: ast.expr) -> bool:
    return any(
        isinstance(each, ast.Attribute)
        and each.attr in _KINDS
        and re.search(r"requ|resp|answer|result|reply", dotted(each.value), re.IGNORECASE)
        for each in ast.walk(test)
    )


def _handed(module: Module, page: ast.expr, depth: int = 0) -> set[str]:
    """The words by which a page that is drawn here is told things."""
    words = {
        word.arg
        for call in ast.walk(page)
        if isinstance(call, ast.Call) and last_names(module, call.func) & {"render_template", "render"}
        for word in call.keywords
        if word.arg
    }
    bound = module.bound(page) if isinstance(page, ast.Name) and depth < 3 else None
    for each in bound[1] if bound else ():
        words |= _handed(module, each.value, depth + 1)
    return words
