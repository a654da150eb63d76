"""The constant that an expression of Python always is, as far as a syntax tree tells. Standard library alone.

Texts are put together: concatenated, joined, formatted, decoded from base64. What may vary is VARIES.
"""

from __future__ import annotations

import ast
import base64
import binascii
import copy
import datetime as dt
from typing import TYPE_CHECKING

from .syntax import dotted, parameters

if TYPE_CHECKING:
    from .source import Module

_DEEPEST = 12
_MOST_ITEMS = 64
_TEXT_METHODS = frozenset(
    {
        "join",
        "lower",
        "upper",
        "title",
        "strip",
        "replace",
        "format",
        "decode",
        "encode",
        "removeprefix",
        "removesuffix",
        "capitalize",
        "swapcase",
    }
)


class _Varies:
    def __repr__(self) -> str:
        return "VARIES"


VARIES = _Varies()


def value_of(module: Module, node: ast.AST | None, depth: int = 0) -> object:
    """The constant that an expression always is; the marker VARIES when it may vary."""
    if node is None or depth > _DEEPEST:
        return VARIES
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return _of_name(module, node, depth)
    if isinstance(node, ast.BinOp):
        return _calculated(
            node.op, value_of(module, node.left, depth + 1), value_of(module, node.right, depth + 1)
        )
    if isinstance(node, ast.BoolOp):
        return _decided(module, node, depth)
    if isinstance(node, ast.UnaryOp):
        return _signed(node.op, value_of(module, node.operand, depth + 1))
    if isinstance(node, ast.JoinedStr):
        parts = [
            value_of(module, part.value if isinstance(part, ast.FormattedValue) else part, depth + 1)
            for part in node.values
        ]
        return VARIES if VARIES in parts else "".join(map(str, parts))
    if isinstance(node, (ast.Tuple, ast.List)):
        items = [value_of(module, each, depth + 1) for each in node.elts]
        return VARIES if any(item is VARIES for item in items) else tuple(items)
    return _of_part(module, node, depth)


def _of_part(module: Module, node: ast.AST, depth: int) -> object:
    if isinstance(node, ast.Subscript):
        return _picked(module, node, depth)
    if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
        return _comprehended(module, node, depth)
    return _of_call(module, node, depth) if isinstance(node, ast.Call) else VARIES


def _picked(module: Module, node: ast.Subscript, depth: int) -> object:
    """One of a tuple; a list may be changed after it was made."""
    bound = module.bound(node.value) if isinstance(node.value, ast.Name) else None
    held = bound[1][0].value if bound and len(bound[1]) == 1 and bound[1][0].kind == "value" else node.value
    place = value_of(module, node.slice, depth + 1)
    if not isinstance(held, ast.Tuple) or not isinstance(place, int):
        return VARIES
    items = held.elts[place : place + 1 or None]
    return value_of(module, items[0], depth + 1) if items else VARIES


def _of_name(module: Module, node: ast.Name, depth: int) -> object:
    bound = module.bound(node)
    if bound is None or len(bound[1]) != 1 or bound[1][0].kind != "value" or node.id in parameters(bound[0]):
        return VARIES
    return value_of(module, bound[1][0].value, depth + 1)


def _comprehended(module: Module, node: ast.GeneratorExp | ast.ListComp, depth: int) -> object:
    """Texts made of a constant row by one loop: "_".join(words) for words in ROWS."""
    loop = node.generators[0]
    items = value_of(module, loop.iter, depth + 1)
    is_plain = len(node.generators) == 1 and not loop.ifs and isinstance(loop.target, ast.Name)
    if not is_plain or not isinstance(items, tuple) or len(items) > _MOST_ITEMS:
        return VARIES
    made = [
        value_of(module, _Put(dotted(loop.target), item).visit(copy.deepcopy(node.elt)), depth + 1)
        for item in items
    ]
    return VARIES if any(each is VARIES for each in made) else tuple(made)


class _Put(ast.NodeTransformer):
    """A constant in the place of a name."""

    def __init__(self, name: str, value: object) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _written(self._value) if node.id == self._name else node


