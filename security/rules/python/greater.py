"""HK601: the greater of two amounts is taken where money moves: then nothing holds it to what is due, or there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

_AMOUNT = re.compile(
    r"(?:^|_)(?:amount|minor|total|subtotal|price|due|gross|balance|refundable|remaining|left|fee|paid|captured)(?:_|$)"
)
_MOVES = re.compile(
    r"(?:^|_)(?:capture|refund|charge|pay|payout|transfer|void|want_capture|want_refund|wish|money|amount|send_refund)(?:_|$)",
    re.IGNORECASE,
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """`max(there, left)` in what is handed to a call that moves money, or in a variable that is."""
    if context.config.is_test(module.path):
        return
    for node, values in _greatest(module):
        if len(values) < 2 or any(_is_fixed(module, each) for each in values):
            continue
        if any(map(_is_amount, values)) and _moves_money(module, node):
            yield found(
                module, node, "HK601", "the greater of two amounts is taken: nothing holds it to what is due"
            )


def _greatest(module: Module) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """`max(a, b)`, `max([a, b])`, `a if a > b else b`, with what is compared."""
    for call in module.calls:
        if "max" in module.names(call.func) and call.args:
            alone = call.args[0] if len(call.args) == 1 else None
            yield call, alone.elts if isinstance(alone, (ast.List, ast.Tuple)) else call.args
    for node in module.all(ast.IfExp):
        assert isinstance(node, ast.IfExp)  # nosec B101  # `all` gives nothing else
        if (compared := _compared(node.test)) and list(map(ast.dump, compared)) == [
            ast.dump(node.body),
            ast.dump(node.orelse),
        ]:
            yield node, compared


def _compared(test: ast.expr) -> list[ast.expr]:
    """The two sides of a comparison by size, the one that is the greater if it holds first; else none."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return []
    sides = [test.left, test.comparators[0]]
    if isinstance(test.ops[0], (ast.Gt, ast.GtE)):
        return sides
    return sides[::-1] if isinstance(test.ops[0], (ast.Lt, ast.LtE)) else []


def _is_fixed(module: Module, node: ast.expr) -> bool:
    """`0`, `Money(0)`: always the same, so it is a floor."""
    is_made = isinstance(node, ast.Call) and any(isinstance(each, ast.Constant) for each in node.args)
    return isinstance(node, ast.Constant) or is_made or isinstance(module.value_of(node), (int, float))


def _is_amount(node: ast.expr) -> bool:
    return any(
        _AMOUNT.search(dotted(each).replace("()", "").rpartition(".")[2].lower())
        for each in ast.walk(node)
        if isinstance(each, (ast.Name, ast.Attribute))
    )


def _moves_money(module: Module, node: ast.AST, depth: int = 0) -> bool:
    """Whether what it gives is handed to such a call: at once, in an amount, or by way of a variable."""
    at = module.parents.get(node)
    while isinstance(at, ast.expr | ast.keyword):
        if isinstance(at, ast.Call) and any(_MOVES.search(name) for name in last_names(module, at.func)):
            return True
        at = module.parents.get(at)
    if isinstance(at, ast.Assign) and depth < 2:
        names = {target.id for target in at.targets if isinstance(target, ast.Name)}
        uses = [
            each for each in module.own(module.scope(at)) if isinstance(each, ast.Name) and each.id in names
        ]
        return any(isinstance(each.ctx, ast.Load) and _moves_money(module, each, depth + 1) for each in uses)
    return False
