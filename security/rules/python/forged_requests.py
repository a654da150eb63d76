"""HK306: views and forms that take posts without a token."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import FunctionNode, dotted, returned
from .base import Context, found, last_names, routes

_WEBHOOKS = re.compile(
    r"web_?hooks?|(?:^|[_/])hooks?(?:[_/]|$)|csp|report|stripe_events?|callback_ipn", re.IGNORECASE
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls and decorators that exempt a view, forms that go without, hooks that are taken away."""
    for call in module.calls:
        yield from _forged(module, context, call)
    for node in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        yield from _exempt(module, context, node)
        yield from _by_link(module, context, node)
        yield from _decided(module, node)
    yield from _taken_apart(module)
    yield from _handed_on(module)
    for name, value in _settings(module):
        if name in {"WTF_CSRF_METHODS", "CSRF_METHODS"} and not _has_post(value):
            yield found(module, value, "HK306", "posts are not among the methods that need a token")


_PARTS = frozenset({"_exempt_views", "_exempt_blueprints"})


def _taken_apart(module: Module) -> Iterator[Finding]:
    """The parts of the token's check, reached from outside: its lists, and the function itself."""
    for node in module.all(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        is_check = node.attr == "protect" and "csrf" in dotted(node.value).lower()
        is_set = isinstance(node.ctx, (ast.Store, ast.Del))
        if (node.attr in _PARTS and (is_set or _is_filled(module, node))) or (is_check and is_set):
            yield found(module, node, "HK306", f"the token's check is changed from outside: {node.attr}")
    for node in module.all(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        bases = {name for base in node.bases for name in module.names(base)}
        if bases & {"wtforms.Form", "wtforms.form.Form", "wtforms.form.BaseForm"} and not _is_part(
            module, node
        ):
            yield found(module, node, "HK306", f"{node.name} is a form that knows of no token")


def _is_filled(module: Module, node: ast.Attribute) -> bool:
    outer = module.parents.get(node)
    return isinstance(outer, ast.Attribute) and outer.attr in {"add", "update", "append", "extend", "union"}


def _is_part(module: Module, form: ast.ClassDef) -> bool:
    """Whether a form is a part of another one, which has the token."""
    return any(
        last_names(module, call.func) & {"FormField", "FieldList"}
        and any(dotted(each) == form.name for each in call.args)
        for call in module.calls
    )


def _decided(module: Module, function: FunctionNode) -> Iterator[Finding]:
    """`class Meta: def csrf(self): …`: whether a form needs its token is decided somewhere else, each time."""
    owner = module.class_of(function)
    if getattr(function, "name", "") != "csrf" or owner is None or owner.name != "Meta":
        return
    if not all(module.value_of(each) is True for each in returned(function)):
        yield found(module, function, "HK306", "whether the form needs a token may vary")


def _settings(module: Module) -> Iterator[tuple[str | None, ast.expr]]:
    for call in module.calls:
        yield from ((word.arg, word.value) for word in call.keywords)
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        yield from ((module.text_of(key), value) for key, value in zip(node.keys, node.values, strict=True))
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        for each in node.targets:
            name = module.text_of(each.slice) if isinstance(each, ast.Subscript) else dotted(each)
            yield name, node.value


def _has_post(value: ast.expr) -> bool:
    return any(isinstance(each, ast.Constant) and each.value == "POST" for each in ast.walk(value))


def _exempt(module: Module, context: Context, function: FunctionNode) -> Iterator[Finding]:
    for decorator in getattr(function, "decorator_list", ()):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if last_names(module, target) & {"exempt", "csrf_exempt", "disable_csrf"} and not _may_go_without(
            module, context, function
        ):
            yield found(
                module,
                decorator,
                "HK306",
                f"{getattr(function, 'name', 'a view')} takes posts without a token",
            )


def _handed_on(module: Module) -> Iterator[Finding]:
    """`map(csrf.exempt, views)`: which views go without a token is not seen here."""
    for node in module.all(ast.Attribute):
        outer = module.parents.get(node)
        called = isinstance(outer, ast.Call) and outer.func is node
        marks = isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)) and node in outer.decorator_list
        if not (called or marks) and any(map(_EXEMPTS.search, module.names(node))):
            yield found(module, node, "HK306", "what exempts views from the token is handed on")


_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


def _by_link(module: Module, context: Context, function: FunctionNode) -> Iterator[Finding]:
    """A view that takes posts by one route and is reached by a link through another: a GET carries no token."""
    methods = [_methods(module, each) for each in routes(function, module)]
    if len(methods) < 2 or context.config.is_test(module.path):
        return
    asks = any(
        isinstance(each, ast.Attribute) and each.attr in {"method", "validate_on_submit", "is_submitted"}
        for each in ast.walk(function)
    )
    if any("GET" in each for each in methods) and any("POST" in each for each in methods) and not asks:
        yield found(
            module,
            function,
            "HK306",
            f"{getattr(function, 'name', 'a view')} does by a link what a form does",
        )


def _methods(module: Module, route: ast.Call) -> set[str]:
    name = getattr(route.func, "attr", "")
    if name in _METHODS:
        return {name.upper()}
    given = next((module.value_of(word.value) for word in route.keywords if word.arg == "methods"), ("GET",))
    return {str(each).upper() for each in given} if isinstance(given, (tuple, frozenset)) else set()


def _may_go_without(module: Module, context: Context, function: FunctionNode) -> bool:
    name = getattr(function, "name", "")
    paths = [module.text_of(route.args[0]) or "" for route in routes(function, module)]
    if any(
        name == each.rpartition(".")[2]
        and (module.name or module.path.replace("/", ".")).endswith(each.rpartition(".")[0])
        for each in context.config.csrf_exempt
    ):
        return True
    return any(map(_WEBHOOKS.search, paths)) if paths else bool(_WEBHOOKS.search(name))


_EXEMPTS = re.compile(r"csrf\w*(?:\(\))?\.exempt(?:_views)?$", re.IGNORECASE)


def _forged(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    if call.args and any(map(_EXEMPTS.search, module.names(call.func))):
        if isinstance(module.parents.get(call), (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        target = context.project.function(module, call.args[0])
        known = target is not None and _may_go_without(target[0], context, target[1])
        text = module.text_of(call.args[0])
        if not known and not (text and text in context.config.csrf_exempt):
            yield found(module, call, "HK306", f"{ast.unparse(call.args[0])} takes posts without a token")
    elif isinstance(call.func, ast.Name) and last_names(module, call.func) & {"csrf_exempt"}:
        wrapped = ast.unparse(call.args[0]) if call.args else "webhook"
        if not _WEBHOOKS.search(wrapped):
            yield found(module, call, "HK306", f"{ast.unparse(call.args[0])} takes posts without a token")
    elif isinstance(call.func, ast.Attribute) and call.func.attr in {"clear", "pop", "remove"}:
        hooks = call.func.value.value if isinstance(call.func.value, ast.Subscript) else call.func.value
        if isinstance(hooks, ast.Attribute) and hooks.attr in {"before_request_funcs", "after_request_funcs"}:
            yield found(module, call, "HK306", "what looks at every request is taken away")
    for word in call.keywords:
        if word.arg == "meta" and any(
            module.value_of(value) is False for value in module.entries(word.value).get("csrf", ())
        ):
            yield found(module, call, "HK306", "a form without a token")
