"""Conditions taken apart into literals, and what follows of one literal from others that are known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from .written import Scope, masked, members, plain, written

Known = Mapping[str, bool]
_CONSTANT = re.compile(r"(?:[A-Z]\w*\.[A-Z][A-Z0-9_]*|-?\d[\w.]*|b?'[^']*'|b?\"[^\"]*\"|True|False)")
_DEEPEST = 6


@dataclass(frozen=True)
class Literal:
    """One question that a condition asks; `holds` is the answer that makes it true."""

    key: str
    holds: bool = True


@dataclass(frozen=True)
class Several:
    """All of the parts (`every`), or any."""

    every: bool
    parts: tuple[Condition, ...]


Condition = Literal | Several


def negated(condition: Condition) -> Condition:
    if isinstance(condition, Literal):
        return Literal(condition.key, not condition.holds)
    return Several(not condition.every, tuple(negated(each) for each in condition.parts))


def condition_of(node: ast.expr, scope: Scope, depth: int = 0) -> Condition:
    """What must hold for an expression to be true."""
    if isinstance(node, (ast.NamedExpr, ast.Await)):
        return condition_of(node.value, scope, depth)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return negated(condition_of(node.operand, scope, depth))
    if isinstance(node, (ast.BoolOp, ast.IfExp)):
        return _joined(node, scope, depth)
    if isinstance(node, ast.Constant):
        return Several(bool(node.value), ())
    if isinstance(node, ast.Compare):
        return _compared(node, scope)
    elsewhere = _stands_for(node, scope) if depth < _DEEPEST else None
    return (
        condition_of(*elsewhere, depth + 1) if elsewhere is not None else Literal(plain(written(node, scope)))
    )


def _joined(node: ast.BoolOp | ast.IfExp, scope: Scope, depth: int) -> Condition:
    if isinstance(node, ast.BoolOp):
        return Several(
            isinstance(node.op, ast.And), tuple(condition_of(each, scope, depth) for each in node.values)
        )
    test = condition_of(node.test, scope, depth)
    yes, no = (condition_of(each, scope, depth) for each in (node.body, node.orelse))
    return Several(False, (Several(True, (test, yes)), Several(True, (negated(test), no))))


def _stands_for(node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope] | None:
    """The condition that a name was given, or that a new helper returns."""
    if isinstance(node, ast.Call):
        if getattr(node.func, "id", None) == "bool" and len(node.args) == 1:
            return node.args[0], scope
        return scope.helper(node, scope) if scope.helper is not None else None
    known = scope.names.get(node.id) if isinstance(node, ast.Name) else None
    if (
        known is None
        or known.scope is None
        or not isinstance(known.node, (ast.BoolOp, ast.Compare, ast.UnaryOp))
    ):
        return None
    return known.node, known.scope


def _compared(node: ast.Compare, scope: Scope) -> Condition:
    sides = [node.left, *node.comparators]
    parts = tuple(_pair(sides[at], sign, sides[at + 1], scope) for at, sign in enumerate(node.ops))
    return parts[0] if len(parts) == 1 else Several(True, parts)


def _pair(left: ast.expr, sign: ast.cmpop, right: ast.expr, scope: Scope) -> Condition:
    one, other = written(left, scope), written(right, scope)
    if isinstance(sign, (ast.Is, ast.IsNot)) and "None" in {one, other}:
        return Literal(plain(f"{other if one == 'None' else one} is None"), isinstance(sign, ast.Is))
    if isinstance(sign, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
        first, second = sorted((one, other), key=lambda text: (_is_constant(text), masked(text), text))
        return Literal(plain(f"{first} == {second}"), isinstance(sign, (ast.Eq, ast.Is)))
    if isinstance(sign, (ast.In, ast.NotIn)):
        return Literal(plain(_membership(one, right, scope)), isinstance(sign, ast.In))
    if isinstance(sign, (ast.Lt, ast.GtE)):
        return Literal(plain(f"{one} < {other}"), isinstance(sign, ast.Lt))
    return Literal(plain(f"{other} < {one}"), isinstance(sign, ast.Gt))


def _membership(one: str, right: ast.expr, scope: Scope) -> str:
    found = members(right, scope)
    if found.startswith("{") and ", " not in found and found != "{}":
        return f"{one} == {found[1:-1]}"
    return f"{one} in {found}"


def _is_constant(text: str) -> bool:
    return _CONSTANT.fullmatch(plain(text)) is not None


@cache
def _members(key: str) -> tuple[str, frozenset[str]] | None:
    """Of `state == A` or `state in {A, B}`: the subject and the constants."""
    subject, _, rest = key.partition(" in {")
    if rest.endswith("}"):
        members = rest[:-1].split(", ")
    else:
        subject, _, rest = key.rpartition(" == ")
        members = [rest]
    return (subject, frozenset(members)) if subject and all(map(_is_constant, members)) else None


def told(key: str, known: Known) -> bool | None:
    """Whether a literal holds, by what is known; None when that says nothing."""
    if key in known:
        return known[key]
    if key.endswith(" is None"):
        return False if known.get(key.removesuffix(" is None")) is True else None
    if known.get(f"{key} is None") is True:
        return False
    first, sign, second = key.partition(" < ")
    if sign:
        return False if known.get(f"{second} < {first}") is True else None
    mine = _members(key)
    return _by_members(*mine, known) if mine is not None else None


def _by_members(subject: str, members: frozenset[str], known: Known) -> bool | None:
    for other, holds in known.items():
        theirs = _members(other)
        if theirs is None or theirs[0] != subject:
            continue
        if holds and theirs[1] <= members:
            return True
        if (holds and not theirs[1] & members) or (not holds and members <= theirs[1]):
            return False
    return None


def answers(condition: Condition, known: Known) -> Iterator[tuple[bool, dict[str, bool]]]:
    """Each way in which a condition turns out, with what is known then; what is not known may be either."""
    if isinstance(condition, Literal):
        said = told(condition.key, known)
        for truth in (True, False) if said is None else (said,):
            yield truth == condition.holds, {**known, condition.key: truth}
        return
    if not condition.parts:
        yield condition.every, dict(known)
        return
    rest = Several(condition.every, condition.parts[1:])
    for truth, then in answers(condition.parts[0], known):
        if truth is condition.every and rest.parts:
            yield from answers(rest, then)
        else:
            yield truth, then
