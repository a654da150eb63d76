"""HK604: a file or folder that every account of the machine may write."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found

_OTHERS = 0o002
_PLACES = {
    "os.open": 2,
    "os.chmod": 1,
    "os.mkdir": 1,
    "os.makedirs": 1,
    "os.mkfifo": 1,
    "os.fchmod": 1,
    "os.lchmod": 1,
}


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Modes that calls are given, and a mask that takes nothing away."""
    if context.config.is_test(module.path):
        return
    for call in module.calls:
        names = module.names(call.func)
        mode = module.value_of(_mode(call, names))
        if isinstance(mode, int) and not isinstance(mode, bool) and mode & _OTHERS and not mode & 0o1000:
            yield found(module, call, "HK604", f"mode {mode:o}: everybody on the machine may write it")
        if "os.umask" in names and call.args and module.value_of(call.args[0]) == 0:
            yield found(
                module, call, "HK604", "what is made from now on may be written by everybody on the machine"
            )


def _mode(call: ast.Call, names: frozenset[str]) -> ast.expr | None:
    is_path = isinstance(call.func, ast.Attribute) and call.func.attr in {"chmod", "mkdir", "touch"}
    places = [_PLACES[name] for name in names & _PLACES.keys()]
    if not places and not is_path:
        return None
    named = next((word.value for word in call.keywords if word.arg == "mode"), None)
    place = places[0] if places else 0
    return named if named is not None else call.args[place] if len(call.args) > place else None
