"""HK601: a function, method or class of another file is exchanged at run time, for all who use it.

Where it is written, by whatever name for setting an attribute: `Audit.record = …`, `setattr(Audit, "record", …)`,
`type.__setattr__(…)`, `vars(log)["record"] = …`, `Audit.__dict__.update(…)`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found, last_names

_SETS = frozenset({"setattr", "__setattr__"})
_BUILT_IN = frozenset({"next", "getattr", "vars", "iter", "filter", "map", "min", "max", "cast", "type"})
_WRAPPED = re.compile(r"(?:^|\.)(?:wsgi_app|asgi_app)$")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Assignments and calls that put something in the place of what another file defines."""
    if context.config.is_test(module.path):
        return
    for node in module.all(ast.Assign):
        for target in getattr(node, "targets", ()):
            name = _replaced(module, context, target)
            if name:
                yield found(module, node, "HK601", f"{name} of another file is replaced at run time")
            elif _is_taken_out(module, target, node.value):  # type: ignore[attr-defined]  # an assignment has a value
                yield found(module, node, "HK601", "the application is taken out of what guards it")
    for call in module.calls:
        if name := _set_by(module, context, call):
            yield found(module, call, "HK601", f"{name} of another file is replaced at run time")


def _replaced(module: Module, context: Context, target: ast.expr) -> str | None:
    if isinstance(target, ast.Attribute):
        return target.attr if _defines(module, context, target.value, target.attr) else None
    if isinstance(target, ast.Subscript) and (owner := _table_of(module, target.value)) is not None:
        name = module.text_of(target.slice)
        return name if name and _defines(module, context, owner, name) else None
    return None


def _set_by(module: Module, context: Context, call: ast.Call) -> str | None:
    if last_names(module, call.func) & _SETS and len(call.args) == 3:
        name = module.text_of(call.args[1])
        return name if name and _defines(module, context, call.args[0], name) else None
    is_update = isinstance(call.func, ast.Attribute) and call.func.attr == "update"
    owner = _table_of(module, call.func.value) if is_update and isinstance(call.func, ast.Attribute) else None
    if owner is None:
        return None
    names = [*module.arguments(call), *(key for each in call.args for key in module.entries(each))]
    return next((name for name in names if _defines(module, context, owner, name)), None)


def _table_of(module: Module, node: ast.expr) -> ast.expr | None:
    """What `vars(log)` and `log.__dict__` are the names of."""
    if isinstance(node, ast.Call) and last_names(module, node.func) & {"vars"} and node.args:
        return node.args[0]
    return node.value if isinstance(node, ast.Attribute) and node.attr == "__dict__" else None


def _defines(module: Module, context: Context, owner: ast.expr, name: str) -> bool:
    """Whether an expression stands for another file of the run, or a class of one, that defines such a thing."""
    for written in module.names(owner):
        home, _, last = written.rpartition(".")
        there, around = context.project.modules.get(written), context.project.modules.get(home)
        if there is not None and there is not module and (name in there.functions or name in there.classes):
            return True
        body = around.classes[last].body if around and last in around.classes else []
        if around is not module and any(getattr(each, "name", None) == name for each in body):
            return True
    return False


def _is_taken_out(module: Module, target: ast.expr, value: ast.expr) -> bool:
    """app.wsgi_app = next(…), = vars(app.wsgi_app)["_app"]: it is wrapped by a class, or left alone."""
    if not any(map(_WRAPPED.search, module.names(target))):
        return False
    reads = any(
        isinstance(each, ast.Attribute) and any(map(_WRAPPED.search, module.names(each)))
        for each in ast.walk(value)
    )
    is_wrapped = isinstance(value, ast.Call) and not last_names(module, value.func) & _BUILT_IN
    return reads and not is_wrapped and not isinstance(value, ast.Attribute)
