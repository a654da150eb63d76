"""HK601: a guard that is asked, whose answer holds for some cases only, or that gets a part of what it must judge."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

_SHUT = re.compile(
    r"^_*(?:(?:is|are|was|were)_(?:closed|stopped|paused|blocked|too_late|frozen|shut)(?:_\w+)?|(?:cards?|store|shop|payments?)_(?:is_|are_)?(?:closed|stopped|paused))$"
)
_WHICH = re.compile(r"(?:^|[._])(?:is_card|by_card|is_card_payment|CARD|uses_card|has_card|is_void)$")
"""A stop is one of cards, and what is let go is never too late: which it is may be asked first."""
_CHANNEL = re.compile(
    r"(?:conn(?:ection)?|sock(?:et)?|stream|response|file|transport|pool|client|loop|reader|writer)(?:\(\))?$",
    re.IGNORECASE,
)
"""What else is closed by itself, and holds nothing back."""
_JUDGES = frozenset(
    {
        "check_body",
        "require_clean",
        "require_clean_message",
        "require_clean_request",
        "require_clean_statement",
        "scrubbed",
    }
)
_ASKED = "request_three_d_secure"
_LESS = "without a word of its own a store asks for less 3-D Secure"


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Stops that hold for some, judges of a piece, 3-D Secure for some payments."""
    if context.config.is_test(module.path):
        return
    for test in module.all(ast.BoolOp):
        assert isinstance(test, ast.BoolOp)
        if _holds_for_some(test):
            yield found(module, test, "HK601", "what is closed is closed under a further condition only")
    for node in module.all(ast.If):
        assert isinstance(node, ast.If)
        inner = node.body[0]
        if _asks_shut(node.test) and len(node.body) == 1 and isinstance(inner, ast.If) and not inner.orelse:
            yield found(module, node, "HK601", "what is closed is closed under a further condition only")
    for call in module.calls:
        judges = last_names(module, call.func) & _JUDGES
        if judges and call.args and _is_piece(module, call.args[0]):
            yield found(module, call, "HK601", f"{min(judges)} judges a piece, and the rest goes by unread")
    yield from _three_d_secure(module)


def _holds_for_some(test: ast.BoolOp) -> bool:
    """`is_closed and is_new`, `not is_closed or is_known`: beside the stop something decides that is none."""
    is_and = isinstance(test.op, ast.And)
    asked = [_asks_shut(each if is_and else _denied(each)) for each in test.values]
    others = [each for each, shut in zip(test.values, asked, strict=True) if not shut]
    return any(asked) and not all(_may_stand_beside(each, ast.IsNot if is_and else ast.Is) for each in others)


def _denied(node: ast.expr) -> ast.expr | None:
    return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) else None


def _asks_shut(node: ast.expr | None) -> bool:
    """Whether an expression is the answer of such a question: `state.is_closed`, `cards_closed(shop)`, `is_closed`."""
    if isinstance(node, ast.Call):
        return bool(_SHUT.match(dotted(node.func).rpartition(".")[2]))
    owner, _, name = (
        dotted(node).rpartition(".") if isinstance(node, (ast.Attribute, ast.Name)) else ("", "", "")
    )
    return bool(_SHUT.match(name)) and not _CHANNEL.search(owner)


def _may_stand_beside(node: ast.expr, there: type[ast.cmpop]) -> bool:
    """What says which payments a stop is about, or whether there is anything at all."""
    node = _denied(node) or node
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        is_there = isinstance(node.ops[0], there) and any(
            isinstance(each, ast.Constant) and each.value is None for each in sides
        )
        return is_there or any(_WHICH.search(dotted(each)) for each in sides)
    return bool(_WHICH.search(dotted(node).replace("()", "")))


def _is_piece(module: Module, node: ast.expr, depth: int = 0) -> bool:
    """`body[:0]`, `text[:4096]`, a constant: whoever reads the name of the guard believes that all of it was judged."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Slice)
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"decode", "encode", "strip"} and _is_piece(module, node.func.value, depth)
    if isinstance(node, ast.Name) and depth < 3:
        bound = module.bound(node)
        values = [each.value for each in bound[1] if each.kind == "value"] if bound else []
        return bool(values) and all(_is_piece(module, each, depth + 1) for each in values)
    return False


def _three_d_secure(module: Module) -> Iterator[Finding]:
    for node, value in _asking(module):
        yield from _asked_for(module, node, value)
    for call in module.calls:
        texts = [module.text_of(each) or "" for each in [*call.args, *(word.value for word in call.keywords)]]
        if "automatic" in texts and any("THREE_D_SECURE" in each for each in texts):
            yield found(module, call, "HK601", _LESS)
    for node in module.all(ast.AnnAssign):
        assert isinstance(node, ast.AnnAssign)
        if "three_d_secure" in dotted(node.target) and _is_less(module, node.value):
            yield found(module, node, "HK601", _LESS)


def _asking(module: Module) -> Iterator[tuple[ast.AST, ast.expr]]:
    """Where a request to the provider says whether 3-D Secure is wanted."""
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        pairs = zip(node.keys, node.values, strict=True)
        yield from (
            (node, value) for key, value in pairs if key is not None and module.text_of(key) == _ASKED
        )
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        if any(
            isinstance(each, ast.Subscript) and module.text_of(each.slice) == _ASKED for each in node.targets
        ):
            yield node, node.value
    for call in module.calls:
        yield from ((call, word.value) for word in call.keywords if word.arg == _ASKED)


def _asked_for(module: Module, node: ast.AST, value: ast.expr) -> Iterator[Finding]:
    if isinstance(value, (ast.IfExp, ast.BoolOp)) and any(
        _is_less(module, each) for each in ast.walk(value) if isinstance(each, ast.expr)
    ):
        yield found(module, node, "HK601", "3-D Secure is asked for in some cases only")
    at: ast.AST | None = node
    while at is not None and not isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
        above = module.parents.get(at)
        spares = [getattr(above, "body", None), getattr(above, "orelse", None)]
        if isinstance(above, (ast.IfExp, ast.If)) and at is not above.test and not _both(spares):
            yield found(module, node, "HK601", "3-D Secure is asked for in some cases only")
            return
        at = above


def _both(branches: list[object]) -> bool:
    """Whether each branch of a condition asks for it."""
    parts = [each if isinstance(each, list) else [each] for each in branches]
    return all(any(_ASKED in ast.unparse(one) for one in part if isinstance(one, ast.AST)) for part in parts)


def _is_less(module: Module, value: ast.expr | None) -> bool:
    """`ThreeDSecure.AUTOMATIC`, "automatic", or one of them by a condition."""
    if isinstance(value, ast.IfExp):
        return _is_less(module, value.body) or _is_less(module, value.orelse)
    name = dotted(value) if value is not None else ""
    return module.text_of(value) == "automatic" or name.removesuffix(".value").endswith(".AUTOMATIC")
