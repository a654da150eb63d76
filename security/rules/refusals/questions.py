"""What a function asks the database with (`where`), what it locks, by which key it asks for a thing once (`with`), and
what its decorators demand."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from .conditions import Literal, condition_of
from .effects import name_of
from .naming import FunctionNode, given
from .written import Scope, bound, plain, written

_ASKS = frozenset({"where", "filter", "having", "join", "outerjoin"})
_ONCE = frozenset({"idempotency_key"})
"""What keeps a thing from being done twice: what it is made of stays as it is."""
_CHANGES = re.compile(
    r"tries|tried|retr|round|attempts|count|now|time|random|uuid|urandom|new_|token", re.IGNORECASE
)
"""Names of what is another at each try."""
_DEEPEST = 3
_HARMLESS = frozenset(
    {
        "property",
        "cached_property",
        "cache",
        "lru_cache",
        "staticmethod",
        "classmethod",
        "override",
        "dataclass",
    }
    | {"contextmanager", "overload", "wraps", "final", "abstractmethod", "setter", "listens_for", "option"}
    | {"argument", "command", "group", "pass_context", "context_processor", "app_template_filter"}
)
"""Decorators that demand nothing."""
_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "route"})


def asked(function: FunctionNode, scope: Scope) -> Counter[str]:
    """`where …`, `locks …` and `@ …`, each as often as it stands."""
    nodes = list(_own(function))
    names = _settled(function, nodes, scope)
    found = Counter[str]()
    for node in nodes:
        if isinstance(node, ast.Call):
            found.update(_of_call(node, names))
    found.update(_decorations(function, scope))
    return found


def _own(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it, which stand for themselves; lambdas do not."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node
            waiting += ast.iter_child_nodes(node)


def _settled(function: FunctionNode, nodes: list[ast.AST], scope: Scope) -> Scope:
    """Names that are assigned once stand for what they were given."""
    scope = given(function, None, scope)
    stored = Counter(
        each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    )
    for each in nodes:
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            scope = scope.with_name(each.id)
        elif isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope = scope.with_name(each.name)
    for each in sorted(
        (node for node in nodes if isinstance(node, ast.Assign)), key=lambda node: node.lineno
    ):
        target = each.targets[0]
        if isinstance(target, ast.Name) and stored[target.id] == 1:
            scope = scope.with_name(target.id, bound(each.value, scope))
    return scope


def _of_call(call: ast.Call, scope: Scope) -> Iterator[str]:
    name = name_of(call.func)[1]
    given = call.args[1:] if name in {"join", "outerjoin"} else call.args
    if isinstance(call.func, ast.Attribute) and name in _ASKS:
        for each in given:
            yield from _conditions(each, scope)
    elif isinstance(call.func, ast.Attribute) and name == "filter_by":
        for keyword in call.keywords:
            yield f"where {keyword.arg} == {plain(written(keyword.value, scope))}"
    if name == "with_for_update":
        yield f"locks {_of_what(call)}"
    for keyword in call.keywords:
        if keyword.arg in _ONCE:
            changing = sorted(filter(_CHANGES.search, _made_of(keyword.value, scope)))
            yield f"with {keyword.arg} of {', '.join(changing) or 'what stays'}"
        if keyword.arg == "with_for_update" and not _is_false(keyword.value):
            yield f"locks {name_of(call.args[0])[1] if call.args else ''}"


def _conditions(node: ast.expr, scope: Scope) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        yield from _conditions(node.left, scope)
        yield from _conditions(node.right, scope)
        return
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.Name):
        several = scope.names.get(node.value.id)
        if several is not None and isinstance(several.node, ast.Tuple) and several.scope is not None:
            for each in several.node.elts:
                yield from _conditions(each, several.scope)
            return
    known = scope.names.get(node.id) if isinstance(node, ast.Name) else None
    if known is not None and known.scope is not None and isinstance(known.node, (ast.BinOp, ast.Compare)):
        yield from _conditions(known.node, known.scope)
        return
    found = (
        condition_of(node, scope) if isinstance(node, ast.Compare) else Literal(plain(written(node, scope)))
    )
    if isinstance(found, Literal) and found.key != "_":
        yield f"where {'' if found.holds else 'not '}{found.key}"
    elif not isinstance(found, Literal):
        yield f"where {plain(written(node, scope))}"


def _made_of(node: ast.expr, scope: Scope, depth: int = 0) -> set[str]:
    """The names of what a text is put together from."""
    found = set[str]()
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute):
            found.add(each.attr)
        elif isinstance(each, ast.Name) and (known := scope.names.get(each.id)) is not None:
            if known.node is not None and known.scope is not None and depth < _DEEPEST:
                found |= _made_of(known.node, known.scope, depth + 1)
        elif isinstance(each, ast.Name):
            found.add(scope.called.get(each.id, each.id))
    return found


def _of_what(call: ast.Call) -> str:
    """The name that a chain of a query begins with."""
    node: ast.expr = call
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    if isinstance(node, ast.Call) and node.args:
        return name_of(node.args[0])[1]
    return ""


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _decorations(function: FunctionNode, scope: Scope) -> Iterator[str]:
    """What a decorator demands (`right=Right.REFUND`, `fresh=True`); of a route not its path."""
    for each in function.decorator_list:
        call = each if isinstance(each, ast.Call) else None
        name = name_of(call.func if call else each)[1]
        if name in _HARMLESS:
            continue
        if call is None or name not in _ROUTES:
            yield f"@ {name}"
        for keyword in call.keywords if call else ():
            if keyword.arg and not _is_false(keyword.value):
                yield f"@ {name} {keyword.arg}={plain(written(keyword.value, scope))}"
