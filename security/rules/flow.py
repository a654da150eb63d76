"""Where request data goes: a small taint analysis over the functions of one run.

It follows the labels of `requests` through variables, containers, attributes, closures, formats and the calls of
functions of the run; it does not know order within a function, so a value counts from anywhere in it. A call into
foreign code ends the trail, except where that code only reshapes text (`reshaping`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from . import objects, reshaping
from .bindings import Binding
from .given import own_given
from .mappings import chosen
from .project import Project
from .requests import (
    FORM_DATA,
    NOTHING,
    WHOLE_CALLS,
    Labels,
    is_form,
    is_input,
    is_own_form,
    is_request,
    one_of,
    request_attribute,
)
from .source import Module
from .syntax import FunctionNode, dotted, matched, parameters

_DEEPEST = 5
OPENED = "opened"
"""The label of personal data that came out of its seal."""
OPENS = "open_personal"
"""The one function by which it does."""


@dataclass(frozen=True)
class Frame:
    """A function as it is called: which of its parameters hold what. `outer` is the frame of the function around it."""

    module: Module
    scope: ast.AST
    given: Mapping[str, Labels] = field(default_factory=dict)
    outer: Frame | None = None

    @property
    def key(self) -> tuple[str, int, frozenset[tuple[str, Labels]]]:
        return (
            self.module.path,
            id(self.scope),
            frozenset((name, labels) for name, labels in self.given.items() if labels),
        )


Sink = Callable[["Flow", Frame, ast.AST], None]


class Flow:
    """One run's analysis. `visit` is called for each node of each function, for each way in which it is called."""

    def __init__(self, project: Project, visit: Sink) -> None:
        self.project = project
        self._visit = visit
        self._seen: set[object] = set()
        self._variables: dict[object, Labels] = {}
        self._results: dict[object, Labels] = {}

    def run(self, module: Module) -> None:
        """Look at every function of a file on its own, and from there into what it calls."""
        whole = Frame(module, module.tree)
        self.walk(whole)
        self._walk_inner(module.tree, whole)

    def _walk_inner(self, scope: ast.AST, outer: Frame) -> None:
        for node in outer.module.own(scope):
            if isinstance(node, FunctionNode):
                frame = Frame(outer.module, node, own_given(outer.module, node), outer)
                self.walk(frame)
                self._walk_inner(node, frame)

    def given_back(self, module: Module, function: FunctionNode) -> Labels:
        """What a function gives that nobody of the run calls: a template does."""
        return self._result(Frame(module, function, {}, Frame(module, module.tree)), 0)

    def walk(self, frame: Frame, depth: int = 0) -> None:
        """Visit the nodes of one call of a function, and follow its own calls."""
        if frame.key in self._seen or depth > _DEEPEST:
            return
        self._seen.add(frame.key)
        for node in frame.module.own(frame.scope):
            self._visit(self, frame, node)
            if isinstance(node, ast.Call):
                self._follow(frame, node, depth)

    def _follow(self, frame: Frame, call: ast.Call, depth: int) -> None:
        """Into the function that is called, and into functions that are handed on with the data."""
        labels = self._argument_labels(frame, call)
        if not labels:
            return
        for callee, given in self._callees(frame, call, labels):
            self.walk(Frame(callee[0], callee[1], given, _outer_of(callee, frame)), depth + 1)

    def _argument_labels(self, frame: Frame, call: ast.Call) -> Labels:
        values = [*call.args, *(word.value for word in call.keywords)]
        return NOTHING.union(*(self.of(value, frame) for value in values))

    def _callees(
        self, frame: Frame, call: ast.Call, labels: Labels
    ) -> Iterator[tuple[tuple[Module, FunctionNode], dict[str, Labels]]]:
        direct = self.project.function(frame.module, call.func)
        if direct is not None:
            filled = matched(direct[1], call, method=isinstance(call.func, ast.Attribute))
            yield (
                direct,
                {
                    name: NOTHING.union(*(self.of(each, frame) for each in values))
                    for name, values in filled.items()
                },
            )
            for each in objects.registered(direct[0], getattr(direct[1], "name", "")):
                yield (direct[0], each), dict.fromkeys(parameters(each)[:1], labels)
        for value in [*call.args, *(word.value for word in call.keywords)]:
            if isinstance(value, (ast.Name, ast.Attribute, ast.Lambda)):
                handed = self.project.function(frame.module, value)
                if handed is not None and handed != direct and parameters(handed[1]):
                    yield handed, dict.fromkeys(parameters(handed[1]), labels)

    def of(self, node: ast.AST | None, frame: Frame, depth: int = 0) -> Labels:
        """What an expression may hold."""
        if node is None or depth > 40:
            return NOTHING
        method = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if method is not None:
            found: Labels = method(node, frame, depth + 1)
            return found
        if isinstance(node, (ast.Constant, ast.Compare, ast.Lambda)):
            return NOTHING
        return NOTHING.union(
            *(
                self.of(child, frame, depth + 1)
                for child in ast.iter_child_nodes(node)
                if isinstance(child, (ast.expr, ast.keyword, ast.comprehension))
            )
        )

    def _of_name(self, node: ast.Name, frame: Frame, depth: int) -> Labels:
        if is_request(node, frame.module):
            return frozenset({"request"})
        bound = frame.module.bound(node)
        if bound is None:
            return NOTHING
        scope, bindings = bound
        at: Frame | None = frame
        while at is not None and at.scope is not scope:
            at = at.outer
        at = at or Frame(frame.module, scope, own_given(frame.module, scope))
        return at.given.get(node.id, NOTHING) | self._of_bindings((at.key, node.id), bindings, at, depth)

    def _of_bindings(self, key: object, bindings: list[Binding], frame: Frame, depth: int) -> Labels:
        if key not in self._variables:
            # What is asked of itself while it is looked at adds nothing; asking again would never end.
            self._variables[key] = NOTHING
            self._variables[key] = NOTHING.union(*(self.of(each.value, frame, depth) for each in bindings))
        return self._variables[key]

    def _of_unaryop(self, node: ast.UnaryOp, frame: Frame, depth: int) -> Labels:
        return NOTHING if isinstance(node.op, ast.Not) else self.of(node.operand, frame, depth)

    def _of_binop(self, node: ast.BinOp, frame: Frame, depth: int) -> Labels:
        return self.of(node.left, frame, depth) | self.of(node.right, frame, depth)

    def _of_ifexp(self, node: ast.IfExp, frame: Frame, depth: int) -> Labels:
        return self.of(node.body, frame, depth) | self.of(node.orelse, frame, depth)

    def _of_listcomp(self, node: ast.ListComp, frame: Frame, depth: int) -> Labels:
        return self.of(node.elt, frame, depth)

    _of_setcomp = _of_generatorexp = _of_listcomp

    def _of_dictcomp(self, node: ast.DictComp, frame: Frame, depth: int) -> Labels:
        return self.of(node.key, frame, depth) | self.of(node.value, frame, depth)

    def _of_attribute(self, node: ast.Attribute, frame: Frame, depth: int) -> Labels:
        module = frame.module
        if is_request(node, module):
            return frozenset({"request"})
        if is_request(node.value, module):
            return request_attribute(node.attr)
        if is_form(node.value, module) and node.attr in {*FORM_DATA, "__dict__"}:
            return frozenset({"body"})
        if (
            node.attr in {"data", "raw_data"}
            and isinstance(node.value, ast.Attribute)
            and (is_form(node.value.value, module) or is_own_form(node.value.value, module))
        ):
            return frozenset({f"field:{node.value.attr}"})
        if node.attr in {"data", "raw_data"} and objects.is_field_of_form(node.value, module):
            return frozenset({"body"})
        if node.attr in {"data", "raw_data"} and (asked := objects.validated(node.value, module)):
            return frozenset({f"field:{asked}"})
        kept = self._of_property(node, frame, depth) | self._of_bindings(
            (module.path, dotted(node)), module.attributes.get(dotted(node), []), frame, depth
        )
        if dotted(node.value) == "g":
            kept |= self._of_g(dotted(node), depth)
        inner = self.of(node.value, frame, depth)
        if "request" in inner:
            kept |= request_attribute(node.attr)  # the request, handed to a helper under any name
        return kept | (inner - {"request"} if not is_form(node.value, module) else NOTHING)

    def _of_g(self, name: str, depth: int) -> Labels:
        """What any file of the run puts on Flask's `g`, which all of a request's code shares."""
        return NOTHING.union(
            *(
                self._of_bindings((each.path, name), each.attributes[name], Frame(each, each.tree), depth)
                for each in self.project.modules.values()
                if name in each.attributes
            )
        )

    def _of_subscript(self, node: ast.Subscript, frame: Frame, depth: int) -> Labels:
        key = frame.module.text_of(node.slice)
        if key in {"wsgi.input", "QUERY_STRING", "RAW_URI", "REQUEST_URI", "HTTP_COOKIE"}:
            return frozenset({"body" if key == "wsgi.input" else "query"})
        inner = self.of(node.value, frame, depth)
        if is_form(node.value, frame.module) and key:
            return inner
        return one_of(inner, key)

    def _of_call(self, node: ast.Call, frame: Frame, depth: int) -> Labels:
        names = frame.module.names(node.func)
        if reshaping.is_clean(names):
            return NOTHING
        if reshaping.is_trace(names):
            return frozenset({"trace"})
        last = {name.rpartition(".")[2] for name in names}
        if last & {"locals", "vars"} and not node.args:
            return self._of_locals(frame, depth)
        if OPENS in last:
            return frozenset({OPENED})
        if reshaping.is_number(names):
            return frozenset(
                f"number:{label.partition(':')[2]}"
                for label in self._argument_labels(frame, node)
                if label.startswith(("field:", "number:", "own:"))
            )
        if isinstance(node.func, ast.Call) and "attrgetter" in {
            name.rpartition(".")[2] for name in frame.module.names(node.func.func)
        }:
            wanted = frame.module.text_of(node.func.args[0]) if node.func.args else None
            whole = self._argument_labels(frame, node)
            return request_attribute(wanted or "form") if "request" in whole else whole
        if isinstance(node.func, ast.Attribute):
            of_method = self._of_method(node, node.func, frame, depth)
            if of_method is not None:
                return of_method
        return self._of_function(node, names, frame, depth)

    def _of_method(self, node: ast.Call, function: ast.Attribute, frame: Frame, depth: int) -> Labels | None:
        """The result of a method of request data itself, None when it is of something else."""
        if reshaping.is_answer(function.attr):
            return NOTHING
        if is_request(function.value, frame.module):
            if function.attr in WHOLE_CALLS:
                return frozenset({"body"})
            return request_attribute(function.attr) or None
        if is_input(function, frame.module):
            return frozenset({"body"})
        if (
            function.attr in {"get", "pop"}
            and node.args
            and frame.module.text_of(node.args[0]) == "wsgi.input"
        ):
            return frozenset({"body"})
        inner = self.of(function.value, frame, depth)
        if "request" in inner and function.attr in WHOLE_CALLS:
            return frozenset({"body"})
        if (
            function.attr
            in {"get", "pop", "getlist", "get_all", "getall", "getfirst", "setdefault", "__getitem__"}
            and node.args
        ):
            return (
                one_of(inner, frame.module.text_of(node.args[0]))
                | (self.of(node.args[1], frame, depth) if len(node.args) > 1 else NOTHING)
                if inner
                else None
            )
        if is_form(function.value, frame.module) and not inner:
            return None
        if function.attr in {
            "format",
            "join",
            "format_map",
            "replace",
            "safe_substitute",
            "substitute",
            "encode",
            "decode",
        }:
            return inner | self._argument_labels(frame, node)
        return inner - {"request"} or None

    def _of_chosen(self, function: ast.expr, frame: Frame, depth: int) -> Labels:
        """What the functions of a table give back by themselves."""
        called = [self.project.function(frame.module, each) for each in chosen(frame.module, function)]
        return NOTHING.union(
            *(self._result(Frame(*each, {}, _outer_of(each, frame)), depth) for each in called if each)
        )

    def _of_function(self, node: ast.Call, names: frozenset[str], frame: Frame, depth: int) -> Labels:
        if tabled := self._of_chosen(node.func, frame, depth):
            return tabled
        labels = self._argument_labels(frame, node)
        if not labels:
            called = self.project.function(frame.module, node.func)
            return (
                self._result(Frame(called[0], called[1], {}, _outer_of(called, frame)), depth)
                if called
                else self._of_object(node, frame, depth)
            )
        called = self.project.function(frame.module, node.func)
        if called is not None and reshaping.vets_addresses(called[1]):
            return NOTHING
        if called is not None:
            filled = matched(called[1], node, method=isinstance(node.func, ast.Attribute))
            given = {
                name: NOTHING.union(*(self.of(each, frame, depth) for each in values))
                for name, values in filled.items()
            }
            return self._result(Frame(called[0], called[1], given, _outer_of(called, frame)), depth)
        record = frame.module.classes.get(dotted(node.func))
        keeps = (
            reshaping.reshapes(names)
            or (record is not None and objects.is_record(record))
            or (OPENED in labels and dotted(node.func) == "cls")
        )
        return self._of_object(node, frame, depth) | (labels if keeps else NOTHING)

    def _of_object(self, node: ast.Call, frame: Frame, depth: int) -> Labels:
        """What a new object shows by itself, whatever it was given."""
        made = objects.class_of(self.project, frame.module, node.func)
        if made is None:
            return NOTHING
        whole = Frame(made[0], made[0].tree)
        return NOTHING.union(
            *(self._result(Frame(made[0], each, {}, whole), depth) for each in objects.shown(made[1]))
        )

    def _of_property(self, node: ast.Attribute, frame: Frame, depth: int) -> Labels:
        found = NOTHING
        for owner in objects.classes_behind(self.project, frame.module, node.value):
            if (asked := objects.property_of(owner[1], node.attr)) is not None:
                found |= self._result(Frame(owner[0], asked, {}, Frame(owner[0], owner[0].tree)), depth)
        return found

    def _of_locals(self, frame: Frame, depth: int) -> Labels:
        inside = frame.module.bindings[frame.scope]
        found = NOTHING.union(*frame.given.values()).union(
            *(self._of_bindings((frame.key, name), bound, frame, depth) for name, bound in inside.items())
        )
        has_request = any(name in {"request", "req"} for name in parameters(frame.scope))
        return frozenset({"body"}) if has_request or found else NOTHING

    def _result(self, frame: Frame, depth: int) -> Labels:
        if frame.key not in self._results:
            self._results[frame.key] = NOTHING
            values = frame.module.returned(frame.scope) if isinstance(frame.scope, FunctionNode) else []
            self._results[frame.key] = NOTHING.union(*(self.of(value, frame, depth) for value in values))
        return self._results[frame.key]


def _outer_of(callee: tuple[Module, FunctionNode], frame: Frame) -> Frame | None:
    at: Frame | None = frame
    around = callee[0].scope(callee[1])
    while at is not None and at.scope is not around:
        at = at.outer
    return at or Frame(callee[0], callee[0].tree)
