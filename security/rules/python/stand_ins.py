"""HK601: in place of what stands guard, or of what is paid by, comes something that only looks like it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..config import GUARD, parsed
from ..source import Module
from .base import Context, found
from .guards import DOORS

_DOUBLES = frozenset(
    {
        "unittest.mock",
        "mock",
        "responses",
        "respx",
        "requests_mock",
        "httpretty",
        "moto",
        "freezegun",
        "flexmock",
        "pook",
    }
)
_GUARDS = DOORS | {
    "PANFilter",
    "guarded_http",
    "guard_engine",
    "require_clean",
    "require_clean_message",
    "security_headers",
}
_LACKS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Doubles of tests in what runs for customers, and guards that a program does without when they are not there."""
    if context.config.is_test(module.path):
        return
    guards = _GUARDS | {
        stands["name"] for stands in parsed(context.config.guards, GUARD) if "_" in stands["name"]
    }
    for node in module.all(ast.Import, ast.ImportFrom):
        names = _imported(node)
        if double := next((name for name in sorted(names) if _is_double(name)), None):
            yield found(
                module, node, "HK601", f"{double}: a double of the tests stands in what customers use"
            )
        guard = next((each for each in sorted(names) if each.rpartition(".")[2] in guards), None)
        if guard and _may_lack(module, node):
            yield found(module, node, "HK601", f"without {guard.rpartition('.')[2]} the program goes on")


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {node.module or ""} | {f"{node.module or ''}.{alias.name}" for alias in node.names}
    return {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()


def _is_double(name: str) -> bool:
    return name in _DOUBLES or name.partition(".")[0] in _DOUBLES - {"unittest.mock"}


def _may_lack(module: Module, node: ast.AST) -> bool:
    """In a `try` whose failure is not passed on."""
    outer = module.parents.get(node)
    if not isinstance(outer, ast.Try) or node not in outer.body:
        return False
    return any(
        handler.type is None
        or {each.id for each in ast.walk(handler.type) if isinstance(each, ast.Name)} & _LACKS
        for handler in outer.handlers
        if not any(isinstance(each, ast.Raise) for line in handler.body for each in ast.walk(line))
    )
