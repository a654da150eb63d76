"""HK703: rows of one owner among several, looked up without saying whose.

Where a project's classes share a mixin whose `store_id` (tenant, shop, site) begins the primary key, a statement that
finds a row by a value names that owner too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted, returned
from .base import Context, found

_OWNER = re.compile(r"^(?:store|tenant|shop|site|merchant|organisation|organization)_id$")
_BEGINS = frozenset({"select", "query", "update", "delete"})
_FINDS = frozenset({"where", "filter", "filter_by"})
_WRITTEN_OUT = (ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp)
_KEYS = re.compile(r"^(?:id|number|token|slug|email|name|phone|kana|\w+_(?:hash|id|key|number|token))$")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Statements that end here: each chain of calls is judged once, as a whole."""
    if context.config.is_test(module.path):
        return
    owned = _owned(context)
    if not owned:
        return
    for call in module.calls:
        if not _finds(call) or _goes_on(module, call):
            continue
        chain = list(_chain(call))
        first = chain[-1]
        if dotted(first.func).rpartition(".")[2] not in _BEGINS:
            continue
        classes = {dotted(each).partition(".")[0] for each in first.args}
        said = [each for link in chain for each in _said(module, link)]
        if any(_says_elsewhere(module, link) for link in chain[:-1] if _finds(link)):
            continue
        if classes & owned and (key := _looked_up(said, owned)) and not _says_owner(said):
            yield found(module, call, "HK703", f"rows are found by '{key}' alone, whoever's they are")


def _owned(context: Context) -> set[str]:
    """The classes whose rows have an owner, with all that derive from them."""
    if context.project.owned_classes is not None:
        return context.project.owned_classes
    classes = [each for module in context.project.modules.values() for each in module.classes.values()]
    mixins = {each.name for each in classes if not _has_table(each) and _has_owner(each)}
    while more := {
        each.name
        for each in classes
        if each.name not in mixins and any(dotted(base).rpartition(".")[2] in mixins for base in each.bases)
    }:
        mixins |= more
    context.project.owned_classes = mixins
    return mixins


def _has_owner(owner: ast.ClassDef) -> bool:
    return any(
        isinstance(each, ast.AnnAssign)
        and _OWNER.match(dotted(each.target))
        and isinstance(each.value, ast.Call)
        and any(word.arg == "primary_key" for word in each.value.keywords)
        for each in owner.body
    )


def _has_table(owner: ast.ClassDef) -> bool:
    return any(
        isinstance(each, ast.Assign) and any(dotted(target) == "__tablename__" for target in each.targets)
        for each in owner.body
    )


def _finds(link: ast.Call) -> bool:
    return isinstance(link.func, ast.Attribute) and link.func.attr in _FINDS


def _goes_on(module: Module, call: ast.Call) -> bool:
    """Whether another condition follows, which says more."""
    at: ast.AST | None = module.parents.get(call)
    while isinstance(at, (ast.Attribute, ast.Call)):
        if isinstance(at, ast.Attribute) and at.attr in _FINDS:
            return True
        at = module.parents.get(at)
    return False


def _chain(call: ast.Call) -> Iterator[ast.Call]:
    at: ast.expr = call
    while isinstance(at, ast.Call):
        yield at
        at = at.func.value if isinstance(at.func, ast.Attribute) else at.func


def _said(module: Module, link: ast.Call) -> Iterator[ast.AST]:
    """What a link of the chain says, in names of the function too."""
    if not (isinstance(link.func, ast.Attribute) and link.func.attr in {*_FINDS, "join"}):
        return
    for node in [*link.args, *link.keywords]:
        yield from ast.walk(node)
        for name in ast.walk(node):
            bound = module.bound(name) if isinstance(name, ast.Name) else None
            for each in bound[1] if bound else ():
                yield from ast.walk(each.value)
            if isinstance(name, ast.Call) and isinstance(name.func, ast.Name):
                for function in module.functions.get(name.func.id, ()):
                    yield from (part for value in returned(function) for part in ast.walk(value))


def _says_elsewhere(module: Module, link: ast.Call) -> bool:
    """A condition that is handed in, or comes from another file: what it says is not seen here."""
    for each in link.args:
        if isinstance(each, ast.Starred) and not isinstance(each.value, _WRITTEN_OUT):
            return True
        if isinstance(each, ast.Name):
            bound = module.bound(each)
            if bound is None or not bound[1]:
                return True
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
            name = each.func.id
            if name in module.imports and not name.endswith("_"):  # and_, or_, not_
                return True
    return False


def _looked_up(said: list[ast.AST], owned: set[str]) -> str | None:
    """The column that is compared with a value, not with another table's column."""
    for node in said:
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            owner, _, column = dotted(node.left).rpartition(".")
            if owner in owned and _KEYS.match(column) and not _is_column(node.comparators[0]):
                return column
        if (
            isinstance(node, ast.keyword)
            and node.arg
            and _KEYS.match(node.arg)
            and not _OWNER.match(node.arg)
        ):
            return node.arg
        if isinstance(node, ast.Dict):
            texts = [each.value for each in node.keys if isinstance(each, ast.Constant)]
            if key := next((each for each in texts if isinstance(each, str) and _KEYS.match(each)), None):
                return key
    return None


def _says_owner(said: list[ast.AST]) -> bool:
    for node in said:
        if isinstance(node, ast.keyword) and node.arg and _OWNER.match(node.arg):
            return True
        if isinstance(node, ast.Compare) and _is_owner(node.left) and not _is_column(node.comparators[0]):
            return True
        if isinstance(node, ast.Call) and dotted(node.func).endswith("_id.in_"):
            return True
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "tuple_":
            return True
    return False


def _is_owner(node: ast.expr) -> bool:
    return bool(_OWNER.match(dotted(node).rpartition(".")[2]))


def _is_column(node: ast.expr) -> bool:
    """`Order.id`, not `order.id`: classes begin with a capital."""
    return isinstance(node, ast.Attribute) and dotted(node.value).rpartition(".")[2][:1].isupper()
