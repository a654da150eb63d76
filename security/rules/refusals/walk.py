"""What a function does, path by path: under what is known, how does it end, and what has it done by then?

A condition that nothing is known of is gone through both ways. Where neither way ends anything, what stands in them is
done perhaps. Loops are gone through once. An exception comes only where it is said to.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from . import effects
from .conditions import Condition, Literal, Several, answers, condition_of
from .naming import REMEMBERED, FunctionNode, assigned, common, given, inside, named
from .outcomes import Outcome, of_value
from .written import Scope, plain, written

Helpers = Callable[[ast.Call], FunctionNode | None]
"""For a call: the new function that it leads into."""
_MOST_PATHS = 300
_DEEPEST = 3
_ENDS = (ast.Raise, ast.Return, ast.Continue, ast.Break)
_CATCHES_ALL = frozenset({"Exception", "BaseException"})


class TooMany(Exception):
    """A function of more paths than can be gone through."""


@dataclass(frozen=True)
class State:
    """A place on a path. `done` are effects with the exceptions that are swallowed round them."""

    scope: Scope
    known: dict[str, bool] = field(default_factory=dict)
    done: frozenset[tuple[str, frozenset[str]]] = frozenset()
    perhaps: frozenset[str] = frozenset()
    outcome: str | None = None
    raised: str = ""
    page: str = ""
    """What made the answer that is given."""

    @property
    def touched(self) -> set[str]:
        """What is done on this path, for sure or perhaps."""
        return {name for name, _swallowed in self.done} | self.perhaps


@dataclass
class Walk:
    """One function. `forks`: go through every condition both ways, for a list; else only where something ends."""

    helpers: Helpers
    forks: bool = False
    swallowed: frozenset[str] = frozenset()
    depth: int = 0
    is_bool: bool = False

    def through(self, function: FunctionNode, state: State) -> list[State]:
        """Every path, with its end."""
        self.is_bool = isinstance(function.returns, ast.Name) and function.returns.id == "bool"
        ends = self._block(function.body, [state])
        return [replace(each, outcome=each.outcome or Outcome.NOTHING) for each in ends]

    def _block(self, body: Sequence[ast.stmt], states: list[State]) -> list[State]:
        over: list[State] = []
        for statement in body:
            after = [then for state in states for then in self._statement(statement, state)]
            over += [each for each in after if each.outcome is not None]
            states = _merged(each for each in after if each.outcome is None)
            if len(over) + len(states) > _MOST_PATHS:
                raise TooMany
            if not states:
                break
        return over + states

    def _statement(self, node: ast.stmt, state: State) -> Iterable[State]:
        if isinstance(node, ast.If):
            return self._if(node, state)
        if isinstance(node, ast.Return):
            return self._return(node, state)
        if isinstance(node, ast.Raise):
            raised = effects.name_of(_exception(node.exc))[1] if node.exc else ""
            return [replace(state, outcome=Outcome.REFUSE, raised=raised)]
        if isinstance(node, (ast.Continue, ast.Break)):
            return [replace(state, outcome=Outcome.SKIP)]
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            return self._loop(node, state)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return self._with(node, state)
        if isinstance(node, ast.Try):
            return self._try(node.body, node.handlers, [*node.orelse, *node.finalbody], state)
        if isinstance(node, ast.Match):
            return self._match(node, state)
        return self._plain(node, state)

    def _plain(self, node: ast.stmt, state: State) -> Iterator[State]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield replace(state, scope=state.scope.with_name(node.name))
            return
        scope = inside(node, state.scope)
        new = {(each, self.swallowed) for each in effects.of_statement(node, scope)}
        value = getattr(node, "value", None)
        entered = (
            self._entered(value, replace(state, scope=scope)) if isinstance(value, ast.expr) else [state]
        )
        for each in entered:
            if each.outcome is not None:
                yield each
                continue
            yield replace(each, scope=assigned(node, scope), done=each.done | new)

    def _entered(self, value: ast.expr, state: State) -> list[State]:
        """A call of a new function: what it refuses and does is done here."""
        states = [state]
        for call in calls_in(value):
            helper = self.helpers(call) if self.depth < _DEEPEST else None
            if helper is None:
                continue
            states = [then for each in states for then in self._helped(helper, call, each)]
        return states

    def _helped(self, helper: FunctionNode, call: ast.Call, state: State) -> Iterator[State]:
        if state.outcome is not None:
            yield state
            return
        inner = Walk(self.helpers, self.forks, self.swallowed, self.depth + 1)
        for end in inner.through(helper, replace(state, scope=given(helper, call, state.scope))):
            if end.outcome is Outcome.REFUSE and end.raised:
                yield replace(end, scope=state.scope)
            else:
                yield replace(end, scope=state.scope, outcome=None)

    def _if(self, node: ast.If, state: State) -> Iterator[State]:
        state = replace(state, scope=inside(node.test, state.scope))
        condition = condition_of(node.test, state.scope)
        ways = list(answers(condition, state.known))
        is_open = len({truth for truth, _known in ways}) > 1
        if is_open and not self.forks and not self._ends((*node.body, *node.orelse)):
            yield self._perhaps(node, state)
            return
        for entered in self._entered(node.test, state):
            if entered.outcome is not None:
                yield entered
                continue
            for truth, known in ways:
                then = replace(entered, known={**entered.known, **known})
                yield from self._block(node.body if truth else node.orelse, [then])

    def _ends(self, body: Iterable[ast.stmt]) -> bool:
        return any(
            _ends(statement) or any(self.helpers(each) is not None for each in calls_in(statement))
            for statement in body
        )

    def _perhaps(self, node: ast.If, state: State) -> State:
        """Neither way ends anything: both are gone on from, in one."""
        ways = [self._block(body, [state]) for body in (node.body, node.orelse)]
        flat = [each for way in ways for each in way]
        done = frozenset.intersection(*(each.done for each in flat))
        touched = frozenset({name for each in flat for name in each.touched})
        return replace(
            state, scope=common([each.scope for each in flat]), done=done, perhaps=state.perhaps | touched
        )

    def _return(self, node: ast.Return, state: State) -> Iterator[State]:
        scope = inside(node, state.scope)
        state = replace(state, scope=scope)
        new = frozenset((each, self.swallowed) for each in effects.of_statement(node, scope))
        state = replace(state, done=state.done | new)
        entered = self._entered(node.value, state) if node.value is not None else [state]
        for each in entered:
            yield from [each] if each.outcome is not None else self._valued(node.value, each)

    def _valued(self, value: ast.expr | None, state: State) -> Iterator[State]:
        if isinstance(value, ast.IfExp):
            for truth, known in answers(condition_of(value.test, state.scope), state.known):
                yield from self._valued(value.body if truth else value.orelse, replace(state, known=known))
        elif (
            value is not None
            and (self.is_bool or _is_condition(value))
            and not isinstance(value, ast.Constant)
        ):
            for truth, known in answers(condition_of(value, state.scope), state.known):
                yield replace(state, known=known, outcome=Outcome.TRUE if truth else Outcome.FALSE)
        else:
            yield replace(state, outcome=of_value(value), page=_made_by(value))

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, state: State) -> Iterator[State]:
        if not isinstance(node, ast.While):
            state = replace(state, scope=named(node.target, state.scope))
        for each in self._block(node.body, [state]):
            went_on = replace(each, outcome=None) if each.outcome is Outcome.SKIP else each
            yield from self._block(node.orelse, [went_on]) if went_on.outcome is None else [went_on]

    def _with(self, node: ast.With | ast.AsyncWith, state: State) -> Iterator[State]:
        handlers = list[ast.ExceptHandler]()
        scope = state.scope
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and effects.name_of(call.func)[1] == "suppress":
                handlers += [ast.ExceptHandler(each, None, [ast.Pass()]) for each in call.args]
            if item.optional_vars is not None:
                scope = named(item.optional_vars, scope)
        state = replace(state, scope=scope)
        yield from self._try(node.body, handlers, [], state) if handlers else self._block(node.body, [state])

    def _try(
        self,
        body: Sequence[ast.stmt],
        handlers: Sequence[ast.ExceptHandler],
        then: Sequence[ast.stmt],
        state: State,
    ) -> Iterator[State]:
        """An exception that is known to come is handled here where this names it, before anything is done."""
        named = {name: handler for handler in reversed(handlers) for name in _caught(handler)}
        coming = [
            key.removeprefix("except ") for key, yes in state.known.items() if yes and key[:7] == "except "
        ]
        for name in coming:
            handler = named.get(name) or next(filter(None, map(named.get, _CATCHES_ALL)), None)
            if handler is not None:
                yield from self._handled(handler, state)
                return
        if self.forks:
            for name, handler in named.items():
                yield from self._handled(
                    handler, replace(state, known={**state.known, f"except {name}": True})
                )
        for end in self._inside(body, handlers, state):
            handler = named.get(end.raised) or next(filter(None, map(named.get, _CATCHES_ALL)), None)
            if end.outcome is Outcome.REFUSE and end.raised and handler is not None:
                yield from self._handled(handler, replace(end, outcome=None, raised=""))
            elif end.outcome is None:
                yield from self._block(then, [end])
            else:
                yield end

    def _inside(
        self, body: Sequence[ast.stmt], handlers: Sequence[ast.ExceptHandler], state: State
    ) -> list[State]:
        swallowed = {name for each in handlers if not self._refuses(each, state) for name in _caught(each)}
        outer, self.swallowed = self.swallowed, self.swallowed | swallowed
        try:
            return self._block(body, [state])
        finally:
            self.swallowed = outer

    def _refuses(self, handler: ast.ExceptHandler, state: State) -> bool:
        """Whether what a handler catches ends the way, and is not just passed over."""
        return all(
            each.outcome is not None and each.outcome not in {Outcome.VALUE, Outcome.TRUE}
            for each in self._handled(handler, state)
        )

    def _handled(self, handler: ast.ExceptHandler, state: State) -> list[State]:
        scope = state.scope.with_name(handler.name) if handler.name else state.scope
        return self._block(handler.body, [replace(state, scope=scope)])

    def _match(self, node: ast.Match, state: State) -> Iterator[State]:
        waiting = [state]
        for case in node.cases:
            condition = _case(node.subject, case, state.scope)
            after = list[State]()
            for each in waiting:
                for truth, known in answers(condition, each.known):
                    then = replace(each, known=known)
                    if truth:
                        yield from self._block(case.body, [then])
                    else:
                        after.append(then)
            waiting = after
        yield from waiting


def _made_by(value: ast.expr | None) -> str:
    first = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
    return effects.name_of(first.func)[1] if isinstance(first, ast.Call) else ""


@lru_cache(REMEMBERED)
def calls_in(node: ast.AST) -> tuple[ast.Call, ...]:
    """Every call in it."""
    return tuple(each for each in ast.walk(node) if isinstance(each, ast.Call))


@lru_cache(REMEMBERED)
def _ends(node: ast.AST) -> bool:
    return any(isinstance(each, _ENDS) for each in ast.walk(node))


def _case(subject: ast.expr, case: ast.match_case, scope: Scope) -> Condition:
    found = _pattern(subject, case.pattern, scope)
    return found if case.guard is None else Several(True, (found, condition_of(case.guard, scope)))


def _pattern(subject: ast.expr, pattern: ast.pattern, scope: Scope) -> Condition:
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
        return Several(True, ())
    if isinstance(pattern, ast.MatchOr):
        return Several(False, tuple(_pattern(subject, each, scope) for each in pattern.patterns))
    if isinstance(pattern, ast.MatchValue):
        return condition_of(ast.Compare(subject, [ast.Eq()], [pattern.value]), scope)
    if isinstance(pattern, ast.MatchSingleton):
        return condition_of(ast.Compare(subject, [ast.Is()], [ast.Constant(pattern.value)]), scope)
    return Literal(plain(f"{written(subject, scope)} matches {ast.unparse(pattern)}"))


def _is_condition(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _exception(node: ast.expr | None) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node or ast.Name("")


def _caught(handler: ast.ExceptHandler) -> list[str]:
    """The exceptions that a handler names; all of them without a name."""
    kind = handler.type
    if kind is None:
        return ["BaseException"]
    kinds: list[ast.expr] = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return [effects.name_of(each)[1] for each in kinds]


def _merged(states: Iterable[State]) -> list[State]:
    """Paths that came to the same are one."""
    known: dict[object, State] = {}
    for each in states:
        key = (frozenset(each.known.items()), each.done, each.perhaps, id(each.scope))
        known.setdefault(key, each)
    return list(known.values())
