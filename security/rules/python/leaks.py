"""HK201 to HK205, HK207 to HK209, HK303, HK305, HK308, HK309, HK702: where data ends, by the flow of a run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..flow import Flow, Frame
from ..requests import Labels, in_words, is_harmless
from ..source import Module
from ..syntax import dotted
from . import made_code, opened, taken_names, template_values
from .base import Context, decorators, found, is_view, last_names
from .client_values import of_call, of_header, of_mapping
from .kept_values import fills_process, fills_record, names_thread, put_on, remembered, stored
from .leaking_calls import handed_on, leaks_of, named_file, typed_in


def check_all(context: Context, modules: list[Module]) -> Iterator[Finding]:
    """The findings in these files, followed through every file of the run."""
    findings: set[Finding] = set()

    def visit(flow: Flow, frame: Frame, node: ast.AST) -> None:
        for rule, message in _at(flow, frame, node):
            findings.add(found(frame.module, node, rule, message))

    flow = Flow(context.project, visit)
    for module in modules:
        flow.run(module)
    yield from sorted(findings)


def _at(flow: Flow, frame: Frame, node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Call):
        yield from _call(flow, frame, node)
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from stored(flow, frame, target, node.value)
            yield from of_header(flow, frame, target, node.value)
            yield from opened.of_store(flow, frame, target, node.value)
            yield from template_values.of_store(flow, frame, target, node.value)
            if names_thread(frame.module, target) and _is_typed(flow.of(node.value, frame)):
                yield "HK203", "what was typed is kept as the name of a thread or process"
    elif isinstance(node, ast.Raise) and node.exc is not None:
        yield from _raised(flow, frame, node.exc)
    elif isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
        yield from _returned(flow, frame, node.value)
        yield from made_code.of_return(flow, frame, node.value)
        yield from template_values.of_return(flow, frame, node.value)
    elif isinstance(node, ast.Dict):
        yield from of_mapping(flow, frame, node)


def _call(flow: Flow, frame: Frame, call: ast.Call) -> Iterator[tuple[str, str]]:
    names = frame.module.names(call.func)
    labels = typed_in(flow, frame, call)
    if "body" in labels and fills_process(frame.module, call):
        yield "HK203", "the request's body is kept in the process"
    if labels & {"body", "query"} and remembered(flow, frame, call):
        yield "HK203", f"{in_words(labels)} is kept by a cache of results"
    if (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "save"
        and "body" in flow.of(call.func.value, frame)
    ):
        yield "HK202", "a file that was sent is written"
    if "body" in labels and (filled := fills_record(flow, frame, call)):
        yield filled
    if "setattr" in names and len(call.args) == 3 and "body" in flow.of(call.args[2], frame):
        attribute = ast.Attribute(call.args[0], frame.module.text_of(call.args[1]) or "?", ast.Store())
        yield from filter(None, [put_on(frame.module, attribute)])
    if any(_is_typed(flow.of(each, frame)) for each in named_file(call)):
        yield "HK202", "what was typed is the name of a file"
    if labels:
        yield from leaks_of(call, names | handed_on(frame.module, call, names), labels)
    yield from of_call(flow, frame, call, names)
    yield from made_code.of_call(flow, frame, call, names)
    yield from taken_names.of_call(flow, frame, call, names)
    yield from opened.of_call(flow, frame, call, names)
    yield from template_values.of_call(flow, frame, call)


def _is_typed(labels: Labels) -> bool:
    return any(
        label in {"body", "query"} or (label.startswith("field:") and not is_harmless(label))
        for label in labels
    )


def _raised(flow: Flow, frame: Frame, raised: ast.expr) -> Iterator[tuple[str, str]]:
    arguments = (
        [*raised.args, *(word.value for word in raised.keywords)] if isinstance(raised, ast.Call) else []
    )
    labels: Labels = frozenset().union(*(flow.of(each, frame) for each in arguments))
    if labels & {"body", "query"}:
        yield "HK205", f"{in_words(labels)} goes into an exception's text"


def _returned(flow: Flow, frame: Frame, value: ast.expr) -> Iterator[tuple[str, str]]:
    scope = frame.scope
    if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    if scope.name in {"format", "formatMessage", "filter"} and flow.of(value, frame) & {"body", "query"}:
        owner = frame.module.class_of(scope)
        if owner is not None and any(re.search(r"Formatter|Filter", dotted(base)) for base in owner.bases):
            yield "HK201", "the request's body is written into each line of the log"
    handles = _is_registered(scope.name, frame.module) or any(
        "errorhandler" in last_names(frame.module, each.func if isinstance(each, ast.Call) else each)
        or "exception_handler" in last_names(frame.module, each.func if isinstance(each, ast.Call) else each)
        for each in decorators(scope)
    )
    if (handles or is_view(scope, frame.module)) and "trace" in flow.of(value, frame):
        yield "HK208", "a traceback is shown to visitors"


def _is_registered(name: str, module: Module) -> bool:
    """Whether the file gives the function of this name to a call that registers it for errors."""
    return any(
        last_names(module, call.func) & {"register_error_handler", "add_exception_handler"}
        for call in module.calls_given.get(name, [])
    )
