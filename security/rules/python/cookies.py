"""HK411: cookies that are set without their flags."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found, is_one_of


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that set a cookie."""
    for call in module.calls:
        yield from _cookie(module, context, call)
    if not context.config.is_test(module.path):
        yield from _decided_anew(module)


_DECIDES = re.compile(r"^get_cookie_(?:secure|httponly|samesite)$")


def _decided_anew(module: Module) -> Iterator[Finding]:
    """A session interface whose flags come from elsewhere than the configuration, which is what everybody reads."""
    for node in module.all(ast.FunctionDef, ast.Assign):
        names = (
            [node.name]
            if isinstance(node, ast.FunctionDef)
            else [each.attr for each in getattr(node, "targets", ()) if isinstance(each, ast.Attribute)]
        )
        if any(map(_DECIDES.match, names)):
            yield found(
                module, node, "HK411", f"{names[0]}: a cookie's flag is decided beside the configuration"
            )
    for call in module.calls:
        name = module.text_of(call.args[1]) if len(call.args) == 3 else None
        if name and _DECIDES.match(name) and "setattr" in module.names(call.func):
            yield found(module, call, "HK411", f"{name}: a cookie's flag is decided beside the configuration")


def _cookie(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    if (
        not isinstance(call.func, ast.Attribute)
        or call.func.attr not in {"set_cookie", "set_signed_cookie"}
        or context.config.is_test(module.path)
    ):
        return
    words = {word.arg: word.value for word in call.keywords if word.arg}
    spread = [module.entries(word.value) for word in call.keywords if word.arg is None]
    if len(call.args) > 3 or not all(spread):
        return  # what nobody can see
    words |= {name: values[-1] for entries in spread for name, values in entries.items()}
    absent = [flag for flag in ("secure", "httponly", "samesite") if flag not in words]
    off = [
        flag
        for flag, value in words.items()
        if flag in {"secure", "httponly", "samesite"}
        and is_one_of(module.value_of(value), frozenset({False, None, "None", "none"}))
    ]
    if absent or off:
        yield found(module, call, "HK411", f"a cookie without {', '.join(sorted({*absent, *off}))}")
