"""One form for what does the same: a function's fingerprint does not change with the way in which it is written.

    if a:          if a:            not (a or b)   not a and not b      b == a   a == b
        x()            x()
    else:              return
        y()        y()

A variable that is used once, in the next statement, is its value. The parts of `and` and `or` in a condition
count without their order (`conditions_in`): another one can fail sooner, and lets nobody through.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise

from ..syntax import parameters

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_INVERSE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_REPEATS = (
    ast.While,
    ast.For,
    ast.AsyncFor,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_EVEN = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)


def in_one_form(node: ast.AST) -> ast.AST:
    """A copy of a syntax tree in that form."""
    formed: ast.AST = _Former().visit(deepcopy(node))
    return ast.fix_missing_locations(formed)


def conditions_in(node: ast.AST) -> set[ast.BoolOp]:
    """Each `and` and `or` that decides something; of one that is a value (`host or DEFAULT`) the order counts."""
    tests = [
        each
        for inner in ast.walk(node)
        for each in (getattr(inner, "test", None), *getattr(inner, "ifs", []))
    ]
    found = set[ast.BoolOp]()
    while tests:
        test = tests.pop()
        if isinstance(test, ast.UnaryOp):
            tests.append(test.operand)
        elif isinstance(test, ast.BoolOp):
            found.add(test)
            tests += test.values
    return found


class _Former(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _flat(node.body, at_end=True) or [ast.Pass()]
        named_once = _named_once(node)
        while named_once and _put_in(node, named_once):
            pass
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _negated(node.operand) if isinstance(node.op, ast.Not) else node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        parts: list[ast.expr] = []
        for each in node.values:
            same = isinstance(each, ast.BoolOp) and type(each.op) is type(node.op)
            parts += each.values if same and isinstance(each, ast.BoolOp) else [each]
        node.values = parts
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        left, sign, right = node.left, node.ops[0], node.comparators[0]
        if type(sign) in _TURNED:
            return ast.Compare(right, [_TURNED[type(sign)]()], [left])
        if isinstance(sign, _EVEN) and isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            return ast.Compare(right, [sign], [left])
        return node


def _negated(node: ast.expr) -> ast.expr:
    """What is true when `node` is not (De Morgan)."""
    if isinstance(node, ast.BoolOp):
        other: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return ast.BoolOp(other, [_negated(each) for each in node.values])
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _INVERSE:
        return ast.Compare(node.left, [_INVERSE[type(node.ops[0])]()], node.comparators)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    return ast.UnaryOp(ast.Not(), node)


def _flat(body: list[ast.stmt], *, at_end: bool) -> list[ast.stmt]:
    """Statements without an `else` behind what ends; `at_end` of a function nothing ends it that would end anyway."""
    flat: list[ast.stmt] = []
    for place, each in enumerate(map(_unannotated, body)):
        is_last = at_end and place == len(body) - 1
        if not isinstance(each, ast.If) or not each.orelse:
            flat.append(_nested(each, at_end=is_last))
            continue
        ends = isinstance(each.body[-1], _ENDS)
        if not ends and not is_last:
            flat.append(_nested(each, at_end=False))
            continue
        then = _flat(each.body, at_end=False)
        flat.append(ast.If(each.test, then if ends else [*then, ast.Return(None)], []))
        flat += _flat(each.orelse, at_end=is_last)
    if at_end and flat and isinstance(flat[-1], ast.Return) and _is_nothing(flat[-1].value):
        flat.pop()
    return [
        ast.Return(None) if isinstance(each, ast.Return) and _is_nothing(each.value) else each
        for each in flat
    ]


def _unannotated(statement: ast.stmt) -> ast.stmt:
    """An annotation in a function says something to readers alone; in a class it makes a field."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return ast.Assign([statement.target], statement.value)
    return statement


def _nested(statement: ast.stmt, *, at_end: bool) -> ast.stmt:
    """The same within a statement; a function or class in it was visited by itself."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return statement
    if isinstance(statement, ast.If) and not statement.orelse:
        statement.body = _flat(statement.body, at_end=at_end) or [ast.Pass()]
        return statement
    for holder in [statement, *getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        for field in ("body", "orelse", "finalbody"):
            if inner := getattr(holder, field, None):
                setattr(holder, field, _flat(inner, at_end=False))
    return statement


def _named_once(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The variables that are given a value once and used once."""
    names = [each for each in ast.walk(function) if isinstance(each, ast.Name)]
    stored = Counter(each.id for each in names if not isinstance(each.ctx, ast.Load))
    used = Counter(each.id for each in names if isinstance(each.ctx, ast.Load))
    return {name for name, times in stored.items() if times == used[name] == 1} - set(parameters(function))


def _put_in(function: ast.AST, named_once: set[str]) -> bool:
    """Put the value of one of them where the next statement uses it; whether there was one."""
    for body in _bodies(function):
        for first, then in pairwise(body):
            if (
                isinstance(first, ast.Assign)
                and isinstance(target := first.targets[0], ast.Name)
                and target.id in named_once
                and _takes(then, target.id, first.value)
            ):
                body.remove(first)
                return True
    return False


def _bodies(function: ast.AST) -> Iterator[list[ast.stmt]]:
    for holder in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(holder, field, None)
            if isinstance(body, list):
                yield body


def _takes(statement: ast.stmt, name: str, value: ast.expr) -> bool:
    """Put the value into the statement where it uses the name; not into what it does more than once, or later."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        for field, inner in ast.iter_fields(node):
            if isinstance(inner, ast.Name) and inner.id == name:
                setattr(node, field, value)
                return True
            if isinstance(inner, list) and not isinstance(node, _REPEATS):
                for place, each in enumerate(inner):
                    if isinstance(each, ast.Name) and each.id == name:
                        inner[place] = value
                        return True
        waiting += [each for each in ast.iter_child_nodes(node) if not isinstance(each, _REPEATS)]
    return False


def _is_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)
