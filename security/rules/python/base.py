"""What the Python rules share: the context of a run, findings, questions about functions and views."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...finding import Finding
from ..config import Config
from ..project import Project
from ..source import Module
from ..syntax import FunctionNode, dotted

_ROUTES = frozenset(
    {"route", "get", "post", "put", "patch", "delete", "api_route", "add_url_rule", "websocket"}
)


@dataclass(frozen=True)
class Context:
    """The files of a run and what the project says of itself."""

    project: Project
    config: Config


def found(module: Module, node: ast.AST, rule: str, message: str) -> Finding:
    """A finding at a node."""
    return Finding(module.path, getattr(node, "lineno", None), rule, message)


def last_names(module: Module, node: ast.AST) -> set[str]:
    """The last parts of the names that an expression stands for."""
    return {name.replace("()", "").rpartition(".")[2] for name in module.names(node)}


def names_in(module: Module, node: ast.AST) -> set[str]:
    """What an expression and those within it stand for."""
    parts = (each for each in ast.walk(node) if isinstance(each, (ast.Attribute, ast.Subscript, ast.Call)))
    return {name for each in parts for name in module.names(each)}


def named(module: Module, node: ast.AST, pattern: re.Pattern[str]) -> str | None:
    """The first name of an expression that fits a pattern."""
    return next((name for name in sorted(module.names(node)) if pattern.search(name)), None)


def is_one_of(constant: object, bad: frozenset[object]) -> bool:
    """Whether a constant is among these, of the same type: 1 is not True here."""
    try:
        return any(constant == each and type(constant) is type(each) for each in bad)
    except TypeError:
        return False


def decorators(function: FunctionNode) -> list[ast.expr]:
    return [] if isinstance(function, ast.Lambda) else function.decorator_list


def routes(function: FunctionNode, module: Module) -> list[ast.Call]:
    """The route decorators of a view."""
    calls = [each for each in decorators(function) if isinstance(each, ast.Call)]
    return [
        each
        for each in calls
        if isinstance(each.func, ast.Attribute) and each.func.attr in _ROUTES and _is_path(each, module)
    ]


def _is_path(call: ast.Call, module: Module) -> bool:
    text = module.text_of(call.args[0]) if call.args else None
    return text is not None and (text.startswith("/") or text == "")


def is_view(function: FunctionNode, module: Module) -> bool:
    """Whether a function answers requests: routed, or a method or function that takes a `request` and is a handler."""
    if isinstance(function, ast.Lambda):
        return False
    if routes(function, module):
        return True
    owner = module.class_of(function)
    is_class_view = owner is not None and any(
        "View" in dotted(base) or "Resource" in dotted(base) or "HTTPEndpoint" in dotted(base)
        for base in owner.bases
    )
    takes = [each.arg for each in function.args.args]
    return (
        (is_class_view and function.name in {"get", "post", "put", "dispatch", "dispatch_request"})
        or takes[:1] == ["request"]
        or takes[:2] == ["self", "request"]
    )


def called_in(
    function: FunctionNode, module: Module, context: Context, depth: int = 0
) -> Iterator[tuple[Module, ast.Call]]:
    """The calls of a function, of functions inside it, and of what it calls in this run, a few levels deep."""
    seen: set[ast.AST] = set()
    waiting = [(module, function, depth)]
    while waiting:
        here, at, level = waiting.pop()
        if at in seen or level > 4:
            continue
        seen.add(at)
        for node in ast.walk(at):
            if isinstance(node, ast.Call):
                yield here, node
                callee = context.project.function(here, node.func)
                if callee is not None:
                    waiting.append((callee[0], callee[1], level + 1))
