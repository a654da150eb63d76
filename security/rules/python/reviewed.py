"""HK601: small functions and tables that decide alone are as they were when somebody last read them closely.

A project lists them as `reviewed`, each with a fingerprint of what it does. Comments, docstrings, annotations and the
names of local variables are no part of it. Whoever changes one reads it again and writes the new fingerprint down.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from ...finding import Finding
from ..config import REVIEWED, matches, parsed
from ..source import Module
from ..syntax import FunctionNode, dotted, own_nodes, parameters
from .base import Context, found

_LENGTH = 12
_TOLD_APART = frozenset({"ctx", "kind", "type_comment", "annotation", "returns", "type_params", "simple"})
"""Fields of a syntax tree that change nothing, or that not every version of Python has."""
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The entries of `reviewed` that are about this file."""
    if context.config.is_test(module.path):
        return
    for entry in parsed(context.config.reviewed, REVIEWED):
        if matches(module.path, (entry["path"],)):
            yield from _judged(module, entry["name"], entry["fingerprint"])


def _judged(module: Module, name: str, known: str) -> Iterator[Finding]:
    node = named(module.tree, name.split("."))
    if node is None:
        yield found(module, module.tree, "HK601", f"{name}, which was reviewed, is not here any more")
    elif (now := fingerprint(node)) != known:
        yield found(module, node, "HK601", f"{name} is not as it was reviewed: read it, then note {now}")


def fingerprint(node: ast.AST) -> str:
    """Twelve hex digits for what a function, class or assignment does; the same under every version of Python."""
    renamed = _locals_of(node) if isinstance(node, FunctionNode) else {}
    return hashlib.sha256(_written(node, renamed).encode()).hexdigest()[:_LENGTH]


def named(tree: ast.AST, path: list[str]) -> ast.AST | None:
    """The last definition of a name, as the one that counts: `is_allowed`, `Gate.failed`, `RIGHTS`."""
    at: ast.AST | None = tree
    for name in path:
        at = next((each for each in reversed(getattr(at, "body", [])) if _is_called(each, name)), None)
    return at


def _is_called(node: ast.stmt, name: str) -> bool:
    if isinstance(node, _DEFINES):
        return node.name == name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(each is not None and dotted(each) == name for each in targets)


def _locals_of(function: ast.AST) -> dict[str, str]:
    """The variables of a function by their order: what they are called says nothing of what it does."""
    given = set(parameters(function))
    shared = {
        name
        for node in own_nodes(function)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
    stored = [
        node.id
        for node in own_nodes(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    names = [name for name in dict.fromkeys(stored) if name not in given | shared]
    return {name: f"local{place}" for place, name in enumerate(names)}


def _written(node: object, renamed: dict[str, str]) -> str:
    if isinstance(node, list):
        return "[" + ",".join(_written(each, renamed) for each in node if not _is_text(each)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Name):
        return renamed.get(node.id, node.id)
    fields = (
        f"{name}={_written(value, renamed)}"
        for name, value in ast.iter_fields(node)
        if name not in _TOLD_APART and value not in (None, [])
    )
    return f"{type(node).__name__}({','.join(fields)})"


def _is_text(node: object) -> bool:
    """A docstring, or a loose string after a name, which documents it."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
