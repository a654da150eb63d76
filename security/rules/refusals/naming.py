"""What the names of a function stand for, as its statements go by."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from .written import Scope, Value, bound, local

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
REMEMBERED = 1 << 15


@lru_cache(REMEMBERED)
def _named_in(node: ast.AST) -> tuple[ast.NamedExpr, ...]:
    return tuple(each for each in ast.walk(node) if isinstance(each, ast.NamedExpr))


def inside(node: ast.AST, scope: Scope) -> Scope:
    """With the names that expressions of a statement set (`:=`)."""
    for each in _named_in(node):
        scope = scope.with_name(each.target.id, bound(each.value, scope))
    return scope


def assigned(node: ast.stmt, scope: Scope) -> Scope:
    """With what a statement assigns."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            scope = _set(target, node.value, scope)
        return scope
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return _set(node.target, node.value, scope)
    return named(node.target, scope) if isinstance(node, (ast.AugAssign, ast.AnnAssign)) else scope


def _is_copy(value: ast.expr, name: str) -> bool:
    """`quote = replace(quote, total=…)` is the same with something else in it."""
    if (
        not isinstance(value, ast.Call)
        or getattr(value.func, "attr", getattr(value.func, "id", "")) != "replace"
    ):
        return False
    return bool(value.args) and isinstance(value.args[0], ast.Name) and value.args[0].id == name


def _set(target: ast.expr, value: ast.expr, scope: Scope) -> Scope:
    if isinstance(target, ast.Name):
        if _is_copy(value, target.id):
            return scope
        return scope.with_name(target.id, bound(value, scope))
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = zip(target.elts, value.elts, strict=True)
        set_to = [(each.id, bound(part, scope)) for each, part in pairs if isinstance(each, ast.Name)]
        for name, part in set_to:
            scope = scope.with_name(name, part)
        return scope
    return named(target, scope)


def named(target: ast.expr, scope: Scope) -> Scope:
    """With names that from now on say nothing."""
    for each in ast.walk(target):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            scope = scope.with_name(each.id)
    return scope


def given(function: FunctionNode, call: ast.Call | None, scope: Scope) -> Scope:
    """The names of a function at its beginning; those of a call are what it was given."""
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    names += [each.arg for each in arguments.kwonlyargs]
    outer = scope.names if call is None else {}
    inner = Scope(outer, scope.modules, scope.tables, scope.called, scope.helper)
    for each in (*names, *(rest.arg for rest in (arguments.vararg, arguments.kwarg) if rest is not None)):
        inner = inner.with_name(each, Value("self") if each in {"self", "cls"} else None)
    if call is None:
        return inner
    places = [each for each in names if each not in {"self", "cls"}]
    told = [*zip(places, call.args, strict=False), *((each.arg or "", each.value) for each in call.keywords)]
    for name, value in told:
        if name in names:
            inner = inner.with_name(name, bound(value, scope))
    return inner


def common(scopes: Sequence[Scope]) -> Scope:
    """What names stand for after two ways: what it is in both, or nothing that is known."""
    first = scopes[0]
    for name in {name for each in scopes for name in each.names}:
        values = {each.names[name].text if name in each.names else None for each in scopes}
        if len(values) > 1:
            first = first.with_name(name, local(name))
    return first
