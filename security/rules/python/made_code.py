"""HK406, HK407: what was sent runs, as SQL, a command's line or an object, or is a page without being escaped."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..flow import Flow, Frame
from ..requests import Labels
from .base import is_view, last_names

_SQL = re.compile(
    r"(?:^|\.)(?:exec_driver_sql|executescript|RawSQL|literal_column|text_clause|(?:objects|manager)\.raw"
    r"|sqlalchemy(?:\.\w+)*\.text|(?:session|connection|conn|cursor|cur|db|engine|execute)(?:\(\))?\.(?:execute|executemany|scalars?))$",
    re.IGNORECASE,
)
_LINES = re.compile(
    r"(?:^|\.)(?:os\.system|os\.popen|subprocess\.(?:getoutput|getstatusoutput)|create_subprocess_shell)$"
)
_PROCESSES = re.compile(r"(?:^|\.)(?:subprocess\.(?:run|Popen|call|check_call|check_output)|os\.exec\w+)$")
_SHELLS = re.compile(r"^(?:/bin/|/usr/bin/)?(?:sh|bash|zsh|dash|cmd|powershell)$")
_OBJECTS = re.compile(
    r"(?:^|\.)(?:(?:c?[Pp]ickle|dill|cloudpickle|marshal|joblib|torch|shelve)\.(?:loads?|open)|Unpickler|jsonpickle\.(?:decode|loads)"
    r"|read_pickle|yaml\.(?:unsafe_load|unsafe_load_all|full_load|load|load_all)|eval|exec|compile|__import__|import_module|from_string)$"
)
_SAFE_LOADERS = frozenset({"SafeLoader", "CSafeLoader", "BaseLoader"})
_PAGES = frozenset({"Response", "make_response", "HTMLResponse", "HttpResponse", "Markup"})
_ESCAPES = frozenset({"escape", "render_template", "jsonify", "dumps", "quote", "escape_silent"})


def of_call(flow: Flow, frame: Frame, call: ast.Call, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Calls that run their text."""
    if any(map(_SQL.search, names)) and call.args and _sent(flow.of(call.args[0], frame)):
        yield "HK406", "what was sent is a part of an SQL statement's text"
    if _runs_line(frame, call, names) and any(_sent(flow.of(each, frame)) for each in call.args):
        yield "HK406", "what was sent is a part of a command's line"
    is_made = any(map(_OBJECTS.search, names)) and bool(call.args) and not _is_safe(frame, call)
    if is_made and _sent(flow.of(call.args[0], frame)):
        yield "HK406", "what was sent is made into code or objects"
    if last_names(frame.module, call.func) & _PAGES and call.args:
        yield from _page(flow, frame, call.args[0])


def of_return(flow: Flow, frame: Frame, value: ast.expr) -> Iterator[tuple[str, str]]:
    """A view's answer."""
    scope = frame.scope
    if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_view(scope, frame.module):
        yield from _page(flow, frame, value)


def _sent(labels: Labels) -> bool:
    """Whatever the browser chooses, counts and ids among it: here a letter too much is enough."""
    return any(
        label in {"body", "query", "headers", "cookies"} or label.startswith(("field:", "own:"))
        for label in labels
    )


def _runs_line(frame: Frame, call: ast.Call, names: frozenset[str]) -> bool:
    if any(map(_LINES.search, names)):
        return True
    if not any(map(_PROCESSES.search, names)):
        return False
    words = {word.arg: word.value for word in call.keywords if word.arg}
    first = getattr(call.args[0], "elts", [])[:1] if call.args else []
    is_shell = any(_SHELLS.match(frame.module.text_of(each) or "") for each in first)
    return is_shell or frame.module.value_of(words.get("shell")) is True


def _is_safe(frame: Frame, call: ast.Call) -> bool:
    loaders = [word.value for word in call.keywords if word.arg == "Loader"] + call.args[1:2]
    return any(last_names(frame.module, each) & _SAFE_LOADERS for each in loaders)


def _page(flow: Flow, frame: Frame, value: ast.expr) -> Iterator[tuple[str, str]]:
    """HTML that is put together by hand, with what was sent in it."""
    if not isinstance(value, (ast.BinOp, ast.JoinedStr, ast.Call)) or not _is_markup(value):
        return
    calls = [each for each in ast.walk(value) if isinstance(each, ast.Call)]
    if any(last_names(frame.module, each.func) & _ESCAPES for each in calls):
        return
    if _sent(flow.of(value, frame)):
        yield "HK407", "what was sent stands in a page without being escaped"


def _is_markup(value: ast.expr) -> bool:
    texts = [each.value for each in ast.walk(value) if isinstance(each, ast.Constant)]
    return any(isinstance(text, str) and re.search(r"<[a-zA-Z!/]", text) for text in texts)
