"""What is bound to the names of a Python file: by assignment, loop, with, unpacking, import, or put into it later."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .syntax import dotted

if TYPE_CHECKING:
    from .source import Module

_MUTATES = frozenset(
    {
        "append",
        "extend",
        "add",
        "insert",
        "update",
        "setdefault",
        "write",
        "appendleft",
        "put",
        "writelines",
        "push",
        "set",
    }
)


@dataclass(frozen=True)
class Binding:
    """What a name may hold: a whole value, an element of it (loops, unpacking), or something put into it."""

    value: ast.expr
    kind: str = "value"  # value, part, put
    key: str | None = None


def index(module: Module) -> None:
    """Fill the tables of a module: parents, nodes by kind, imports, functions, classes, what is bound to names."""
    waiting: list[ast.AST] = [module.tree]
    order: list[ast.AST] = []
    while waiting:
        node = waiting.pop()
        order.append(node)
        children = list(ast.iter_child_nodes(node))
        for child in children:
            module.parents[child] = node
        waiting.extend(reversed(children))
    for node in order:
        module.nodes[type(node)].append(node)
        _index_node(module, node)


def _index_node(module: Module, node: ast.AST) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            module.imports[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(module, node)
        module.stars += [base for alias in node.names if alias.name == "*"]
        for alias in node.names:
            module.imports[alias.asname or alias.name] = f"{base}.{alias.name}"
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        module.functions[node.name].append(node)
    elif isinstance(node, ast.ClassDef):
        module.classes[node.name] = node
    elif isinstance(node, ast.Match):
        for case in node.cases:
            for name, binding in _captured(case.pattern, node.subject, "value"):
                module.bindings[module.scope(node)][name].append(binding)
    else:
        _index_binding(module, node)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + (1 if module.path.endswith("__init__.py") else 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _index_binding(module: Module, node: ast.AST) -> None:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            _bind(module, target, node.value, "value")
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        _bind(module, node.target, node.value, "value")
    elif isinstance(node, ast.AugAssign):
        _bind(module, node.target, node.value, "put")
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        _bind(module, node.target, node.iter, "part")
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        _bind(module, node.optional_vars, node.context_expr, "value")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATES:
        for value in [*node.args, *(word.value for word in node.keywords)]:
            _put(module, node.func.value, value, None)


def _captured(pattern: ast.pattern, value: ast.expr, kind: str) -> Iterator[tuple[str, Binding]]:
    """The names that a pattern of a match statement takes its subject by, or parts of it."""
    if isinstance(pattern, (ast.MatchAs, ast.MatchStar)) and pattern.name:
        yield pattern.name, Binding(value, kind)
    elif isinstance(pattern, ast.MatchMapping) and pattern.rest:
        yield pattern.rest, Binding(value, "part")
    for inner, taken, of_kind in _inner(pattern, value, kind):
        yield from _captured(inner, taken, of_kind)


def _inner(pattern: ast.pattern, value: ast.expr, kind: str) -> Iterator[tuple[ast.pattern, ast.expr, str]]:
    """The patterns in a pattern, with what each is about: `{"total": seen}` is `subject["total"]`,
    `Order(lines=held)` is `subject.lines`."""
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        yield pattern.pattern, value, kind
    elif isinstance(pattern, ast.MatchMapping):
        for key, inner in zip(pattern.keys, pattern.patterns, strict=True):
            yield inner, ast.copy_location(ast.Subscript(value, key, ast.Load()), key), kind
    elif isinstance(pattern, ast.MatchClass):
        yield from ((inner, value, kind) for inner in pattern.patterns)
        for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            yield inner, ast.copy_location(ast.Attribute(value, name, ast.Load()), inner), kind
    elif isinstance(pattern, (ast.MatchSequence, ast.MatchOr)):
        of_kind = "part" if isinstance(pattern, ast.MatchSequence) else kind
        yield from ((inner, value, of_kind) for inner in pattern.patterns)


def _bind(module: Module, target: ast.AST, value: ast.expr, kind: str) -> None:
    if isinstance(target, ast.Name):
        module.bindings[module.scope(target)][target.id].append(Binding(value, kind))
    elif isinstance(target, ast.Attribute):
        module.attributes[dotted(target)].append(Binding(value, kind))
    elif isinstance(target, ast.Subscript):
        _put(module, target.value, value, module.text_of(target.slice))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(module, target, value, kind)
    elif isinstance(target, ast.Starred):
        _bind(module, target.value, value, "part")


def _unpack(module: Module, target: ast.Tuple | ast.List, value: ast.expr, kind: str) -> None:
    fits = (
        kind == "value" and isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
    )
    for place, each in enumerate(target.elts):
        if fits and isinstance(value, (ast.Tuple, ast.List)):
            _bind(module, each, value.elts[place], "value")
        else:
            _bind(module, each, value, "part")


def _put(module: Module, target: ast.expr, value: ast.expr, key: str | None) -> None:
    if isinstance(target, ast.Name):
        bound = module.bound(target)
        scope = bound[0] if bound else module.scope(target)
        if bound is not None:
            module.bindings[scope][target.id].append(Binding(value, "put", key))
    elif isinstance(target, ast.Attribute):
        module.attributes[dotted(target)].append(Binding(value, "put", key))
