"""The lines of the list for one function, and whether they still hold.

    order.state == OrderState.PLACED, not _.is_open() -> refuse      under these, it ends so
    row.state == State.DONE -> without: send                         under these, that is not done
    -> record                                                        this is done whenever it goes through
    where Order.store_id == _.store_id                               a query asks so
    locks Payment                                                    a row is locked
    with idempotency_key of what stays                               a thing is asked for once, by this key
    @ post right=Right.REFUND                                        a decorator demands it

Each condition is the least that leads there, found by leaving out one literal after the other.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from .effects import RETURNED
from .naming import FunctionNode, given
from .outcomes import Outcome, is_as_good, is_listed
from .walk import Helpers, State, TooMany, Walk
from .written import Scope

Literals = tuple[tuple[str, bool], ...]
T = TypeVar("T", bound=str)
_NEGATION = "not "
_BETWEEN = " && "
_ARROW = " -> "
_WITHOUT = "without: "
_TIMES = re.compile(r"(?P<item>.+?)(?: x(?P<times>\d+))?")
_ASKED = ("where ", "locks ", "with ", "@ ")
_MOST_LITERALS = 8
_MOST_LITERALS_OF_A_DEED = 3
"""Whether something is done rests on a few conditions, or is no one's promise."""


@dataclass(frozen=True)
class Code:
    """A function with the names round it."""

    function: FunctionNode
    scope: Scope
    helpers: Helpers

    def under(self, literals: Iterable[tuple[str, bool]], *, forks: bool = False) -> list[State]:
        """Its paths when these literals hold. Raises TooMany."""
        start = State(given(self.function, None, self.scope), dict(literals))
        return Walk(self.helpers, forks).through(self.function, start)


Holds = Callable[[list[State]], bool]


def items_of(code: Code, asks: Counter[str]) -> list[str]:
    """All that a function refuses, leaves out, does and asks, as lines."""
    found = list[str]()
    try:
        paths = _paths(code)
        found += _ends(code, paths)
        found += _left_out(code, paths)
        found += _done(code, paths)
    except TooMany:
        pass  # what it asks is still a line
    for item, times in sorted(asks.items()):
        found.append(f"{item} x{times}" if times > 1 else item)
    return found


def _paths(code: Code) -> list[State]:
    try:
        return code.under((), forks=True)
    except TooMany:
        return code.under(())


def _ends(code: Code, paths: list[State]) -> Iterator[str]:
    outcomes = {each.outcome for each in paths}
    found = dict[tuple[str, Literals], None]()
    for path in paths:
        outcome = path.outcome
        if (
            outcome is not None
            and is_listed(outcome)
            and len(outcomes) > 1
            and _says_something(outcome, outcomes)
        ):
            least = _least(code, path, partial(_ends_so, outcome=outcome))
            if least is not None:
                found[(outcome, least)] = None
    for outcome, literals in _smallest(found):
        yield _line(literals) + outcome


def _says_something(outcome: str, outcomes: set[str | None]) -> bool:
    """That it gives nothing says something where it else gives something; a value where it else gives nothing."""
    if outcome is Outcome.SKIP:
        return False
    if outcome is Outcome.NOTHING:
        return bool(outcomes - {Outcome.NOTHING, Outcome.REFUSE, Outcome.FALSE})
    if outcome is Outcome.VALUE:
        return Outcome.NOTHING in outcomes
    return True


def _left_out(code: Code, paths: list[State]) -> Iterator[str]:
    every = {name for path in paths if path.outcome is not Outcome.REFUSE for name in path.touched}
    found = dict[tuple[str, Literals], None]()
    for path in paths:
        if path.outcome is Outcome.REFUSE:
            continue
        for name in sorted(every - path.touched):
            least = _least(code, path, partial(_goes_without, name=name))
            if least and len(least) <= _MOST_LITERALS_OF_A_DEED:
                found[(name, least)] = None
    yield from _grouped(found, _WITHOUT)


def _done(code: Code, paths: list[State]) -> Iterator[str]:
    found = dict[tuple[str, Literals], None]()
    for path in paths:
        if path.outcome is Outcome.REFUSE:
            continue
        for name, swallowed in sorted(path.done, key=lambda each: (each[0], sorted(each[1]))):
            if name.startswith(RETURNED):
                continue
            least = _least(code, path, partial(_is_done, name=name, swallowed=swallowed), may_refuse=True)
            if least is not None and len(least) <= _MOST_LITERALS_OF_A_DEED:
                found[(" except ".join((name, *sorted(swallowed))), least)] = None
    yield from _grouped(found, "")


def _grouped(found: Iterable[tuple[str, Literals]], word: str) -> Iterator[str]:
    groups = defaultdict[Literals, list[str]](list)
    for name, literals in _smallest(found):
        groups[literals].append(name)
    for literals, names in groups.items():
        yield _line(literals) + word + "; ".join(sorted(names))


