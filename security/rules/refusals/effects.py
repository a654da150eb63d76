"""What a function does beside deciding: calls for their own sake, values set on objects, rows deleted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .conditions import Literal, condition_of
from .written import Scope, plain, written

RETURNED = "return "
_SAYS = re.compile(r"_?(?:log|logger|logging|errors|console|click|flash|warnings)")
_OF_LISTS = frozenset(
    {
        "append",
        "appendleft",
        "extend",
        "update",
        "setdefault",
        "sort",
        "reverse",
        "insert",
        "discard",
        "clear",
    }
    | {"write", "writelines", "print", "echo", "flash", "flush", "simplefilter", "sleep", "setattr"}
)
_STATEMENTS = frozenset({"execute", "scalar", "scalars"})
_WRITES = frozenset({"delete", "update", "insert"})


def of_statement(node: ast.stmt, scope: Scope) -> Iterator[str]:
    """The names of what a statement does."""
    if isinstance(node, ast.Expr):
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call):
            yield from of_call(value, scope)
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        if isinstance(node.value, ast.Call):
            yield from _of_write(node.value, scope)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        flat = [each for one in targets for each in (one.elts if isinstance(one, ast.Tuple) else [one])]
        yield from (f".{each.attr} =" for each in flat if isinstance(each, ast.Attribute))
    elif isinstance(node, ast.Return) and node.value is not None:
        yield from _of_return(node.value, scope)
    elif isinstance(node, ast.Delete):
        yield "del"


def _of_return(value: ast.expr, scope: Scope) -> Iterator[str]:
    for each in ast.walk(value):
        if isinstance(each, ast.Call):
            yield from _of_write(each, scope)
    if isinstance(value, ast.Call) and (name := name_of(value.func)[1]).islower():
        yield RETURNED + scope.called.get(name, name)


def of_call(call: ast.Call, scope: Scope) -> Iterator[str]:
    """The name of a call whose value nobody wants; none of a line for the log or a list that grows."""
    base, name = name_of(call.func)
    if not name or name in _OF_LISTS or _SAYS.fullmatch(base):
        return
    if name == "add" and base != "session":
        return
    writes = list(_of_write(call, scope))
    if writes:
        yield from writes
        return
    inner = [later for each in call.args if (later := _called_later(each))]
    name = scope.called.get(name, name)
    if inner:
        yield f"{name}:{scope.called.get(inner[0], inner[0])}"
        return
    # Of `refuse_if(since > asked_at, Why.TOO_NEW)` each reason is one.
    about = [f" {'.'.join(name_of(each))}" for each in call.args if _is_member(each)]
    asked = [part for each in call.args for part in _disjuncts(each)]
    for said in [f" if {_condition(each, scope)}" for each in asked] or [""]:
        yield name + "".join(about) + said


def _condition(node: ast.expr, scope: Scope) -> str:
    found = condition_of(node, scope)
    if isinstance(found, Literal):
        return found.key if found.holds else f"not {found.key}"
    return plain(written(node, scope))


def _is_member(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr.isupper() and name_of(node)[0][:1].isupper()


def _disjuncts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return [part for each in node.values for part in _disjuncts(each)]
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return []
    return [node] if isinstance(node, (ast.Compare, ast.BoolOp, ast.UnaryOp)) else []


def _called_later(node: ast.expr) -> str:
    is_call = isinstance(node, ast.Lambda) and isinstance(node.body, ast.Call)
    return name_of(node.body.func)[1] if is_call else ""  # type: ignore[attr-defined]  # a call's


def _of_write(call: ast.Call, scope: Scope) -> Iterator[str]:
    """`session.execute(delete(Letter).where(…))` deletes letters, also by way of a variable."""
    if name_of(call.func)[1] not in _STATEMENTS or not call.args:
        return
    node: ast.expr | None = call.args[0]
    if isinstance(node, ast.Name) and (known := scope.names.get(node.id)):
        node = known.node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    if isinstance(node, ast.Call) and name_of(node.func)[1] in _WRITES and node.args:
        yield f"{name_of(node.func)[1]} {name_of(node.args[0])[1]}"


def name_of(node: ast.expr) -> tuple[str, str]:
    """The last name of what a name is asked of, and the name: ("session", "add")."""
    if isinstance(node, ast.Name):
        return "", node.id
    if isinstance(node, ast.Attribute):
        return name_of(node.value)[1], node.attr
    return "", ""
