"""HK704: rows that are only ever added to, of an audit or a ledger, are changed or deleted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted, parameters
from .base import Context, found, last_names

_KEPT = re.compile(
    r"^(?:Audit(?:Entry|Log|Record|Event|Row|Trail)?|(?:\w*[a-z])?Ledger(?:Entry|Line|Row)?|Journal(?:Entry|Line)"
    r"|(?:Payment|Order|Refund|Card\w*|Money|Attempt|Price)History)$"
)
_SQL = re.compile(
    r"\b(?:delete\s+from|truncate(?:\s+table)?|update)\s+(?:only\s+)?[\"'`]?(?:\w+\.)?[\"'`]?"
    r"((?:audit|ledger|journal)(?:_(?:entry|entries|log|record|event|row|trail|line)s?)?"
    r"|(?:payment|order|refund|card\w*|attempt)_history)\b",
    re.IGNORECASE,
)
_SPOKEN_OF = re.compile(r"audit|ledger|journal|history", re.IGNORECASE)
_READS = frozenset({"get", "get_one", "select", "query"})
_CHANGES = frozenset({"delete", "update", "bulk_update_mappings"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Statements, SQL texts and objects by which such a row becomes another, or goes."""
    if not _SPOKEN_OF.search(module.text) or context.config.is_test(module.path):
        return
    for call in module.calls:
        yield from _statement(module, call)
    for node in module.all(ast.Constant, ast.JoinedStr):
        outer = module.parents.get(node)
        if node in module.docstrings or isinstance(outer, (ast.JoinedStr, ast.FormattedValue)):
            continue
        if (text := _text(node)) and (match := _SQL.search(text)) and not _goes_back(module, node):
            yield found(module, node, "HK704", f"rows of {match[1]} are changed or deleted")
    for node in module.all(ast.Assign, ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        for target in targets:
            if isinstance(target, ast.Attribute) and (name := _row(module, target.value)):
                yield found(module, node, "HK704", f"a row of {name} is changed after it was written")


def _statement(module: Module, call: ast.Call) -> Iterator[Finding]:
    last = last_names(module, call.func)
    if not (last & _CHANGES and call.args):
        if last & _CHANGES and isinstance(call.func, ast.Attribute) and (name := _queried(call.func.value)):
            yield found(module, call, "HK704", f"rows of {name} are changed or deleted")
        return
    first = call.args[0]
    name = dotted(first).rpartition(".")[2]
    if isinstance(first, (ast.Name, ast.Attribute)) and _KEPT.match(name):
        yield found(module, call, "HK704", f"rows of {name} are changed or deleted")
    elif isinstance(call.func, ast.Attribute) and (name := _row(module, first) or ""):
        yield found(module, call, "HK704", f"a row of {name} is deleted")


def _queried(node: ast.expr) -> str | None:
    """session.query(AuditEntry).filter(…), AuditEntry.objects.filter(…)"""
    for each in ast.walk(node):
        is_query = isinstance(each, ast.Call) and dotted(each.func).rpartition(".")[2] == "query"
        names = each.args if is_query and isinstance(each, ast.Call) else []
        if isinstance(each, ast.Attribute) and each.attr in {"objects", "__table__"}:
            names = [each.value]
        for name in names:
            if _KEPT.match(dotted(name).rpartition(".")[2]):
                return dotted(name)
    return None


def _row(module: Module, node: ast.expr) -> str | None:
    """The class of the row that a parameter holds, or that a variable was read as."""
    if not isinstance(node, ast.Name) or (bound := module.bound(node)) is None:
        return None
    if node.id in parameters(bound[0]):
        args = getattr(bound[0], "args", None)
        listed = [*args.posonlyargs, *args.args, *args.kwonlyargs] if args else []
        annotation = next((each.annotation for each in listed if each.arg == node.id), None)
        name = dotted(annotation).rpartition(".")[2] if annotation is not None else ""
        return name if _KEPT.match(name) else None
    for each in bound[1]:
        for call in ast.walk(each.value):
            if isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] in _READS:
                names = [dotted(given).rpartition(".")[2] for given in call.args[:1]]
                if names and _KEPT.match(names[0]):
                    return names[0]
    return None


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _goes_back(module: Module, node: ast.AST) -> bool:
    """A migration's way back."""
    return getattr(module.function(node), "name", "") == "downgrade"
