"""HK311: money is reckoned in floats, which lose a yen here and there and round as nobody agreed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found

_MONEY = re.compile(
    r"^(?:\w+_)?(?:minor|minor_units|yen|cents)$|^(?:unit_|sub_?|grand_?)?(?:price|unit_amount|subtotal|grand_total)$"
    r"|^(?:delivery|method|shipping)_fee$"
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Amounts times or over a number with decimals, and amounts made into one."""
    if context.config.is_test(module.path):
        return
    for node in module.all(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, (ast.Mult, ast.Div, ast.FloorDiv)):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if _is_money(one) and _is_decimal(module, other):
                    yield found(module, node, "HK311", f"'{dotted(one)}' is reckoned in floats")
                    break
    for call in module.calls_by_name.get("float", ()):
        if (
            len(call.args) == 1
            and _is_money(call.args[0])
            and isinstance(module.parents.get(call), ast.BinOp)
        ):
            yield found(module, call, "HK311", f"'{dotted(call.args[0])}' is reckoned in floats")


def _is_money(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and bool(_MONEY.match(dotted(node).rpartition(".")[2]))


def _is_decimal(module: Module, node: ast.expr) -> bool:
    value = module.value_of(node)
    return isinstance(value, float) and not value.is_integer()
