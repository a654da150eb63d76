"""HK201, HK203, HK205, HK207, HK303: what was typed, kept where it outlives the request, or set as an amount."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .. import objects
from ..flow import Flow, Frame
from ..requests import in_words, is_form, is_harmless
from ..source import Module
from ..syntax import dotted
from .base import decorators
from .client_values import AMOUNT_KEYS, amount_of

_AMOUNT_OWNERS = re.compile(
    r"(?:^|[._])(?:order|payment|intent|session|checkout|cart|quote|charge|line|invoice)s?$", re.IGNORECASE
)
_FILLS = frozenset(
    {"append", "appendleft", "add", "update", "setdefault", "extend", "put", "put_nowait", "insert"}
)


_OF_REQUEST = frozenset(
    {"self", "cls", "g", "request", "req", "form", "ctx", "context", "response", "environ", "scope"}
)
"""Objects that end with the request, or that say of themselves what they hold."""
_SHOWN = frozenset({"description", "detail", "message", "msg", "reason", "args", "title"})
_REMEMBERS = re.compile(
    r"(?:^|[._])(?:lru_cache|cache|cached|cachedmethod|memoize[d]?|ttl_cache|alru_cache)(?:\(\))*$"
)


def remembered(flow: Flow, frame: Frame, call: ast.Call) -> bool:
    """Whether a function is called that keeps what it was called with: `@lru_cache def parsed(body)`."""
    if any(name.endswith("()") and _REMEMBERS.search(name) for name in frame.module.names(call.func)):
        return True
    called = flow.project.function(frame.module, call.func)
    marks = decorators(called[1]) if called else []
    marks = [each.func if isinstance(each, ast.Call) else each for each in marks]
    return called is not None and any(
        _REMEMBERS.search(name) for mark in marks for name in called[0].names(mark)
    )


def put_on(module: Module, target: ast.Attribute) -> tuple[str, str] | None:
    """What it means that a whole body is put on an object: a row, an error, a job outlive the request."""
    owner = dotted(target.value)
    if not owner or owner.split(".")[0] in _OF_REQUEST or is_form(target.value, module):
        return None
    if target.attr in _SHOWN:
        return "HK205", "the request's body goes into a message"
    return "HK203", f"the request's body is kept on '{owner}'"


def fills_process(module: Module, call: ast.Call) -> bool:
    """LAST.append(request.form), where LAST is a list of the file."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _FILLS:
        return False
    bound = module.bound(call.func.value) if isinstance(call.func.value, ast.Name) else None
    makers = [each.value for each in bound[1]] if bound and isinstance(bound[0], ast.Module) else []
    return any(isinstance(each, (ast.List, ast.Dict, ast.Set, ast.Call)) for each in makers)


def fills_record(flow: Flow, frame: Frame, call: ast.Call) -> tuple[str, str] | None:
    """slip.given.update(request.form), where the slip is an object of a class of the run."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if owner is None or getattr(call.func, "attr", "") not in _FILLS or not isinstance(owner, ast.Attribute):
        return None
    made = objects.classes_behind(flow.project, frame.module, owner.value)
    return put_on(frame.module, owner) if any(map(objects.is_record, (each for _, each in made))) else None


def stored(flow: Flow, frame: Frame, target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    """The rules that an assignment breaks: session["x"] = …, record.body = …, order.amount = …."""
    labels = flow.of(value, frame)
    if isinstance(target, ast.Subscript):
        owners = frame.module.names(target.value)
        typed = {
            label
            for label in labels
            if label in {"body", "query"} or (label.startswith("field:") and not is_harmless(label))
        }
        if "body" in typed and dotted(target.value).partition("[")[0] == "event":
            yield "HK207", "the request's body is put on a report"
        if typed and dotted(target.value).rpartition(".")[2] == "headers":
            yield "HK205", f"{in_words(frozenset(typed))} goes into a header of the answer"
        if "body" in typed and is_of_process(frame.module, target.value):
            yield "HK203", "the request's body is kept in the process"
        if typed and any(
            re.search(
                r"(?:^|\.)(?:session|cache|cookies|request\.session|os\.environ|(?:app|current_app)\.(?:config|extensions)|(?:shelve|dbm|dbm\.\w+)\.open|\w*SharedMemory\(\)\.buf|ShareableList|(?:mmap\.)?mmap)(?:\(\))?$",
                name,
            )
            for name in owners
        ):
            yield "HK203", f"{in_words(frozenset(typed))} is kept in a session or cache"
    elif isinstance(target, ast.Attribute) and (
        any(_AMOUNT_OWNERS.search(name) for name in frame.module.names(target.value))
        and AMOUNT_KEYS.search(target.attr)
        and (amount := amount_of(labels))
    ):
        yield "HK303", f"'{target.attr}' is set from {amount} of the request"
    elif "body" in labels and isinstance(target, ast.Attribute) and (put := put_on(frame.module, target)):
        yield put
    if (
        labels & {"body", "query"}
        and isinstance(target, ast.Attribute)
        and (
            dotted(target.value).rpartition(".")[2] in {"record", "log_record", "logrecord"}
            or any(name.endswith("LogRecord()") for name in frame.module.names(target.value))
        )
    ):
        yield "HK201", f"{in_words(labels)} is put on a log record"
    if (
        any(label in {"body", "query"} for label in labels)
        and isinstance(target, ast.Attribute)
        and target.attr in {"user_attributes", "extra", "tags"}
    ):
        yield "HK207", f"{in_words(labels)} is put on a report"


def is_of_process(module: Module, owner: ast.expr) -> bool:
    """Whether a container is one of the file's own, which outlives the request."""
    bound = module.bound(owner) if isinstance(owner, ast.Name) else None
    return bound is not None and isinstance(bound[0], ast.Module)


def names_thread(module: Module, target: ast.expr) -> bool:
    """threading.current_thread().name, which every line of the log may show."""
    if not isinstance(target, ast.Attribute) or target.attr != "name":
        return False
    owners = module.names(target.value)
    return any(re.search(r"(?:current_thread|current_process|Thread|Process)\(\)$", name) for name in owners)
