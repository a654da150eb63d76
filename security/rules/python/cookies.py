"""HK411: cookies that are set without their flags."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, is_one_of


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that set a cookie."""
    for call in module.calls:
        yield from _cookie(module, context, call)
    if not context.config.is_test(module.path):
        yield from _decided_anew(module)
        yield from _by_hand(module)


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


_BROWSER = re.compile(r"(?:client|browser|jar|visitor)(?:\(\))?$", re.IGNORECASE)


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
    if isinstance(words.get("httponly"), (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.IfExp, ast.Call)):
        off.append("httponly")  # in some cases only
    domain = words.get("domain")
    is_browser = _BROWSER.search(dotted(call.func.value))
    if domain is not None and module.value_of(domain) is not None and not is_browser:
        yield found(module, call, "HK411", "every host below the domain gets the cookie")
    if absent or off:
        yield found(module, call, "HK411", f"a cookie without {', '.join(sorted({*absent, *off}))}")


def _by_hand(module: Module) -> Iterator[Finding]:
    """headers["Set-Cookie"] = "a=b; Path=/": written out by hand, without what `set_cookie` is asked for."""
    for call in module.calls:
        if len(call.args) >= 2 and _is_set_cookie(module, call.args[0]):
            yield from _written(module, call.args[1])
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        if any(
            isinstance(each, ast.Subscript) and _is_set_cookie(module, each.slice) for each in node.targets
        ):
            yield from _written(module, node.value)
    for node in module.all(ast.Dict, ast.Tuple):
        pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else [_two(node)]
        for key, value in pairs:
            if key is not None and value is not None and _is_set_cookie(module, key):
                yield from _written(module, value)


def _two(node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    parts = getattr(node, "elts", [])
    return (parts[0], parts[1]) if len(parts) == 2 else (None, None)


def _is_set_cookie(module: Module, node: ast.expr) -> bool:
    return (module.text_of(node) or "").lower() == "set-cookie"


def _written(module: Module, value: ast.expr) -> Iterator[Finding]:
    parts = [each.value for each in ast.walk(value) if isinstance(each, ast.Constant)]
    text = (module.text_of(value) or " ".join(map(str, parts))).lower()
    absent = [flag for flag in ("secure", "httponly", "samesite") if flag not in text]
    forgotten = re.search(r"max-age=0(?:;|$)", text)  # nothing is in it any more
    if ";" in text and absent and not forgotten:
        yield found(module, value, "HK411", f"a cookie without {', '.join(absent)}")
