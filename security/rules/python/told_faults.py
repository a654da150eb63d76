"""HK208: what a fault says of itself is shown to the visitor: it quotes statements, paths, and what was typed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import FunctionNode, dotted, returned
from .base import Context, found

_ANY = frozenset({"Exception", "BaseException"})
_SAYS = frozenset({"str", "repr", "format_exception", "format_exc", "print_exc"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Handlers of every fault whose answer holds its text."""
    if context.config.is_test(module.path):
        return
    for function in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        name = _fault(function)
        if name is not None and _answers(module, function):
            for value in returned(function):
                if (said := _said(value, name)) is not None:
                    yield found(module, said, "HK208", "the visitor is told what a fault says of itself")


def _fault(function: FunctionNode) -> str | None:
    """The parameter by which a handler gets any fault at all."""
    first = next((each for each in function.args.args if each.arg != "self"), None)
    if first is None:
        return None
    is_any = first.annotation is not None and dotted(first.annotation) in _ANY
    marks = getattr(function, "decorator_list", [])
    is_any |= any(
        isinstance(mark, ast.Call)
        and dotted(mark.func).rpartition(".")[2] in {"errorhandler", "app_errorhandler", "exception_handler"}
        and any(dotted(each) in _ANY or getattr(each, "value", None) == 500 for each in mark.args)
        for mark in marks
    )
    return first.arg if is_any else None


def _answers(module: Module, function: FunctionNode) -> bool:
    """Whether it is a handler: marked as one, or given to `register_error_handler`."""
    if any(
        "handler" in dotted(getattr(mark, "func", mark)) for mark in getattr(function, "decorator_list", [])
    ):
        return True
    return any(
        dotted(each) == getattr(function, "name", "")
        for call in module.calls_by_name.get("register_error_handler", [])
        for each in call.args
    )


def _said(value: ast.expr, name: str) -> ast.AST | None:
    for node in ast.walk(value):
        says = isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _SAYS
        if says and any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node)):
            return node
        is_part = isinstance(node, ast.FormattedValue) and dotted(node.value) in {name, f"{name}.args"}
        if is_part or (isinstance(node, ast.Attribute) and dotted(node) == f"{name}.args"):
            return node
    return None
