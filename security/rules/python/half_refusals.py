"""HK302, HK306: a check that is there, and whose refusal does not hold for all that it must."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import FunctionNode, dotted
from .base import Context, found, last_names
from .webhooks import READERS, TRUTHS, has_check, is_after_check, stops

_NEIGHBOURS = frozenset({"same-site", "cross-site"})
_SITE = "sec-fetch-site"


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Refusals of unsigned bodies under a further condition, events that leave before the check, neighbours let in."""
    if context.config.is_test(module.path):
        return
    for node in module.all(ast.If):
        assert isinstance(node, ast.If)
        if _is_half(module, node.test) and stops(module, node.body):
            yield found(module, node, "HK302", "a bad signature is refused under a further condition only")
    for function in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        if READERS.match(function.name) and has_check(module, function):
            yield from _left_early(module, function)
    if _SITE in module.text.lower():
        yield from _neighbours(module)
        yield from _unsaid(module)


def _is_half(module: Module, test: ast.expr) -> bool:
    """`live and not signed(body)`; several checks that must all have failed are one."""
    if not isinstance(test, ast.BoolOp) or not isinstance(test.op, ast.And):
        return False
    refused = [
        isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not) and _asks(module, each)
        for each in test.values
    ]
    return any(refused) and not all(refused)


def _asks(module: Module, node: ast.AST) -> bool:
    """Whether a check is called, by its own name or by that of a function of ours that says yes or no."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return has_check(module, node) or any(
        TRUTHS.match(name) for call in calls for name in last_names(module, call.func)
    )


def _left_early(module: Module, function: FunctionNode) -> Iterator[Finding]:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Return)
            and isinstance(node.value, ast.Call)
            and not has_check(module, node)
            and not is_after_check(module, node)
        ):
            yield found(module, node, "HK302", "an event is handed on before its signature was checked")


def _neighbours(module: Module) -> Iterator[Finding]:
    """Sec-Fetch-Site: what comes from another host of the same name, or from anywhere, is no page of ours."""
    for node in module.all(ast.Compare):
        assert isinstance(node, ast.Compare)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            words = set(_words(module, right) if isinstance(operator, ast.In) else [module.text_of(right)])
            lets_in = "same-origin" in words or isinstance(operator, ast.Eq)
            if (
                isinstance(operator, (ast.In, ast.Eq))
                and lets_in
                and words & _NEIGHBOURS
                and not _refuses(module, node)
            ):
                yield found(module, node, "HK306", "forms of other sites are taken for our own")


def _unsaid(module: Module) -> Iterator[Finding]:
    """`headers.get("Origin") in {None, ours}`, where Sec-Fetch-Site was not said either: who says nothing is let in."""
    for node in module.all(ast.Compare, ast.BoolOp):
        assert isinstance(node, (ast.Compare, ast.BoolOp))
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.values
        said = {name for side in sides for name in _headers_in(module, side)}
        if "origin" in said and _lets_nothing_in(module, node):
            yield found(
                module, node, "HK306", "who does not say where a form comes from is taken for our own"
            )


def _headers_in(module: Module, node: ast.expr, depth: int = 0) -> Iterator[str]:
    """The headers that an expression reads, itself or by a variable."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and dotted(each.func).endswith("headers.get") and each.args:
            yield (module.text_of(each.args[0]) or "").lower()
        bound = module.bound(each) if isinstance(each, ast.Name) and depth < 3 else None
        for binding in bound[1] if bound else ():
            yield from _headers_in(module, binding.value, depth + 1)


def _lets_nothing_in(module: Module, node: ast.Compare | ast.BoolOp) -> bool:
    """Among the origins that are right is none at all, or the missing one stands beside them with an `or`."""
    if isinstance(node, ast.Compare):
        values = [part for each in node.comparators for part in getattr(each, "elts", ())]
        return isinstance(node.ops[0], ast.In) and any(
            module.value_of(each) in {None, "", "null"} for each in values
        )
    missing = [
        (isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not))
        or (
            isinstance(each, ast.Compare)
            and isinstance(each.ops[0], ast.Is)
            and module.value_of(each.comparators[0]) is None
        )
        for each in node.values
    ]
    agrees = any(
        isinstance(each, ast.Compare) and isinstance(each.ops[0], (ast.Eq, ast.In)) for each in node.values
    )
    return isinstance(node.op, ast.Or) and any(missing) and agrees


def _words(module: Module, node: ast.expr) -> list[str | None]:
    return [module.text_of(each) for each in getattr(node, "elts", ())] or [
        str(each) for each in _constants(module, node)
    ]


def _constants(module: Module, node: ast.expr) -> tuple[object, ...]:
    value = module.value_of(node)
    return tuple(value) if isinstance(value, (tuple, frozenset)) else ()


def _refuses(module: Module, node: ast.Compare) -> bool:
    """`if site == "cross-site": abort(403)`"""
    outer = module.parents.get(node)
    return isinstance(outer, ast.If) and outer.test is node and stops(module, outer.body)
