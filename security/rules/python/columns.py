"""HK102, HK103: columns named in calls, migrations and SQL texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..words import card_label, card_name, is_short_label
from .base import Context, found, last_names
from .makers import COLUMN, is_switch

_MIGRATES = frozenset(
    {
        "add_column",
        "create_table",
        "alter_column",
        "AddField",
        "RenameField",
        "AlterField",
        "CreateModel",
        "Column",
        "rename_column",
        "add_field",
    }
)
_SQL = re.compile(
    r"\b(?:create\s+(?:unlogged\s+|temp(?:orary)?\s+)?table|alter\s+table|add\s+column|rename\s+column|insert\s+into|update\s+\S+\s+set)\b",
    re.IGNORECASE,
)
_SQL_WORD = re.compile(r"[\w]+")
_SAYS = frozenset({"comment", "doc", "help_text", "verbose_name", "title", "description", "label"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that make, add or rename a column, and texts that do so in SQL."""
    del context
    for call in module.calls:
        names = last_names(module, call.func)
        of_form = names & {"setattr"} and len(call.args) == 3
        if not of_form and (
            any(map(COLUMN.match, names)) or names & _MIGRATES | names & {"Table", "declare"}
        ):
            yield from _columns(module, call, names)
    for node in module.all(ast.Constant, ast.JoinedStr, ast.BinOp):
        yield from _sql(module, node)
    for call in module.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"join", "format", "replace"}:
            yield from _sql(module, call)


def _columns(module: Module, call: ast.Call, names: set[str]) -> Iterator[Finding]:
    """Names of columns that stand as texts: Column("pan", …), AddField(…, "cvc", …), mapped_column("card_number")."""
    rule = "HK103" if names & _MIGRATES - {"Column"} or "migrations" in module.path else "HK102"
    if any(names & {"Column"} for _ in (0,)) and _is_in(module, call, _MIGRATES - {"Column"}):
        rule = "HK103"
    texts = [argument for argument in call.args if module.text_of(argument) is not None]
    texts += [
        word.value
        for word in call.keywords
        if word.arg
        in {"name", "column_name", "new_column_name", "new_name", "db_column", "key", "model_name"}
    ]
    for argument in texts:
        text = module.text_of(argument) or ""
        card = card_name(text, weak=True)
        if card and not card.may_be_stored and not is_switch(module, ast.Pass(), call):
            yield found(module, argument, rule, f"a column '{text}' for a {card.value}")

    for word in call.keywords:
        said = module.text_of(word.value) if word.arg in _SAYS else None
        card = card_label(said) if said and is_short_label(said) else None
        if card and not card.may_be_stored:
            yield found(module, word.value, rule, f"a column says that it holds a {card.value}")


def _is_in(module: Module, call: ast.Call, wanted: frozenset[str]) -> bool:
    outer = module.parents.get(call)
    return isinstance(outer, ast.Call) and bool(last_names(module, outer.func) & wanted)


def _sql(module: Module, node: ast.AST) -> Iterator[Finding]:
    outer = module.parents.get(node)
    if isinstance(outer, (ast.JoinedStr, ast.FormattedValue)) or node in module.docstrings:
        return
    if isinstance(outer, ast.BinOp) and module.text_of(outer) is not None:
        return  # judged as the whole
    text = module.text_of(node)
    if text is None and isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    if not text or len(text) < 12 or not _SQL.search(text):
        return
    for finding in sql_columns(text):
        yield found(module, node, "HK103", finding)


def sql_columns(text: str) -> Iterator[str]:
    """What is wrong with the columns that an SQL text names."""
    for word in dict.fromkeys(_SQL_WORD.findall(text)):
        card = card_name(word)
        if card and not card.may_be_stored:
            yield f"an SQL text names '{word}', a {card.value}"
