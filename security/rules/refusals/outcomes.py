"""How a function ends: it raises, answers with a refusal, leads elsewhere, gives nothing, or goes through."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum

from .effects import name_of


class Outcome(StrEnum):
    """The words of the list."""

    REFUSE = "refuse"
    """Raises, or answers with a status of 400 or more."""
    REDIRECT = "redirect"
    NOTHING = "None"
    """Also the end of a function that gives no value, and an empty one."""
    FALSE = "False"
    TRUE = "True"
    VALUE = "value"
    SKIP = "continue"
    """Of a loop: the rest of its body is left out."""


_STATUSES = range(400, 600)
_LEADS_ELSEWHERE = frozenset({"redirect", "elsewhere", "go"})
_SAYS_NO = re.compile(
    r"(?:Lack|Why|Flaw|Fault|Bad|Refusal|Turn)\.\w+"
    r"|\w+\.(?:\w+_)?(?:CLOSED|REFUSED|DENIED|OVER|GONE|LOCKED|STOPPED|FAILED|NOT|NO|NONE|NEVER|TOO|OTHER|LEFT)(?:_\w+)?"
)
"""A member of an enumeration that is an answer of its own in the list: `Made.CLOSED`, `Why.NO_RIGHT`."""


def of_value(node: ast.expr | None) -> str:
    """The outcome of `return node`, where it is no condition."""
    if node is None or (isinstance(node, (ast.Tuple, ast.List, ast.Set)) and not node.elts):
        return Outcome.NOTHING
    if isinstance(node, ast.Dict) and not node.keys:
        return Outcome.NOTHING
    if isinstance(node, ast.Constant):
        return _of_constant(node.value)
    if (said := _says_no(node)) is not None:
        return said
    name = name_of(node.func)[1] if isinstance(node, ast.Call) else ""
    if name == "abort" or any(status in _STATUSES for status in _statuses(node)):
        return Outcome.REFUSE
    return Outcome.REDIRECT if name in _LEADS_ELSEWHERE else Outcome.VALUE


def _of_constant(value: object) -> Outcome:
    if isinstance(value, bool):
        return Outcome.TRUE if value else Outcome.FALSE
    if isinstance(value, int) and value in _STATUSES:
        return Outcome.REFUSE
    return Outcome.VALUE if value else Outcome.NOTHING


def _statuses(node: ast.expr) -> Iterator[int]:
    if isinstance(node, ast.Tuple):
        values: list[ast.expr] = node.elts[1:]
    elif isinstance(node, ast.Call):
        values = [each.value for each in node.keywords if each.arg in {"status", "status_code", "code"}]
        values += node.args[1:]
    else:
        return
    for value in values:
        if isinstance(value, ast.Constant) and type(value.value) is int:
            yield value.value


def _says_no(node: ast.expr) -> str | None:
    """The member that a value is, or that a call makes it of."""
    given = [*node.args, *(each.value for each in node.keywords)] if isinstance(node, ast.Call) else [node]
    names = (f"{name_of(each)[0]}.{name_of(each)[1]}" for each in given if isinstance(each, ast.Attribute))
    return next((name for name in names if _SAYS_NO.fullmatch(name)), None)


def is_listed(outcome: str) -> bool:
    """Whether a word of the list is an outcome."""
    return outcome in set(Outcome) or _SAYS_NO.fullmatch(outcome) is not None


def is_as_good(was: str, now: str) -> bool:
    """Whether one outcome still refuses what another one refused."""
    return now == was or now == Outcome.REFUSE
