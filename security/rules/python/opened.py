"""HK702: personal data that was opened gets out: into a log, a file, a cache, to others, to a nameless reader."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..flow import OPENED, OPENS, Flow, Frame
from ..source import Module
from ..syntax import dotted
from .base import Context, decorators, found, last_names
from .kept_values import is_of_process
from .leaking_calls import FORWARDS, KEPT, LINES, REPORTS, is_log

_WRITES = re.compile(
    r"(?:^|\.)(?:write_text|write_bytes|writerows?|writestr|dump|os\.write|savetxt|to_csv|to_json|to_excel|to_parquet)$"
)
_FILES = re.compile(
    r"(?:^|\.)(?:open|NamedTemporaryFile|TemporaryFile|SpooledTemporaryFile)\(\)\.(?:write|writelines)$"
)
_STAFF = re.compile(r"^(?:Staff|Admin|BackOffice|Backoffice)(?:Pages|Blueprint|Views|Router)$")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Pages of staff that open what is sealed and name nobody who reads; trails that write nothing down."""
    if context.config.is_test(module.path):
        return
    yield from _remembered(module)
    calls = module.calls
    if any(last_names(module, each.func) & {OPENS} for each in calls) and any(
        _STAFF.match(name) for each in calls for name in last_names(module, each.func)
    ):
        for call in calls:
            if last_names(module, call.func) & {OPENS} and not _names_reader(call):
                yield found(module, call, "HK702", "staff read what was sealed, and nothing says who")
    for call in calls:
        made = dotted(call.func).rpartition(".")[2]
        if re.search(r"(?:Vault|Audit|Trail|Journal)$", made):
            for each in [*call.args, *(word.value for word in call.keywords)]:
                if _does_nothing(module, each):
                    yield found(module, call, "HK702", f"what {made} is to write down is written nowhere")


_CACHES = frozenset(
    {"cache", "lru_cache", "cached", "ttl_cache", "memoize", "memoized", "alru_cache", "cached_property"}
)


def _remembered(module: Module) -> Iterator[Finding]:
    """@cache def contact(order): return open_personal(…)"""
    for call in module.calls_by_name.get(OPENS, ()):
        function = module.function(call)
        marks = decorators(function) if function is not None else []
        if any(last_names(module, getattr(each, "func", each)) & _CACHES for each in marks):
            yield found(module, call, "HK702", "personal data that was opened is kept by a cache of results")


def _names_reader(call: ast.Call) -> bool:
    return any(word.arg in {"reader", None} for word in call.keywords)


def _does_nothing(module: Module, value: ast.expr) -> bool:
    """A function that looks at nothing that it is given, and calls nobody."""
    if isinstance(value, ast.Lambda):
        return isinstance(value.body, ast.Constant)
    functions = module.functions.get(value.id, []) if isinstance(value, ast.Name) else []
    return any(
        not isinstance(each, ast.Lambda)
        and all(isinstance(line, (ast.Pass, ast.Expr, ast.Return)) for line in each.body)
        and not any(isinstance(node, ast.Call) for line in each.body for node in ast.walk(line))
        for each in functions
    )


def of_call(flow: Flow, frame: Frame, call: ast.Call, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What a call is given of it."""
    way = _way(names)
    is_opener = getattr(frame.scope, "name", "") == OPENS  # it names what it opens, before it does
    if way is None or is_opener or flow.project.function(frame.module, call.func) is not None:
        return
    values = [*call.args, *(word.value for word in call.keywords)]
    if any(OPENED in flow.of(value, frame) for value in values):
        yield "HK702", f"personal data that was opened {way}"


def of_store(flow: Flow, frame: Frame, target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    """KNOWN[order_id] = opened, where KNOWN is the file's own: it outlives the request, and no reader is noted."""
    container = target.value if isinstance(target, ast.Subscript) else None
    if container is not None and is_of_process(frame.module, container) and OPENED in flow.of(value, frame):
        yield "HK702", "personal data that was opened is kept in the process"


def _way(names: frozenset[str]) -> str | None:
    if any(map(is_log, names)):
        return "goes into a log"
    if any(_WRITES.search(name) or _FILES.search(name) for name in names):
        return "is written to a file"
    if any(sink.search(name) for sink in KEPT for name in names):
        return "is kept in a cache, session or cookie"
    if any(sink.search(name) for sink in (FORWARDS, LINES) for name in names):
        return "goes to somebody else"
    return "goes to an error reporter" if any(map(REPORTS.search, names)) else None
