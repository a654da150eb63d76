"""HK701: what says who a person is, in a column that is not sealed, or hashed without a key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

_PERSON = re.compile(
    r"^(?:(?:buyer|customer|contact|user|member|owner|payer|sender|delivery|shipping|billing)_)?"
    r"(?:(?:e_?)?mail(?:_address)?|email|phone(?:_number)?|tel(?:ephone)?|mobile|fax|street|building|postal_code|postcode|zip(?:_code)?"
    r"|birth\w*|date_of_birth|dob|(?:family|given|first|last|full|sur|maiden)_?name|recipient(?:_name)?|kana|furigana|addressee"
    r"|(?:home|delivery|billing|shipping)_?address|ip(?:_address)?|my_?number"
    r"|氏名|名前|姓|名|住所|電話(?:番号)?|郵便番号|メール(?:アドレス)?|生年月日|フリガナ)$",
    re.IGNORECASE,
)
_HELD = frozenset({"Sealed", "Hashed", "EncryptedType", "StringEncryptedType", "LargeBinary"})
_PLAIN = frozenset(
    {"String", "Text", "Unicode", "UnicodeText", "VARCHAR", "TEXT", "CHAR", "JSON", "JSONB", "Date", "INET"}
)
_COLUMNS = frozenset({"mapped_column", "Column"})
_CLASSED = frozenset({"PERSONAL", "SECRET"})
_HASHES = frozenset({"sha256", "sha1", "md5", "sha512", "blake2b", "blake2s", "sha3_256", "sha224", "sha384"})
_HASHED = re.compile(
    r"^(?:e?mail(?:_address)?|phone(?:_number)?|kana|canonical|postal_code|address|birth\w*)$"
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Columns of models and migrations, and hashes that anyone can make again from a list of addresses."""
    if context.config.is_test(module.path):
        return
    seals = _seals(module, context)
    for call in module.calls:
        last = last_names(module, call.func)
        if last & _COLUMNS and seals:
            yield from _column(module, call)
        if last & _HASHES and any(name.startswith("hashlib.") for name in module.names(call.func)):
            yield from _bare_hash(module, call)


def _seals(module: Module, context: Context) -> bool:
    """Whether this project seals what says who a person is: only then is a plain column a hole in it."""
    held = _HELD - {"LargeBinary"}
    return any(each.classes.keys() & held for each in [module, *context.project.modules.values()]) or any(
        target.rpartition(".")[2] in held for target in module.imports.values()
    )


def _column(module: Module, call: ast.Call) -> Iterator[Finding]:
    given = [*call.args, *(word.value for word in call.keywords if word.arg in {"type_", "type"})]
    types = {name for each in given for name in _type_names(module, each)}
    if types & _HELD:
        return
    name = _name(module, call)
    classed = any(
        word.arg == "info" and (last_names(module, word.value) & _CLASSED) for word in call.keywords
    )
    if classed:
        yield found(module, call, "HK701", f"'{name}' is classed as a person's, and not sealed")
    elif name and _PERSON.match(name) and types & _PLAIN:
        yield found(module, call, "HK701", f"'{name}' says who a person is, and is not sealed")


def _type_names(module: Module, node: ast.expr) -> set[str]:
    made = node.func if isinstance(node, ast.Call) else node
    return last_names(module, made) | {dotted(made).rpartition(".")[2]}


def _name(module: Module, call: ast.Call) -> str:
    """As the database has it, else as the class has it."""
    written = module.text_of(call.args[0]) if call.args else None
    outer = module.parents.get(call)
    if written is None and isinstance(outer, ast.AnnAssign):
        return dotted(outer.target)
    if written is None and isinstance(outer, ast.Assign):
        return dotted(outer.targets[0])
    return written or ""


def _bare_hash(module: Module, call: ast.Call) -> Iterator[Finding]:
    for node in ast.walk(call):
        name = dotted(node).rpartition(".")[2] if isinstance(node, (ast.Name, ast.Attribute)) else ""
        if _HASHED.match(name):
            yield found(
                module, call, "HK701", f"'{name}' is hashed without a key: a list of them tells whose it is"
            )
            return
