"""HK205, HK305: helpers and values that every template finds, and that hand out what was sent. By the flow of a run.

A template names them like any other of ours, so nobody who reads the page sees that the browser chose what they give.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..flow import Flow, Frame
from ..requests import Labels
from ..source import Module
from ..syntax import dotted
from .base import decorators, last_names

_GLOBALS = re.compile(r"(?:^|[._])(?:globals|context|template_globals|TEMPLATE_GLOBALS)$")
_OF_PAGES = re.compile(r"jinja|env\b|template", re.IGNORECASE)
_REGISTERS = frozenset(
    {"template_global", "app_template_global", "add_template_global", "add_app_template_global"}
)
_FILLS = frozenset({"context_processor", "app_context_processor"})
_LEADS = re.compile(
    r"^field:(?:\w*_)?(?:next|url|uri|href|link|back|from|return(?:_?to|_?url)?|goto|go|to|redirect\w*|target|dest(?:ination)?|continue|referr?er)$",
    re.IGNORECASE,
)


def of_call(flow: Flow, frame: Frame, call: ast.Call) -> Iterator[tuple[str, str]]:
    """`env.globals.update(hint=hint)`, `app.add_template_global(hint)`."""
    if (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in {"update", "setdefault"}
        and _is_table(call.func.value)
    ):
        given = [word.value for word in call.keywords]
        given += [value for each in call.args for value in _values(each)]
    elif last_names(frame.module, call.func) & _REGISTERS:
        given = call.args[:1]
    else:
        return
    for value in given:
        yield from _faults(_handed_out(flow, frame, value))


def of_store(flow: Flow, frame: Frame, target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    """`env.globals["hint"] = hint`, `TEMPLATE_GLOBALS = {"hint": hint}`."""
    is_entry = isinstance(target, ast.Subscript) and _is_table(target.value)
    is_all = isinstance(value, ast.Dict) and _is_table(target)
    for each in [value] if is_entry else _values(value) if is_all else ():
        yield from _faults(_handed_out(flow, frame, each))


def of_return(flow: Flow, frame: Frame, value: ast.expr) -> Iterator[tuple[str, str]]:
    """What a context processor gives, and what a helper gives that is registered by a decorator."""
    marks = _marks(frame.module, frame.scope)
    if marks & _REGISTERS:
        yield from _faults(flow.of(value, frame))
    elif marks & _FILLS:
        for each in _values(value):
            yield from _faults(flow.of(each, frame) | _handed_out(flow, frame, each))


def _marks(module: Module, scope: ast.AST) -> set[str]:
    """The names by which a function is registered, above it or in a call that is given it."""
    if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return set()
    calls = module.calls_given.get(scope.name, [])
    marks = [each.func if isinstance(each, ast.Call) else each for each in decorators(scope)]
    return {name for each in [*marks, *(call.func for call in calls)] for name in last_names(module, each)}


def _is_table(node: ast.expr) -> bool:
    name = dotted(node)
    return bool(_GLOBALS.search(name) and _OF_PAGES.search(name))


def _values(node: ast.expr) -> list[ast.expr]:
    return node.values if isinstance(node, ast.Dict) else []


def _handed_out(flow: Flow, frame: Frame, value: ast.expr) -> Labels:
    """What a function gives when a template calls it, whatever it is given there."""
    function = flow.project.function(frame.module, value)
    return flow.given_back(*function) if function is not None else frozenset()


def _faults(labels: Labels) -> Iterator[tuple[str, str]]:
    if "body" in labels:
        yield "HK205", "what every template finds is all that was sent"
    for label in sorted(filter(_LEADS.match, labels)):
        yield (
            "HK305",
            f"what every template finds is an address that the request says in '{label.partition(':')[2]}'",
        )
