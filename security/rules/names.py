"""The dotted names that an expression of Python may stand for: through aliases, getattr, partial, mappings, vars().

What cannot be resolved keeps the name that is written. Standard library alone.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .source import Module

_NAMED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Await, ast.IfExp, ast.BoolOp, ast.NamedExpr)


def names_of(module: Module, node: ast.AST, depth: int) -> Iterator[str]:
    """Each dotted name once or more; a call's result is written as `name()`. Ask by `Module.names`, which remembers."""
    if isinstance(node, ast.Name):
        yield from _of_name(module, node, depth)
    elif isinstance(node, ast.Attribute):
        yield from _of_attribute(module, node, depth)
    elif isinstance(node, ast.Call):
        yield from _of_call(module, node, depth)
    elif isinstance(node, ast.Subscript):
        yield from _of_subscript(module, node, depth)
    elif isinstance(node, (ast.Await, ast.NamedExpr, ast.Starred)):
        yield from module.names(node.value, depth)
    elif isinstance(node, ast.IfExp):
        yield from module.names(node.body, depth) | module.names(node.orelse, depth)
    elif isinstance(node, ast.BoolOp):
        yield from itertools.chain.from_iterable(module.names(value, depth) for value in node.values)


def _of_name(module: Module, node: ast.Name, depth: int) -> Iterator[str]:
    bound = module.bound(node)
    whole = [each for each in (bound[1] if bound else []) if each.kind == "value"]
    for binding in whole[:6]:
        known = module.names(binding.value, depth) if isinstance(binding.value, _NAMED) else frozenset[str]()
        yield from known
    if bound is None and node.id in module.imports:
        yield module.imports[node.id]
    else:
        if bound is None:
            yield from (f"{star}.{node.id}" for star in module.stars)
        yield node.id


def _of_attribute(module: Module, node: ast.Attribute, depth: int) -> Iterator[str]:
    for base in module.names(node.value, depth) or {"?"}:
        yield f"{base}.{node.attr}"
    if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
        for binding in module.attributes.get(f"self.{node.attr}", [])[:4]:
            if binding.kind == "value" and isinstance(binding.value, _NAMED):
                yield from module.names(binding.value, depth)


def _of_call(module: Module, node: ast.Call, depth: int) -> Iterator[str]:
    functions = module.names(node.func, depth)
    last = {name.rpartition(".")[2] for name in functions}
    if "getattr" in functions and len(node.args) >= 2:
        attribute = module.text_of(node.args[1])
        for base in module.names(node.args[0], depth) or {"?"}:
            yield f"{base}.{attribute or '?'}"
    elif functions & {"importlib.import_module", "__import__", "builtins.__import__"} and node.args:
        yield module.text_of(node.args[0]) or "?"
    elif "partial" in last and node.args:
        yield from module.names(node.args[0], depth)
    elif last & {"methodcaller", "attrgetter"}:
        yield "?." + ((module.text_of(node.args[0]) if node.args else None) or "?")
    else:
        yield from (f"{name}()" for name in functions)


def _of_subscript(module: Module, node: ast.Subscript, depth: int) -> Iterator[str]:
    key = module.text_of(node.slice)
    base = node.value
    if isinstance(base, ast.Call) and module.names(base.func, depth) & {"vars", "globals", "locals"} and key:
        yield from (
            (
                f"{name}.{key}"
                for name in (module.names(base.args[0], depth) if base.args else frozenset[str]())
            )
            if base.args
            else (module.imports.get(key, key),)
        )
    elif isinstance(base, ast.Attribute) and base.attr in {"__dict__", "modules"} and key:
        yield from (
            (key,)
            if base.attr == "modules"
            else (f"{name}.{key}" for name in module.names(base.value, depth))
        )
    elif key is not None:
        for entry in module.entries(base).get(key, ()):
            yield from module.names(entry, depth)
        yield from (f"{name}[{key}]" for name in module.names(base, depth))
    else:
        # A table of functions, of which whoever calls chooses one: any of them.
        for entry in itertools.chain.from_iterable(module.entries(base).values()):
            yield from module.names(entry, depth)
