"""What the mappings of a Python file hold, and so what its calls are given by name. Standard library alone.

A mapping is followed through displays, dict(), |, update, item by item, copies, and functions that return one.
"""

from __future__ import annotations

import ast
import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .syntax import matched, parameters, returned

if TYPE_CHECKING:
    from .bindings import Binding
    from .source import Module

_MOST = 24  # arguments of one parameter that are followed


def entries_of(module: Module, node: ast.AST | None, depth: int = 0) -> dict[str, list[ast.expr]]:
    """What a mapping holds as far as it can be seen: built by display, dict(), |, update, item by item."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    if node is None or depth > 6:
        return found
    if isinstance(node, ast.Dict):
        _of_display(module, node, found, depth)
    elif isinstance(node, ast.Name):
        _of_name(module, node, found, depth)
    elif isinstance(node, ast.BinOp):
        _merge(found, module.entries(node.left, depth + 1), module.entries(node.right, depth + 1))
    elif isinstance(node, ast.IfExp):
        _merge(found, module.entries(node.body, depth + 1), module.entries(node.orelse, depth + 1))
    elif isinstance(node, (ast.Await, ast.NamedExpr)):
        return module.entries(node.value, depth + 1)
    elif isinstance(node, ast.Call):
        _of_call(module, node, found, depth)
    return found


def _of_display(module: Module, node: ast.Dict, found: dict[str, list[ast.expr]], depth: int) -> None:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            _merge(found, module.entries(value, depth + 1))
        elif (text := module.text_of(key)) is not None:
            found[text].append(value)


def _of_name(module: Module, node: ast.Name, found: dict[str, list[ast.expr]], depth: int) -> None:
    bound = module.bound(node)
    if bound is None:
        return
    key = (bound[0], node.id)
    if key not in module.known_entries:
        module.known_entries[key] = {}  # what is asked of itself while it is looked at adds nothing
        module.known_entries[key] = _of_bindings(module, node, bound, depth)
    _merge(found, module.known_entries[key])


def _of_bindings(
    module: Module, node: ast.Name, bound: tuple[ast.AST, list[Binding]], depth: int
) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for binding in bound[1]:
        if binding.key is not None:
            found[binding.key].append(binding.value)
        elif binding.kind in {"value", "put"}:
            _merge(found, module.entries(binding.value, depth + 1))
    if node.id in parameters(bound[0]):
        for argument in itertools.islice(passed_to(module, bound[0], node.id), _MOST):
            _merge(found, module.entries(argument, depth + 2))
    return found


def _of_call(module: Module, node: ast.Call, found: dict[str, list[ast.expr]], depth: int) -> None:
    for keyword in node.keywords:
        if keyword.arg is None:
            _merge(found, module.entries(keyword.value, depth + 1))
        else:
            found[keyword.arg].append(keyword.value)
    names = {name.rpartition(".")[2] for name in module.names(node.func)}
    if names & {"dict", "copy", "deepcopy", "OrderedDict", "cast", "MappingProxyType", "fromkeys"}:
        for argument in node.args:
            _merge(found, module.entries(argument, depth + 1))
    if names & {"zip"} and len(node.args) == 2:
        _of_zip(module, node, found)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
        _merge(found, module.entries(node.func.value, depth + 1))
    if isinstance(node.func, ast.Name):
        for function in module.functions.get(node.func.id, ()):
            for value in returned(function):
                _merge(found, module.entries(value, depth + 1))


def _of_zip(module: Module, node: ast.Call, found: dict[str, list[ast.expr]]) -> None:
    """dict(zip(("number", "cvc"), values))"""
    keys, values = module.value_of(node.args[0]), node.args[1]
    for place, key in enumerate(keys if isinstance(keys, tuple) else ()):
        known = isinstance(values, (ast.Tuple, ast.List)) and place < len(values.elts)
        found[str(key)].append(
            values.elts[place] if known and isinstance(values, (ast.Tuple, ast.List)) else values
        )


def arguments_of(module: Module, call: ast.Call) -> dict[str, list[ast.expr]]:
    """Named arguments of a call: keywords, `**mapping`, what a partial has bound; positions by number."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for position, argument in enumerate(call.args):
        found[str(position)].append(argument)
    for keyword in call.keywords:
        if keyword.arg is None:
            _merge(found, module.entries(keyword.value))
        else:
            found[keyword.arg].append(keyword.value)
    for made in _partials(module, call.func):
        _merge(found, {word.arg: [word.value] for word in made.keywords if word.arg})
        _merge(found, {f"bound{place}": [value] for place, value in enumerate(made.args[1:])})
    return found


def chosen(module: Module, function: ast.expr) -> list[ast.expr]:
    """What may be called by `TABLE[key](…)` and `TABLE.get(key)(…)`: one entry where the key is known, else any."""
    if isinstance(function, ast.Subscript):
        table, key = function.value, module.text_of(function.slice)
    elif isinstance(function, ast.Call) and isinstance(function.func, ast.Attribute) and function.args:
        if function.func.attr != "get":
            return []
        table, key = function.func.value, module.text_of(function.args[0])
    else:
        return []
    entries = module.entries(table)
    return entries.get(key, []) if key is not None else list(itertools.chain.from_iterable(entries.values()))


def _partials(module: Module, function: ast.expr) -> Iterator[ast.Call]:
    values: list[ast.expr] = [function]
    if isinstance(function, ast.Name) and (bound := module.bound(function)):
        values += [binding.value for binding in bound[1]]
    for value in values:
        if isinstance(value, ast.Call) and any(name.endswith("partial") for name in module.names(value.func)):
            yield value


def passed_to(module: Module, function: ast.AST, parameter: str) -> Iterator[ast.expr]:
    """What calls in this file pass for a parameter of a function of it."""
    name = getattr(function, "name", None)
    if name is None:
        return
    for call in module.calls_by_name.get(name, ()):
        yield from matched(function, call, method=isinstance(call.func, ast.Attribute)).get(parameter, ())


def _merge(found: dict[str, list[ast.expr]], *others: dict[str, list[ast.expr]]) -> None:
    for other in others:
        for key, values in other.items():
            found.setdefault(key, []).extend(values)
