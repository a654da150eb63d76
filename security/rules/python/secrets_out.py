"""HK503, HK504: secrets that can be guessed, and secrets of the configuration that leave the process."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, is_view
from .leaking_calls import is_log

_RANDOM = re.compile(
    r"^random\.(?:choices?|randint|randrange|random|getrandbits|sample|randbytes|uniform|shuffle)$"
)
_SECRET = re.compile(
    r"(?:^|_)(?:token|secret|key|password|passphrase|code|nonce|otp|salt|pin|session_id|sid)s?(?:_|$)"
)
_HELD = re.compile(
    r"^(?:secret_key(?:_fallbacks)?|webhook_secrets?|private_keys?|api_key|signing_key|master_key|probe_token|client_secret_key)$"
)
_ENVIRONS = frozenset({"os.environ", "os.environb"})
_WHOLE = frozenset({"dict", "vars", "asdict", "str", "repr", "dumps", "sorted", "list", "items", "copy"})
_TELLS = re.compile(
    r"(?:^|\.)(?:print|pprint|echo|secho|jsonify|Response|make_response|flash|write_text|capture_message)$"
)
_RUNS = re.compile(
    r"(?:^|\.)(?:subprocess\.(?:run|Popen|call|check_call|check_output)|os\.(?:system|popen|exec\w+|spawn\w+))$"
)

_OPENERS = re.compile(
    r"^(?:(?:new|make|create|issue|generate|order|reset|session|access|letter|link|sign)_token|token_(?:of|for|urlsafe|hex)"
    r"|provisioning_uri|recovery_codes?|new_secret)$"
)
_HELD_TOKENS = re.compile(
    r"^(?:session|access|refresh|reset|bearer|auth|login|magic|invite|device|totp|otp)_(?:token|link|secret|code)$"
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls of the plain generator for what must not be guessed; keys among what a call tells."""
    if context.config.is_test(module.path):
        return
    yield from _whole_in_views(module)
    for call in module.calls:
        names = module.names(call.func)
        if any(map(_RANDOM.match, names)) and (what := _made_for(module, call)):
            yield found(module, call, "HK503", f"'{what}' comes out of a generator that can be guessed")
        tells = any(is_log(name) or _TELLS.search(name) for name in names)
        runs = any(map(_RUNS.search, names))
        if any(map(is_log, names)) and (told := _link(call)):
            yield found(module, call, "HK504", f"'{told}' opens something, and stands in a log")
        if (tells or runs) and (told := _told(module, call, runs=runs)):
            way = "stands on a command line" if runs else "is told"
            yield found(module, call, "HK504", f"'{told}' {way}")


_CONFIGURATION = re.compile(r"(?:^|[._])(?:keys|settings|secrets|credentials|environ|config)$")


def _whole_in_views(module: Module) -> Iterator[Finding]:
    """`vars(shop.settings.keys)` in what answers requests: all that is configured, key by key."""
    for function in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in module.own(function) if is_view(function, module) else ():
            whole = _whole_of(node)
            if whole is not None and _CONFIGURATION.search(dotted(whole)):
                yield found(
                    module, node, "HK504", f"'{dotted(whole)}' is read whole in what answers visitors"
                )


def _whole_of(node: ast.AST) -> ast.expr | None:
    """What is read by all its names at once: `vars(keys)`, `asdict(keys)`, `keys.__dict__`, `app.config.items()`."""
    if isinstance(node, ast.Attribute):
        return node.value if node.attr == "__dict__" else None
    if not isinstance(node, ast.Call):
        return None
    name = dotted(node.func).rpartition(".")[2]
    if name in {"vars", "asdict", "astuple", "dict"} and node.args:
        return node.args[0]
    is_listed = isinstance(node.func, ast.Attribute) and name in {"items", "values"}
    return node.func.value if is_listed and isinstance(node.func, ast.Attribute) else None


def _made_for(module: Module, call: ast.Call) -> str | None:
    """The name of the variable or function that the number is made for, when it is a secret's."""
    at: ast.AST | None = call
    while at is not None and not isinstance(at, (ast.Module, ast.ClassDef)):
        at = module.parents.get(at)
        targets = at.targets if isinstance(at, ast.Assign) else [getattr(at, "target", None)]
        written = [dotted(each).rpartition(".")[2] for each in targets if each is not None]
        if isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef)):
            written.append(at.name)
        for name in written:
            if _SECRET.search(name):
                return name
        if isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
    return None


def _link(call: ast.Call) -> str | None:
    """A token in what is logged, by the name of what makes or holds it."""
    for each in [*call.args, *(word.value for word in call.keywords)]:
        for node in ast.walk(each):
            made = dotted(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
            held = dotted(node).rpartition(".")[2] if isinstance(node, (ast.Name, ast.Attribute)) else ""
            if _OPENERS.match(made) or _HELD_TOKENS.match(held):
                return made or held
    return None


def _told(module: Module, call: ast.Call, *, runs: bool) -> str | None:
    words = [word.value for word in call.keywords if not (runs and word.arg in {"env", "input", "cwd"})]
    for value in [*call.args, *words]:
        for node in ast.walk(value):
            if name := _secret_in(module, node):
                return name
    return None


def _secret_in(module: Module, node: ast.AST, depth: int = 0) -> str | None:
    if isinstance(node, ast.Attribute) and _HELD.match(node.attr):
        return node.attr
    if isinstance(node, ast.Call):
        parts = [*node.args, getattr(node.func, "value", node)]
        is_whole = dotted(node.func).rpartition(".")[2] in _WHOLE
        if is_whole and any(module.names(each) & _ENVIRONS for each in parts if each is not node):
            return "os.environ"
    if isinstance(node, ast.Name) and depth < 3 and (bound := module.bound(node)) is not None:
        for each in bound[1]:
            is_value = isinstance(each.value, (ast.Attribute, ast.Name, ast.Call))
            if is_value and (name := _secret_in(module, each.value, depth + 1)):
                return name
    return None
