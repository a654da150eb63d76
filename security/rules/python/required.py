"""HK601: what a project says stands guard is used where it says, under no condition, with what makes it a guard."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..config import GUARD, matches, parsed
from ..source import Module
from .base import Context, found

_MAYBE = (ast.If, ast.IfExp, ast.BoolOp, ast.Lambda, ast.While, ast.ExceptHandler, ast.Match)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The entries of `guards` that are about this file."""
    if context.config.is_test(module.path):
        return
    for stands in parsed(context.config.guards, GUARD):
        if matches(module.path, (stands["path"],)):
            yield from _missing(module, stands)


def _missing(module: Module, stands: re.Match[str]) -> Iterator[Finding]:
    name, where = stands["name"], stands["where"]
    at = f" in {where}" if where else ""
    homes = _functions(module, where) if where else []
    if where and not homes:
        yield found(module, module.tree, "HK601", f"{where}, where {name} stood guard, is not here any more")
        return
    uses = [each for each in _uses(module, stands) if not where or _stands_in(module, each, homes)]
    if 0 < _times(module, uses, name) < int(stands["times"] or 1):
        yield found(module, uses[0], "HK601", f"{name} is used{at} less often than {stands['times']} times")
    if not uses and not any(
        not where or _stands_in(module, each, homes) for each in _raised(module, name, stands["given"])
    ):
        yield found(
            module, homes[0] if homes else module.tree, "HK601", f"{name} is not used here any more{at}"
        )
    elif uses and not stands["maybe"] and all(_is_idle(module, each, stands) for each in uses):
        yield found(
            module, uses[0], "HK601", f"{name} is used under a condition, passed over, or made and not used"
        )


def _times(module: Module, uses: list[ast.AST], name: str) -> int:
    """How often it is called itself."""
    return sum(isinstance(each, ast.Call) and _is_named(module, each.func, name) for each in uses)


def _functions(module: Module, name: str) -> list[ast.AST]:
    """Of two in one place the later counts."""
    found_ = [node for node in module.all(*_FUNCTIONS) if isinstance(node, _FUNCTIONS) and node.name == name]
    return list({module.parents.get(node): node for node in found_}.values())


def _stands_in(module: Module, node: ast.AST, functions: list[ast.AST]) -> bool:
    at: ast.AST | None = node
    while at is not None and at not in functions:
        at = module.parents.get(at)
    return at is not None


def _uses(module: Module, stands: re.Match[str]) -> list[ast.AST]:
    """Calls of it, calls that are handed it, tables that it stands in, comparisons with it. With an argument: the calls
    of it that have this one."""
    name, given = stands["name"], stands["given"]
    if given:
        return [call for call in module.calls if _is_named(module, call.func, name) and _has(call, given)]
    compared = [
        node
        for node in module.all(ast.Compare)
        if any(
            isinstance(each, (ast.Name, ast.Attribute)) and _is_named(module, each, name)
            for each in ast.walk(node)
        )
    ]
    tables = [
        value
        for node in module.all(ast.Dict, ast.Tuple)
        for each in (node.values if isinstance(node, ast.Dict) else getattr(node, "elts", ()))
        for value in [each.elts[-1] if isinstance(each, ast.Tuple) and each.elts else each]
        if isinstance(value, (ast.Name, ast.Attribute)) and _is_named(module, value, name)
    ]
    return [*(call for call in module.calls if _is_use(module, call, name)), *tables, *compared]


def _is_named(module: Module, node: ast.expr, name: str) -> bool:
    """Whether an expression stands for a name, or for one whose end it is: `letters.sweep`, `sweep`."""
    whole = (each.replace("()", "") for each in module.names(node))
    return any(each == name or each.endswith("." + name) for each in whole)


def _has(call: ast.Call, given: str) -> bool:
    """`keyword=value`, a keyword whatever its value, or an argument as it is written."""
    word, _, value = given.partition("=")
    if value:
        return any(each.arg == word and ast.unparse(each.value) == value for each in call.keywords)
    return any(each.arg == word for each in call.keywords) or given in map(ast.unparse, call.args)


def _is_use(module: Module, call: ast.Call, name: str) -> bool:
    handed = [*call.args, *(word.value for word in call.keywords)]
    return any(
        _is_named(module, each, name)
        for each in [call.func, *handed]
        if isinstance(each, (ast.Name, ast.Attribute, ast.Call))
    )


def _raised(module: Module, name: str, given: str | None) -> list[ast.AST]:
    """Where it is raised, or given back: `raise NotYours`, `return Try.REFUSED`."""
    said = [
        (node, node.exc if isinstance(node, ast.Raise) else getattr(node, "value", None))
        for node in module.all(ast.Raise, ast.Return)
        if not given
    ]
    return [node for node, value in said if value is not None and _is_named(module, value, name)]


def _is_idle(module: Module, use: ast.AST, stands: re.Match[str]) -> bool:
    """Whether it may be left out, or what is made stands for itself and guards nothing."""
    outer, name = module.parents.get(use), stands["name"]
    is_made = isinstance(use, ast.Call) and name[:1].isupper() and _is_named(module, use.func, name)
    if isinstance(outer, ast.Expr) and is_made:
        return True
    at: ast.AST | None = use
    while at is not None and not isinstance(at, (*_FUNCTIONS, ast.Module)):
        above = module.parents.get(at)
        if isinstance(above, _MAYBE) and at is not getattr(above, "test", None):
            return True
        if _swallows(module, above, at):
            return True
        at = above
    return bool(stands["where"]) and isinstance(at, _FUNCTIONS) and _is_left_before(module, at, use)


def _swallows(module: Module, above: ast.AST | None, at: ast.AST) -> bool:
    """What the guard refuses is passed over: `except Refused: pass`, `with suppress(Refused):`."""
    if isinstance(above, ast.Try) and at in above.body:
        return any(
            all(isinstance(line, (ast.Pass, ast.Continue, ast.Expr)) for line in handler.body)
            for handler in above.handlers
        )
    return isinstance(above, ast.With) and any(
        isinstance(item.context_expr, ast.Call) and _is_named(module, item.context_expr.func, "suppress")
        for item in above.items
    )


def _is_left_before(module: Module, function: ast.AST, use: ast.AST) -> bool:
    """Whether its function may be done before it comes to the guard. With None or False it has done nothing."""
    line = getattr(use, "lineno", 0)
    before = [node for node in module.own(function) if isinstance(node, ast.Return) and node.lineno < line]
    return any(
        not isinstance(module.parents.get(node), ast.ExceptHandler)
        and (node.value is None or module.value_of(node.value) not in {None, False})
        for node in before
    )
