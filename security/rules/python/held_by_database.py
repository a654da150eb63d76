"""HK705: what the database itself refused or hid is taken away: a constraint, a trigger, who may read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

_KINDS = frozenset({"unique", "check", "foreignkey", "primary"})
_NAMED = re.compile(r"^(?:uq|ck|fk|pk|unique|check)_")
_MAKES = frozenset(
    {"create_unique_constraint", "create_check_constraint", "create_foreign_key", "create_primary_key"}
)
_OPENS = (
    (re.compile(r"\bgrant\b[^;]*\bto\s+public\b", re.I | re.S), "every role of the database may do it"),
    (
        re.compile(
            r"\b(?:alter|create)\s+(?:role|user)\b[^;]*\b(?:superuser|bypassrls)\b(?<!nosuperuser)(?<!nobypassrls)",
            re.I | re.S,
        ),
        "a role that no rule holds",
    ),
    (re.compile(r"\b(?:disable\s+row\s+level\s+security|drop\s+policy)\b", re.I), "rows are everybody's"),
    (re.compile(r"\b(?:disable\s+trigger|drop\s+trigger)\b", re.I), "a trigger looks at nothing any more"),
    (
        re.compile(r"\bdrop\s+constraint\b|\bdrop\s+index\s+(?:if\s+exists\s+)?[\"']?(?:uq|unique)_", re.I),
        "a constraint holds no more",
    ),
    (re.compile(r"\bsession_replication_role\b", re.I), "triggers and foreign keys are off"),
    (
        re.compile(r"\bcopy\b[^;]*\bto\s+(?:program\b|'/)", re.I | re.S),
        "rows are written to a file of the server",
    ),
    (
        re.compile(r"\bcreate\s+extension\b[^;]*\b(?:dblink|postgres_fdw|file_fdw|plpython3u)\b", re.I),
        "the database may reach out",
    ),
)

_SPOKEN_OF = re.compile(
    r"grant|alter\s+(?:role|user|table)|drop\s+(?:policy|trigger|index)|replication_role|copy|extension",
    re.IGNORECASE,
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Migrations that drop what holds, and SQL texts that open."""
    if context.config.is_test(module.path):
        return
    for function in module.functions.get("upgrade", ()):
        yield from _dropped(module, function)
    for node in module.all(ast.Constant) if _SPOKEN_OF.search(module.text) else ():
        assert isinstance(node, ast.Constant)
        if not isinstance(node.value, str) or node in module.docstrings or len(node.value) < 12:
            continue
        if getattr(module.function(node), "name", "") == "downgrade":
            continue
        for message in sql_opens(node.value):
            yield found(module, node, "HK705", message)


def sql_opens(text: str) -> Iterator[str]:
    """What an SQL text opens."""
    yield from (message for pattern, message in _OPENS if pattern.search(text))


def _dropped(module: Module, function: ast.AST) -> Iterator[Finding]:
    """Constraints that go and are not made anew for the same table in the same step."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    made = {_table(module, call) for call in calls if _makes(module, call)}
    gone = {
        name
        for call in calls
        if last_names(module, call.func) & {"drop_table"}
        for name in [_first(module, call)]
    }
    for call in calls:
        name = _first(module, call)
        last = last_names(module, call.func)
        kind = next((module.text_of(word.value) for word in call.keywords if word.arg == "type_"), None)
        is_held = "drop_constraint" in last and (kind in _KINDS or bool(name and _NAMED.match(name)))
        is_held |= "drop_index" in last and bool(name and _NAMED.match(name))
        table = _table(module, call)
        if is_held and table not in made | gone:
            yield found(module, call, "HK705", f"'{name}' of {table or 'a table'} holds no more")


def _makes(module: Module, call: ast.Call) -> bool:
    last = last_names(module, call.func)
    is_unique = any(word.arg == "unique" and module.value_of(word.value) is True for word in call.keywords)
    return bool(last & _MAKES) or ("create_index" in last and is_unique)


def _first(module: Module, call: ast.Call) -> str | None:
    """A constraint's name, written as it is or by `op.f`."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Call) and dotted(first.func).rpartition(".")[2] == "f" and first.args:
        first = first.args[0]
    return module.text_of(first)


def _table(module: Module, call: ast.Call) -> str | None:
    """The table of a step: of the batch that it stands in, or its own second argument."""
    at: ast.AST | None = call
    while at is not None:
        at = module.parents.get(at)
        if isinstance(at, ast.With):
            for item in at.items:
                made = item.context_expr
                if isinstance(made, ast.Call) and last_names(module, made.func) & {"batch_alter_table"}:
                    return module.text_of(made.args[0]) if made.args else None
    named = next((word.value for word in call.keywords if word.arg in {"table_name", "source_table"}), None)
    return module.text_of(named if named is not None else call.args[1] if len(call.args) > 1 else None)