def _written(value: object) -> ast.expr:
    if isinstance(value, tuple):
        return ast.Tuple([_written(each) for each in value], ast.Load())
    return ast.Constant(value)  # type: ignore[arg-type]  # `value_of` gives nothing else


def _of_length(module: Module, node: ast.Call, depth: int) -> object:
    """timedelta(days=1), and its total_seconds()."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "total_seconds":
        length = value_of(module, node.func.value, depth + 1)
        return length.total_seconds() if isinstance(length, dt.timedelta) else VARIES
    if dotted(node.func).rpartition(".")[2] != "timedelta" or node.args:
        return VARIES
    parts = {word.arg or "": value_of(module, word.value, depth + 1) for word in node.keywords}
    try:
        return dt.timedelta(**parts)  # type: ignore[arg-type]  # what is no number is refused here
    except (TypeError, OverflowError):
        return VARIES


def _of_call(module: Module, node: ast.Call, depth: int) -> object:
    """Text put together by method: join, lower, replace, format without fields; base64 decoded."""
    length = _of_length(module, node, depth)
    if length is not VARIES:
        return length
    arguments = [value_of(module, argument, depth + 1) for argument in node.args]
    if VARIES in arguments or node.keywords:
        return VARIES
    if isinstance(node.func, ast.Name):
        return _converted(node.func.id, arguments)
    if not isinstance(node.func, ast.Attribute):
        return VARIES
    if (
        node.func.attr in {"b64decode", "urlsafe_b64decode"}
        and arguments
        and isinstance(arguments[0], (str, bytes))
    ):
        return decoded(arguments[0]) or VARIES
    base = value_of(module, node.func.value, depth + 1)
    if not isinstance(base, (str, bytes)) or node.func.attr not in _TEXT_METHODS:
        return VARIES
    try:
        return getattr(base, node.func.attr)(*arguments)
    except (TypeError, ValueError, IndexError, KeyError, LookupError):
        return VARIES


def _converted(name: str, arguments: list[object]) -> object:
    """bool(0), int("1"), str(5) of a constant."""
    kinds: dict[str, type] = {"bool": bool, "int": int, "str": str, "float": float}
    if name not in kinds or len(arguments) != 1 or not isinstance(arguments[0], (str, int, float)):
        return VARIES
    try:
        return kinds[name](arguments[0])
    except ValueError:
        return VARIES


def decoded(value: str | bytes) -> str | None:
    """The text that base64 hides, None where it hides none."""
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() else None


def _calculated(operator: ast.operator, left: object, right: object) -> object:
    if (
        isinstance(operator, ast.Add)
        and type(left) is type(right)
        and isinstance(left, (str, bytes, int, float, tuple))
    ):
        return left + right  # type: ignore[operator]  # both are of one of these types
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _number(operator, left, right)
    if isinstance(operator, ast.Mod) and isinstance(left, str) and right is not VARIES:
        try:
            return left % right
        except (TypeError, ValueError):
            return VARIES
    return VARIES


def _number(operator: ast.operator, left: float, right: float) -> object:
    """What a calculation comes to, as far as people write it for a limit: 5 * 60, 10 ** 9, 60 - 1, 1 << 20."""
    if isinstance(operator, ast.Mult):
        return left * right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.Pow) and 0 <= right <= 64 and abs(left) <= 1024:
        return left**right
    if isinstance(operator, ast.LShift) and isinstance(left, int) and isinstance(right, int):
        return left << right if 0 <= right <= 64 else VARIES
    return VARIES


def _decided(module: Module, node: ast.BoolOp, depth: int) -> object:
    """`x or True` is true whatever x is, `x and False` is false."""
    values = [value_of(module, each, depth + 1) for each in node.values]
    decides = isinstance(node.op, ast.Or)
    if any(value is not VARIES and bool(value) is decides for value in values):
        return decides
    return VARIES if VARIES in values else values[-1]


def _signed(operator: ast.unaryop, value: object) -> object:
    if isinstance(operator, ast.USub) and isinstance(value, (int, float)):
        return -value
    if isinstance(operator, ast.Not) and value is not VARIES:
        return not value
    return VARIES
