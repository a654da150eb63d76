"""What a framework fills into the parameters of a function that nobody in the run calls. Standard library alone."""

from __future__ import annotations

import ast
import re

from .requests import Labels
from .source import Module
from .syntax import parameters

_HANDLERS = frozenset({"post", "put", "patch", "route", "api_route", "websocket"})


def own_given(module: Module, function: ast.AST) -> dict[str, Labels]:
    """Parameters that a framework fills: models of FastAPI handlers, amounts in paths, values of an SQL statement."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return {}
    if _hears_statements(module, function):
        # The parameters of each statement: whatever was typed and is stored passes here.
        return dict.fromkeys(parameters(function)[3:5], frozenset({"body"}))
    routed = any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in {*_HANDLERS, "get"}
        for each in function.decorator_list
    )
    if not routed:
        return {}
    given: dict[str, Labels] = {}
    for each in [*function.args.args, *function.args.kwonlyargs]:
        if isinstance(each.annotation, ast.Name) and each.annotation.id in module.classes:
            given[each.arg] = frozenset({"body"})
        elif _is_whole_path(function, each.arg):
            given[each.arg] = frozenset({"path"})
        elif each.arg not in {"self", "request"} and re.search(r"amount|price|total|next|url", each.arg):
            given[each.arg] = frozenset({f"field:{each.arg}"})
    return given


def _is_whole_path(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a route lets slashes into a parameter: `<path:name>`, `{name:path}`."""
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (f"<path:{name}>" in node.value or f"{{{name}:path}}" in node.value)
        for mark in function.decorator_list
        for node in ast.walk(mark)
    )


_STATEMENTS = frozenset(
    {
        "before_cursor_execute",
        "after_cursor_execute",
        "before_execute",
        "after_execute",
        "do_execute",
        "do_executemany",
    }
)


def _hears_statements(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is a listener of an engine's statements, by a decorator or by a call of `listen`."""
    calls = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    calls += module.calls_given.get(function.name, [])
    return any(module.text_of(argument) in _STATEMENTS for each in calls for argument in each.args)
