"""What a syntax tree of Python says by itself, without knowing what its names stand for. Standard library alone."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def parameters(scope: ast.AST) -> list[str]:
    """The names of a function's parameters, in order; none for a module."""
    if not isinstance(scope, FunctionNode):
        return []
    listed = scope.args
    rest = [listed.vararg] if listed.vararg else []
    named = [listed.kwarg] if listed.kwarg else []
    return [each.arg for each in [*listed.posonlyargs, *listed.args, *rest, *listed.kwonlyargs, *named]]


def matched(function: ast.AST, call: ast.Call, *, method: bool) -> dict[str, list[ast.expr]]:
    """The arguments of a call by the parameters that they fill."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    if not isinstance(function, FunctionNode):
        return found
    listed = function.args
    places = [each.arg for each in [*listed.posonlyargs, *listed.args]]
    if method and places and places[0] in {"self", "cls"}:
        places = places[1:]
    rest = listed.vararg.arg if listed.vararg else ""
    for place, argument in enumerate(call.args):
        starred = isinstance(argument, ast.Starred)
        for name in places[place:] if starred else (places[place : place + 1] or [rest]):
            found[name].append(argument.value if isinstance(argument, ast.Starred) else argument)
    for keyword in call.keywords:
        for name in _filled(function, keyword.arg):
            found[name].append(keyword.value)
    found.pop("", None)
    return found


def _filled(function: FunctionNode, keyword: str | None) -> list[str]:
    """The parameters that a keyword fills; `**mapping` may fill any."""
    known = parameters(function)
    if keyword is None or keyword in known:
        return known if keyword is None else [keyword]
    return [function.args.kwarg.arg] if function.args.kwarg else []


def returned(function: FunctionNode) -> list[ast.expr]:
    """The expressions that a function returns or yields, not those of functions inside it."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    return [
        node.value
        for node in own_nodes(function)
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node.value is not None
    ]


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module without those of functions inside it."""
    waiting: list[ast.AST] = list(reversed(list(ast.iter_child_nodes(scope))))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def dotted(node: ast.AST) -> str:
    """The name as it is written, as far as it is one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return dotted(node.func) + "()" if isinstance(node, ast.Call) else "?"