def _least(code: Code, path: State, holds: Holds, *, may_refuse: bool = False) -> Literals | None:
    """The fewest literals of a path under which something holds; None where it can't be told."""
    literals = [(key, truth) for key, truth in path.known.items()]
    if len(literals) > _MOST_LITERALS * 3 or not _still(code, literals, holds):
        return None
    for each in list(literals):
        fewer = [one for one in literals if one != each]
        if _still(code, fewer, holds, is_passed=may_refuse):
            literals = fewer
    return tuple(sorted(literals)) if len(literals) <= _MOST_LITERALS else None


def _still(code: Code, literals: list[tuple[str, bool]], holds: Holds, *, is_passed: bool = False) -> bool:
    ends = code.under(literals)
    if is_passed and all(each.outcome is Outcome.REFUSE for each in ends):
        return False
    return bool(ends) and holds(ends)


def _ends_so(ends: list[State], outcome: str) -> bool:
    return all(each.outcome is not None and is_as_good(outcome, each.outcome) for each in ends)


def _goes_without(ends: list[State], name: str) -> bool:
    return all(each.outcome is Outcome.REFUSE or name not in each.touched for each in ends)


def _is_done(ends: list[State], name: str, swallowed: frozenset[str]) -> bool:
    """Whoever gives nothing where another way gives something has refused: that need not do it."""
    gives = any(each.outcome in {Outcome.VALUE, Outcome.TRUE} for each in ends)
    refuses = {Outcome.REFUSE, *({Outcome.NOTHING, Outcome.FALSE} if gives else ())}
    return all(
        each.outcome in refuses or any(one == name and not more - swallowed for one, more in each.done)
        for each in ends
    )


def _smallest(found: Iterable[tuple[T, Literals]]) -> list[tuple[T, Literals]]:
    """Without those that follow from another with fewer literals."""
    every = list(found)
    return [
        (name, literals)
        for name, literals in every
        if not any(name == other and set(fewer) < set(literals) for other, fewer in every)
    ]


def _line(literals: Literals) -> str:
    words = [key if truth else _NEGATION + key for key, truth in literals]
    return _BETWEEN.join(words) + (_ARROW if words else _ARROW.lstrip())


def read_line(item: str) -> tuple[Literals, str]:
    """The literals of a line, and what follows of them."""
    left, _, right = item.rpartition("-> ")
    keys = [each.strip() for each in left.split(_BETWEEN) if each.strip()]
    return tuple((key.removeprefix(_NEGATION), not key.startswith(_NEGATION)) for key in keys), right


def broken(items: Iterable[str], code: Code, asked: Callable[[], Counter[str]]) -> Iterator[str]:
    """Those of a function's lines that do not hold any more. `asked` tells what it, and what is new, asks now."""
    asks: Counter[str] | None = None
    pages = _pages_again(code)
    for item in items:
        if item.startswith(_ASKED):
            asks = asked() if asks is None else asks
            match = _TIMES.fullmatch(item)
            if match is not None and asks[match["item"]] < int(match["times"] or 1):
                yield item
            continue
        literals, right = read_line(item)
        if not right.startswith(_WITHOUT) and not is_listed(right):
            # Whoever does something for what is there may leave it out for what is empty.
            literals += tuple(
                (key.removesuffix(" is None"), True) for key, yes in literals if _is_there(key, yes)
            )
        try:
            ends = code.under(literals)
            if not _holds(ends, right) and not (
                pages and _holds([_shown_again(each, pages) for each in ends], right)
            ):
                yield item
        except TooMany:
            continue


def _pages_again(code: Code) -> set[str]:
    """What makes the page that a form's answer shows again when it refuses: to be shown again is to be refused."""
    posts = [each for each in code.function.decorator_list if isinstance(each, ast.Call)]
    if not any(isinstance(each.func, ast.Attribute) and each.func.attr == "post" for each in posts):
        return set()
    try:
        return {each.page for each in code.under(()) if each.outcome == Outcome.REFUSE and each.page}
    except TooMany:
        return set()


def _shown_again(end: State, pages: set[str]) -> State:
    return replace(end, outcome=Outcome.REFUSE) if end.outcome == Outcome.VALUE and end.page in pages else end


def _is_there(key: str, answer: bool) -> bool:
    return key.endswith(" is None") and not answer


def _holds(ends: list[State], right: str) -> bool:
    if right.startswith(_WITHOUT):
        return all(_goes_without(ends, name) for name in right.removeprefix(_WITHOUT).split("; "))
    if is_listed(right):
        return _ends_so(ends, right)
    for each in right.split("; "):
        name, *swallowed = each.split(" except ")
        if not _is_done(ends, name, frozenset(swallowed)):
            return False
    return True
