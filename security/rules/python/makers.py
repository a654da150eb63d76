"""What makes a field to type into, what a column, and what holds no digits."""

from __future__ import annotations

import ast
import re

from ..source import Module
from .base import last_names

FIELD = re.compile(
    r"^(?:String|Text|TextArea|Integer|Decimal|Float|Password|Hidden|Select|Date|Month|Char|Slug|Regex|Tel|Number|Big|Search|Multi|Field)\w*Field$|^(?:Field|FormField|Form|Body|Query|CreditCardField|BaseField|FieldList|TextInput|StringInput)$"
)
COLUMN = re.compile(
    r"^(?:mapped_column|Column|deferred|MapColumn|EncryptedType|relationship_column)$|^(?:Char|Text|Integer|BigInteger|Decimal|Slug|JSON|Binary|Encrypted\w*|Small\w*|Positive\w*|Float|Date|\w*Encrypted)\w*Field$"
)
_SAFE_TYPES = frozenset(
    {"Boolean", "BooleanField", "ForeignKey", "relationship", "OneToOneField", "ManyToManyField", "bool"}
)


def is_switch(module: Module, statement: ast.stmt, value: ast.expr | None) -> bool:
    """A yes or no, a relation, a class constant in capitals: nothing that holds digits."""
    if isinstance(statement, ast.AnnAssign) and "bool" in ast.unparse(statement.annotation):
        return True
    if isinstance(value, ast.Call):
        names = last_names(module, value.func) | {
            name for argument in value.args for name in last_names(module, argument)
        }
        return bool(names & _SAFE_TYPES)
    return isinstance(value, ast.Constant) and isinstance(value.value, bool)
