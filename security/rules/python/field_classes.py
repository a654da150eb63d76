"""HK101, HK102: forms, request models and database models with a member for card data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from ..words import card_name
from .base import Context, found, last_names
from .makers import COLUMN, FIELD, is_switch

_MODELS = re.compile(
    r"(?:^|\.)(?:Base|Model|DeclarativeBase|SQLModel|StoreOwned|MappedAsDataclass|Document|Entity|Table)$|(?:^|\.)models\.Model$|(?:Base|Mixin|Model|Owned)$"
)
_REQUEST_MODELS = re.compile(
    r"(?:BaseModel|TypedDict|NamedTuple|Struct|Schema|Serializer|Form|ModelForm|Protocol|RootModel|BaseForm|InputObjectType|Input)$"
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Classes by what they derive from and what their members are made of."""
    del context
    for node in module.all(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        yield from _class(module, node)


def _class(module: Module, node: ast.ClassDef) -> Iterator[Finding]:
    rule = _kind_of_class(module, node)
    if rule is None:
        return
    for name, statement, value in _members(node):
        card = card_name(name, weak=True)
        if card is None or (rule == "HK102" and card.may_be_stored) or is_switch(module, statement, value):
            continue
        yield found(module, statement, rule, f"{node.name}.{name} takes a {card.value}")


def _members(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt, ast.expr | None]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement, statement.value
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement, statement.value


def _kind_of_class(module: Module, node: ast.ClassDef) -> str | None:
    """HK101 for forms and request models, HK102 for database models, None for anything else."""
    bases = [name for base in node.bases for name in module.names(base)] + [
        dotted(base) for base in node.bases
    ]
    makers = {
        name
        for _, _, value in _members(node)
        if isinstance(value, ast.Call)
        for name in last_names(module, value.func)
    }
    if (
        any(map(COLUMN.match, makers))
        and not any("forms" in name or "Form" in name for name in bases)
        and not (bases and _has_form_fields(module, node))
    ):
        return "HK102"
    if any(map(_MODELS.search, bases)) and _has_mapped(node):
        return "HK102"
    if any(map(_REQUEST_MODELS.search, bases)) or any(map(FIELD.match, makers)):
        return "HK101"
    is_data = any(
        "dataclass" in dotted(each.func if isinstance(each, ast.Call) else each)
        or dotted(each).endswith(("define", "attrs", "attr.s"))
        for each in node.decorator_list
    )
    return "HK101" if is_data or re.search(r"(?:Form|Request|Payload|Input|Body)$", node.name) else None


def _has_form_fields(module: Module, node: ast.ClassDef) -> bool:
    return any(
        ".forms." in name or "wtforms" in name or "serializers" in name
        for _, _, value in _members(node)
        if isinstance(value, ast.Call)
        for name in module.names(value.func)
    )


def _has_mapped(node: ast.ClassDef) -> bool:
    return any(
        isinstance(each, ast.AnnAssign)
        and dotted(
            each.annotation.value if isinstance(each.annotation, ast.Subscript) else each.annotation
        ).endswith("Mapped")
        for each in node.body
    ) or any(
        isinstance(each, ast.Assign) and dotted(each.targets[0]) == "__tablename__" for each in node.body
    )
