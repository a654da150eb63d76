"""Expressions as texts that a rename, another layout or another import leaves as they are.

Local names become `_` (`_1`, `_2` where a text has several), a variable that was assigned from a short call stands as
that call, modules before a name are left out. A long call keeps its name alone: `scalar()`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LONGEST_CALL = 60
_LONGEST = 200
_LOCAL = re.compile("\x01([^\x02]*)\x02")
_OF_ROWS = frozenset({"with_for_update", "populate_existing", "execution_options"})
"""How a row is read is for lines of their own."""
_HOLD = frozenset({"set", "list", "dict", "tuple", "sorted", "frozenset"})
"""What only holds other values is as nameless as a display or a comprehension of them."""
_SAYS_NOTHING = re.compile(r"(?:\w+=)?[\s_(),*]*")
_MEMBER = re.compile(r"(?<![\w.])([A-Z]\w*\.[A-Z][A-Z0-9_]*)\.value\b")


@dataclass(frozen=True)
class Value:
    """What a local name stands for: its text, and the expression where that is short enough to look into."""

    text: str
    node: ast.expr | None = None
    scope: Scope | None = None


@dataclass(frozen=True)
class Scope:
    """The names of a function at one place; `modules` are names of imported modules, `tables` of constant sets."""

    names: Mapping[str, Value] = field(default_factory=dict)
    modules: frozenset[str] = frozenset()
    tables: Mapping[str, ast.expr] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    """What a function that was renamed was called before."""
    helper: Callable[[ast.Call, Scope], tuple[ast.expr, Scope] | None] | None = None
    """For a call of a function that is new and returns one expression: that, with its names."""

    def with_name(self, name: str, value: Value | None = None) -> Scope:
        names = {**self.names, name: value or local(name)}
        return Scope(names, self.modules, self.tables, self.called, self.helper)


def local(name: str) -> Value:
    """A name that says nothing."""
    return Value(f"\x01{name}\x02")


def plain(text: str) -> str:
    """The text with its local names numbered as they come."""
    text = _MEMBER.sub(r"\1", text)
    order = list(dict.fromkeys(_LOCAL.findall(text)))
    if len(order) == 1:
        text = _LOCAL.sub("_", text)
    else:
        text = _LOCAL.sub(lambda found: f"_{order.index(found[1]) + 1}", text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def masked(text: str) -> str:
    """For an order of texts in which local names say nothing."""
    return _LOCAL.sub("_", text)


def bound(value: ast.expr, scope: Scope) -> Value:
    """What a name stands for after it was assigned."""
    node = value.value if isinstance(value, (ast.Await, ast.NamedExpr)) else value
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _HOLD:
        return Value("\x01of a value\x02")
    if isinstance(node, (ast.BoolOp, ast.Compare, ast.UnaryOp, ast.Call, ast.Attribute, ast.BinOp)):
        return Value(written(node, scope), node, scope)
    if isinstance(node, ast.Name):
        return scope.names.get(node.id) or Value(written(node, scope))
    if isinstance(node, ast.Tuple):
        return Value("\x01of a value\x02", node, scope)
    return Value("\x01of a value\x02")


def written(node: ast.AST | None, scope: Scope) -> str:
    """The text of an expression, its local names still marked."""
    if isinstance(node, ast.Name):
        known = scope.names.get(node.id)
        return known.text if known is not None else scope.called.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return _attribute(node, scope)
    if isinstance(node, ast.Call):
        return _call(node, scope)
    if isinstance(node, (ast.Await, ast.NamedExpr, ast.FormattedValue, ast.Expr)):
        return written(node.value, scope)
    if isinstance(node, (ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare)):
        return _operation(node, scope)
    return _display(node, scope) if node is not None else ""


def _display(node: ast.AST, scope: Scope) -> str:
    if isinstance(node, ast.Constant):
        # A text in somebody's language may be written better.
        return repr(node.value) if not isinstance(node.value, str) or node.value.isascii() else "'…'"
    if isinstance(node, ast.Starred):
        return "*" + written(node.value, scope)
    if isinstance(node, ast.Subscript):
        return f"{written(node.value, scope)}[{written(node.slice, scope)}]"
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return "(" + ", ".join(written(each, scope) for each in node.elts) + ")"
    return "f''" if isinstance(node, ast.JoinedStr) else _other(node, scope)


def _operation(node: ast.UnaryOp | ast.BinOp | ast.BoolOp | ast.Compare, scope: Scope) -> str:
    if isinstance(node, ast.UnaryOp):
        return f"{type(node.op).__name__.lower()} {written(node.operand, scope)}"
    if isinstance(node, ast.BinOp):
        return f"({written(node.left, scope)} {_SIGNS.get(type(node.op), '?')} {written(node.right, scope)})"
    if isinstance(node, ast.BoolOp):
        word = " and " if isinstance(node.op, ast.And) else " or "
        return "(" + word.join(written(each, scope) for each in node.values) + ")"
    parts = [written(node.left, scope)]
    for sign, right in zip(node.ops, node.comparators, strict=True):
        parts += [_SIGNS.get(type(sign), "?"), written(right, scope)]
    return " ".join(parts)


_SIGNS: dict[type[ast.AST], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.Add: "+", ast.Sub: "-", ast.Mult: "*",
    ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip


def _attribute(node: ast.Attribute, scope: Scope) -> str:
    if isinstance(node.value, ast.Name) and node.value.id in scope.modules:
        return scope.called.get(node.attr, node.attr)
    return f"{written(node.value, scope)}.{scope.called.get(node.attr, node.attr)}"


def _call(node: ast.Call, scope: Scope) -> str:
    if scope.helper is not None and (inside := scope.helper(node, scope)) is not None:
        return written(*inside)
    name = written(node.func, scope)
    if name == "bool" and len(node.args) == 1:
        return written(node.args[0], scope)
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        # Of a chain (`select(Order).where(…).limit(1)`) the end says what is asked for.
        name = node.func.attr if len(name) > LONGEST_CALL else name
    given = [written(each, scope) for each in _asked_for(node)]
    if name.endswith((".in_", ".not_in")) and len(node.args) == 1:
        return f"{name}({members(node.args[0], scope)})"
    told = (each for each in node.keywords if each.arg not in _OF_ROWS)
    given += sorted(f"{each.arg or '**'}={written(each.value, scope)}" for each in told)
    # A local name says nothing: whoever gives one more is not asked for it.
    given = [each for each in given if not _SAYS_NOTHING.fullmatch(masked(each))]
    text = f"{name}({', '.join(given)})"
    return text if len(masked(text)) <= LONGEST_CALL else f"{name}()"


def _asked_for(call: ast.Call) -> list[ast.expr]:
    """Of `session.get(Order, (store_id, order_id))` the class says enough."""
    is_row = isinstance(call.func, ast.Attribute) and call.func.attr in {"get", "get_one"} and call.args
    is_class = is_row and isinstance(call.args[0], ast.Name) and call.args[0].id[:1].isupper()
    return call.args[:1] if is_class else call.args


def members(node: ast.expr, scope: Scope) -> str:
    """What a set, tuple or list holds, in order; a constant one of the file by its name, too."""
    node = table(node, scope)
    if not isinstance(node, (ast.Set, ast.Tuple, ast.List)):
        return written(node, scope)
    return "{" + ", ".join(sorted({plain(written(each, scope)) for each in node.elts})) + "}"


def table(node: ast.expr, scope: Scope) -> ast.expr:
    """The constant set that an expression is, if it is one."""
    if isinstance(node, ast.Name) and node.id not in scope.names and node.id in scope.tables:
        node = scope.tables[node.id]
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"frozenset", "set"} and node.args:
        node = node.args[0]
    return node


def _other(node: ast.AST, scope: Scope) -> str:
    """Comprehensions, lambdas and what is rare: kind and parts."""
    if isinstance(node, ast.Lambda):
        inner = scope
        for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            inner = inner.with_name(each.arg)
        return f"lambda: {written(node.body, inner)}"
    if isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)):
        return _comprehension(node, scope)
    if isinstance(node, ast.comprehension):
        return ""
    parts = [written(each, scope) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    return f"{type(node).__name__}({', '.join(parts)})"


def _comprehension(node: ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp, scope: Scope) -> str:
    parts = []
    for each in node.generators:
        parts.append("for " + written(each.iter, scope))
        for name in ast.walk(each.target):
            if isinstance(name, ast.Name):
                scope = scope.with_name(name.id)
        parts += ["if " + written(test, scope) for test in each.ifs]
    heads = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return " ".join([*(written(head, scope) for head in heads), *parts])
