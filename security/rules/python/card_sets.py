"""HK101, HK102: columns and fields that say by their lengths, together, that they hold a card."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from ..words import words_of
from .base import Context, found, last_names
from .makers import COLUMN, FIELD

_NUMBER = frozenset(
    {"number", "numbers", "no", "num", "nr", "digits", "bango", "full", "long", "value", "account"}
)
_EXPIRY = frozenset(
    {"exp", "expiry", "expires", "expiration", "valid", "thru", "mmyy", "mm", "yy", "until", "kigen"}
)
_CODE = frozenset(
    {"code", "check", "back", "sign", "signature", "verification", "secret", "pin", "csc", "three"}
)
_OTHERS = re.compile(
    r"gift|voucher|coupon|point|member|parcel|track|loyalty|ticket|licen|passport|bank|iban", re.I
)
_LENGTHS = frozenset({"length", "max", "max_length", "maxlength"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Classes with a number of 13 to 24 characters beside an expiry date or a code of three or four."""
    if context.config.is_test(module.path):
        return
    for owner in module.all(ast.ClassDef):
        assert isinstance(owner, ast.ClassDef)
        if _OTHERS.search(owner.name):
            continue
        lengths = dict(_lengths(module, owner))
        numbers = [name for name, most in lengths.items() if 13 <= most <= 24 and _says(name, _NUMBER)]
        codes = [name for name, most in lengths.items() if 3 <= most <= 4 and _says(name, _CODE)]
        expiries = [name for name, most in lengths.items() if 4 <= most <= 7 and _says(name, _EXPIRY)]
        if numbers and (codes or expiries) and not _OTHERS.search(" ".join(numbers)):
            rule = "HK102" if any(_is_column(module, each) for each in owner.body) else "HK101"
            beside = (codes or expiries)[0]
            yield found(
                module, owner, rule, f"'{numbers[0]}' beside '{beside}' holds a card, by their lengths"
            )


def _says(name: str, meant: frozenset[str]) -> bool:
    return bool(set(words_of(re.sub(r"\d", " ", name))) & meant)


def _lengths(module: Module, owner: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """Each field's or column's name with the most characters that it takes."""
    for line in owner.body:
        if not isinstance(line, (ast.Assign, ast.AnnAssign)) or not isinstance(line.value, ast.Call):
            continue
        names = last_names(module, line.value.func)
        if not any(COLUMN.match(each) or FIELD.match(each) for each in names):
            continue
        target = line.targets[0] if isinstance(line, ast.Assign) else line.target
        most = max(_numbers(module, line.value), default=0)
        if most:
            yield dotted(target), most


def _numbers(module: Module, value: ast.Call) -> Iterator[int]:
    for call in ast.walk(value):
        if not isinstance(call, ast.Call):
            continue
        is_length = last_names(module, call.func) & {
            "String",
            "Unicode",
            "VARCHAR",
            "CHAR",
            "Length",
            "length",
        }
        given = [
            *(call.args if is_length else ()),
            *(word.value for word in call.keywords if word.arg in _LENGTHS),
        ]
        for each in given:
            number = module.value_of(each)
            if isinstance(number, int) and not isinstance(number, bool):
                yield number


def _is_column(module: Module, line: ast.stmt) -> bool:
    value = getattr(line, "value", None)
    return isinstance(value, ast.Call) and any(map(COLUMN.match, last_names(module, value.func)))
