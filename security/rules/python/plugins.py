"""HK406: code that whoever starts the process names, and which then runs beside the guards."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found

_LOADS = re.compile(
    r"(?:^|\.)(?:import_module|__import__|import_string|run_path|run_module|spec_from_file_location|load_source|addsitedir)$"
)
_ENVIRON = frozenset({"os.environ", "os.environb", "os.getenv", "environ", "getenv"})
_SETTINGS = re.compile(r"SETTINGS|CONFIG")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Modules and files that are loaded by a variable of the environment; a framework's settings are its own way."""
    if ("environ" not in module.text and "getenv" not in module.text) or context.config.is_test(module.path):
        return
    for call in module.calls:
        if any(map(_LOADS.search, module.names(call.func))) and any(
            _names_it(module, each) for each in call.args
        ):
            yield found(module, call, "HK406", "a variable of the environment names code that runs here")


def _names_it(module: Module, node: ast.expr, depth: int = 0) -> bool:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _SETTINGS.search(each.value):
            return False
    for each in ast.walk(node):
        if isinstance(each, (ast.Attribute, ast.Name)) and module.names(each) & _ENVIRON:
            return True
        bound = module.bound(each) if isinstance(each, ast.Name) and depth < 3 else None
        if bound is not None and any(_names_it(module, given.value, depth + 1) for given in bound[1]):
            return True
    return False
