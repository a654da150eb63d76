"""HK601: what stands guard does its whole work, and is not gone round. The guards of this package are known by name;
what else a project relies on, it lists (`required`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted
from .base import Context, found, last_names

DOORS = frozenset({"PANGuard", "ASGIPANGuard", "PANGuardASGI"})
_CLASSES = DOORS | {"PANFilter", "Gate"}
_HOOK = re.compile(r"web_?hook|(?:^|[/_-])hooks?(?:[/_-]|$)|ipn", re.IGNORECASE)
_OUTGOING = frozenset({"guarded_http"})
_WRAPPED = re.compile(r"(?:^|\.)(?:wsgi_app|asgi_app|application)$")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Guards that are made weaker, replaced, or come after something else."""
    if context.config.is_test(module.path):
        return
    for call in module.calls:
        last = last_names(module, call.func)
        if last & DOORS:
            yield from _door(module, call)
        if last & _OUTGOING:
            yield from _let_out(module, context, call)
        if _is_setattr(module, call):
            yield found(module, call, "HK601", "a part of a guard is replaced at run time")
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        yield from _replaced(module, context, node)
    yield from _behind(module)
    yield from _unfiltered(module, context)


def _door(module: Module, call: ast.Call) -> Iterator[Finding]:
    words = {word.arg: word.value for word in call.keywords if word.arg}
    if "mode" in words and module.value_of(words["mode"]) != "enforce":
        yield found(module, call, "HK601", "the guard may only count, and refuse nothing")
    if "exempt" in words:
        given = module.value_of(words["exempt"])
        paths = given if isinstance(given, tuple) else (given,)
        if any(not (isinstance(path, str) and _HOOK.search(path)) for path in paths):
            yield found(module, call, "HK601", "the guard lets more through unread than signed webhooks")
    for name in _over_budget(module, words):
        yield found(module, call, "HK601", f"the guard's {name} is no limit")
    if "free_text" in words and not _adds_free_text(module, words["free_text"]):
        yield found(
            module, call, "HK601", "which fields take words is decided without what the guard knows of them"
        )
    if "policy_for" in words and _leaves_out(module, words["policy_for"]):
        yield found(module, call, "HK601", "the guard is told to read no bodies")
    if "on_passage" in words and module.value_of(words["on_passage"]) is None:
        yield found(module, call, "HK601", "nobody hears of what the guard refuses")


_MOST = {"max_body": 64 * 1024 * 1024, "cpu_seconds": 60}


def _over_budget(module: Module, words: dict[str, ast.expr]) -> Iterator[str]:
    """Limits by which the guard reads all there is, or stops in time: far above any upload, they limit nothing."""
    for name in _MOST.keys() & words.keys():
        numbers = [module.value_of(each) for each in ast.walk(words[name]) if isinstance(each, ast.expr)]
        if any(isinstance(each, (int, float)) and each > _MOST[name] for each in numbers):
            yield name


def _unfiltered(module: Module, context: Context) -> Iterator[Finding]:
    """A handler of the log beside the one that has the filter, where the project relies on that."""
    if not any(entry.rpartition(":")[2].strip() == "PANFilter" for entry in context.config.guards):
        return
    filtered = {
        dotted(call.func.value)
        for call in module.calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "addFilter"
        and any(last_names(module, each) & {"PANFilter"} for each in call.args)
    }
    for call in module.calls:
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "addHandler"
            and not any(dotted(each) in filtered for each in call.args)
        ):
            yield found(module, call, "HK601", "a handler of the log without the filter of card numbers")


def _adds_free_text(module: Module, value: ast.expr) -> bool:
    """`lambda name: name == "wish" or is_free_text(name)`: it may say more fields than the guard knows, not fewer."""
    bodies: list[ast.AST] = [value]
    if isinstance(value, ast.Name):
        bodies += module.functions.get(value.id, [])
    parts = [each for body in bodies for each in ast.walk(body)]
    asks = any(
        isinstance(each, (ast.Name, ast.Attribute)) and last_names(module, each) & {"is_free_text"}
        for each in parts
    )
    fewer = any(isinstance(each, ast.BoolOp) and isinstance(each.op, ast.And) for each in parts)
    return asks and not fewer


def _leaves_out(module: Module, value: ast.expr) -> bool:
    functions: list[ast.AST] = [value]
    if isinstance(value, ast.Name):
        functions += module.functions.get(value.id, [])
    return any(
        isinstance(node, ast.keyword) and node.arg == "judged" and module.value_of(node.value) is False
        for function in functions
        for node in ast.walk(function)
    )


def _let_out(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    texts = [
        node.value
        for argument in [*call.args, *(word.value for word in call.keywords)]
        for node in ast.walk(argument)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for host in texts:
        if "." in host and not context.config.is_provider(host) and not host.endswith(".stripe.com"):
            yield found(module, call, "HK601", f"card numbers may leave to {host}")


def _is_setattr(module: Module, call: ast.Call) -> bool:
    return bool(
        last_names(module, call.func) & {"setattr", "object", "patch"}
        and call.args
        and last_names(module, call.args[0]) & _CLASSES
    )


def _replaced(module: Module, context: Context, node: ast.Assign) -> Iterator[Finding]:
    """PANGuard.__call__ = …, app.wsgi_app = app.wsgi_app._app"""
    for target in node.targets:
        if isinstance(target, ast.Attribute) and last_names(module, target.value) & _CLASSES:
            yield found(module, node, "HK601", "a part of a guard is replaced at run time")
        if _is_patched(module, context, target, node.value):
            yield found(module, node, "HK601", f"{dotted(target)} is replaced at run time")
        if not _WRAPPED.search(dotted(target)):
            continue
        inner = node.value
        if isinstance(inner, ast.Attribute) and inner.attr.lstrip("_") in {"app", "inner", "wrapped"}:
            yield found(module, node, "HK601", "the application is taken out of what guards it")
        elif isinstance(inner, ast.Lambda) or (isinstance(inner, ast.Name) and _is_function(module, inner)):
            yield found(module, node, "HK601", "what stands before the application decides what is guarded")


_BEFORE = frozenset({"ProxyFix"})
"""What may stand before the guard: it reads no body and keeps nothing."""


def _behind(module: Module) -> Iterator[Finding]:
    """app.wsgi_app = Counted(app.wsgi_app), after the guard was put there: it sees what the guard has not judged."""
    given = [
        (node, last_names(module, node.value.func))
        for node in module.all(ast.Assign)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and any(_WRAPPED.search(dotted(target)) for target in node.targets)
    ]
    doors = [node.lineno for node, names in given if names & DOORS]
    for node, names in given:
        is_wrapped = any(_WRAPPED.search(dotted(each)) for each in getattr(node.value, "args", ()))
        if doors and node.lineno > min(doors) and is_wrapped and not names & (DOORS | _BEFORE):
            yield found(
                module, node, "HK601", "something stands before the guard, and sees what it has not judged"
            )


def _is_patched(module: Module, context: Context, target: ast.expr, value: ast.expr) -> bool:
    """Vault.seal = lambda …: a method of a class of another file becomes another function, for all who use it."""
    if not isinstance(target, ast.Attribute):
        return False
    owners = (name.rpartition(".") for name in module.names(target.value))
    is_ours = any(
        name[:1].isupper() and where != module.name and name in context.project.modules[where].classes
        for where, _, name in owners
        if where in context.project.modules
    )
    is_other = isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and _is_function(module, value))
    return is_ours and is_other


def _is_function(module: Module, name: ast.Name) -> bool:
    return bool(module.functions.get(name.id)) and name.id not in module.imports
