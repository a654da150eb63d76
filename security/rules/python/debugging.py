"""HK208: debuggers, dumps of the stack, local variables in tracebacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found, last_names

_STOPS = re.compile(
    r"^(?:debugpy\.(?:listen|connect|breakpoint|wait_for_client)|pydevd(?:_pycharm)?\.settrace|r?i?pu?db\.(?:set_trace|post_mortem)"
    r"|remote_pdb\.(?:set_trace|RemotePdb)|rpdb\.set_trace|web_pdb\.set_trace|manhole\.install|code\.interact|breakpoint"
    r"|IPython\.embed|ptvsd\.enable_attach|logging\.config\.listen)$"
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that start or install one of these, and frames whose variables are read."""
    for call in module.calls:
        yield from _debug(module, context, call)
    for node in module.all(ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr == "f_locals":
            yield found(module, node, "HK208", "local variables are read from the frames of calls")


def _debug(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    names, words = module.names(call.func), {word.arg: word.value for word in call.keywords if word.arg}
    last = last_names(module, call.func)
    is_app = bool(
        last
        & {
            "run",
            "run_simple",
            "Flask",
            "FastAPI",
            "Starlette",
            "Quart",
            "create_app",
            "serve",
            "Application",
            "init_app",
        }
    )
    for word in ("debug", "use_debugger", "use_evalex", "evalex"):
        if (
            word in words
            and is_app
            and module.value_of(words[word]) is True
            and not context.config.is_test(module.path)
        ):
            yield found(module, call, "HK208", f"{word}: a debugger answers visitors")
    if last & {"DebuggedApplication", "DebugToolbarExtension"}:
        yield found(module, call, "HK208", "a debugger answers visitors")
    if any(map(_STOPS.search, names)) and not context.config.is_test(module.path):
        yield found(module, call, "HK208", "a debugger stops the program, and answers whoever reaches it")
    if any(name.startswith("faulthandler.") for name in names) and last & {
        "enable",
        "register",
        "dump_traceback",
        "dump_traceback_later",
    }:
        yield found(module, call, "HK208", "faulthandler dumps the stack of a running payment")
    if any(
        name
        in {
            "cgitb.enable",
            "cgitb.handler",
            "rich.traceback.install",
            "better_exceptions.hook",
            "stackprinter.set_excepthook",
        }
        for name in names
    ):
        yield found(module, call, "HK208", "tracebacks with local variables are written")
    for word in ("capture_locals", "show_locals", "tracebacks_show_locals", "diagnose"):
        if word in words and module.value_of(words[word]) is True:
            yield found(module, call, "HK208", f"{word}: local variables are written with a traceback")
