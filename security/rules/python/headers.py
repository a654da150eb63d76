"""HK403, HK412: headers that protect a page, made weaker where they are written, or changed after they were made."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from .. import policy
from ..constants import VARIES
from ..source import Module
from ..syntax import dotted
from ..weak_headers import fault_of
from .base import Context, found, last_names

_POLICY = "content-security-policy"
_ENDINGS = frozenset({"-report-only", "report-only", "-only"})
_SETS = frozenset({"set", "add", "setdefault", "append", "__setitem__", "add_header", "set_header", "extend"})
_REWRITES = frozenset(
    {"replace", "sub", "subn", "split", "rsplit", "partition", "rpartition", "removeprefix", "removesuffix"}
    | {"translate", "join", "format", "strip", "lstrip", "rstrip", "splitlines"}
)
_REPLACES = frozenset({"replace", "sub", "subn", "removeprefix", "removesuffix"})
_DIRECTIVE = re.compile(
    r"\b(?:default|script|style|connect|frame|form|object|base|img|font|media|worker|child|manifest)-(?:src(?:-elem|-attr)?|uri"
    r"|action|ancestors)\b|trusted-types|'(?:self|none|strict-dynamic)'"
)
_SWITCHES = {
    "SECURE_HSTS_SECONDS": "strict-transport-security",
    "strict_transport_security_max_age": "strict-transport-security",
    "SECURE_REFERRER_POLICY": "referrer-policy",
    "referrer_policy": "referrer-policy",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "cross-origin-opener-policy",
    "access_control_allow_origin": "access-control-allow-origin",
    "access_control_allow_credentials": "access-control-allow-credentials",
}
_OFF = frozenset({"strict_transport_security", "SECURE_CONTENT_TYPE_NOSNIFF", "content_security_policy"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Every place where a header is given a value, and what decides whether one is."""
    if context.config.is_test(module.path):
        return
    for name, value in _given(module):
        yield from _judge(module, name.lower(), value)
    yield from _kept_by_all(module)
    yield from _left_out(module)
    yield from _taken_off(module)
    yield from _turned_off(module)
    yield from _cut(module)
    yield from _told_by_environment(module)


_SOURCES = re.compile(r"_src$|^(?:form_action|frame_ancestors|base_uri)$")


def _told_by_environment(module: Module) -> Iterator[Finding]:
    """`script_src=("'self'", *os.environ[…].split())`: whoever starts the process says what pages may load."""
    for call in module.calls:
        for word in call.keywords:
            named = (each for each in ast.walk(word.value) if isinstance(each, (ast.Attribute, ast.Name)))
            is_source = word.arg is not None and _SOURCES.search(word.arg)
            if is_source and any(module.names(each) & {"os.environ", "os.getenv"} for each in named):
                yield found(
                    module, word.value, "HK401", f"{word.arg}: the environment says what pages may load"
                )


_ASKS_WHO = frozenset({"signed_in", "the_member", "current_user", "login_required", "proved"})


def _kept_by_all(module: Module) -> Iterator[Finding]:
    """Where a file's pages ask who is signed in, no cache between may keep them for the next one."""
    if not any(last_names(module, call.func) & _ASKS_WHO for call in module.calls):
        return
    for name, value in _given(module):
        text = module.text_of(value)
        if name.lower() == "cache-control" and text and re.search(r"\bpublic\b|\bs-maxage\b", text):
            yield found(module, value, "HK412", "pages of whoever is signed in may be kept for everyone")


def _given(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Header and value: headers["X"] = …, headers.set("X", …), {"X": …}, ("X", …), a constant that is called HSTS."""
    yield from _assigned(module)
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        pairs = zip(node.keys, node.values, strict=True)
        yield from ((module.text_of(key) or "", value) for key, value in pairs if key is not None)
    for node in module.all(ast.Tuple):
        assert isinstance(node, ast.Tuple)
        if len(node.elts) == 2 and isinstance(node.ctx, ast.Load):
            yield module.text_of(node.elts[0]) or "", node.elts[1]
    for call in module.calls:
        if len(call.args) >= 2 and last_names(module, call.func) & _SETS:
            yield module.text_of(call.args[0]) or "", call.args[1]
        yield from ((_SWITCHES[word.arg], word.value) for word in call.keywords if word.arg in _SWITCHES)


def _assigned(module: Module) -> Iterator[tuple[str, ast.expr]]:
    for node in module.all(ast.Assign, ast.AnnAssign, ast.AugAssign):
        assert isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if node.value is not None and (name := _header(module, target)):
                yield name, node.value


def _header(module: Module, target: ast.expr) -> str | None:
    if isinstance(target, ast.Subscript):
        text = module.text_of(target.slice)
        return None if text is None else _SWITCHES.get(text, text)
    name = dotted(target).rpartition(".")[2]
    if "HSTS" in name.upper() and name not in _SWITCHES:
        return "strict-transport-security"
    return _SWITCHES.get(name)


def _judge(module: Module, name: str, value: ast.expr) -> Iterator[Finding]:
    if name == _POLICY:
        yield from _policy(module, value)
        return
    if name == "access-control-allow-origin" and _is_any_origin(module, value):
        yield found(module, value, "HK412", "any site that asks may read the answer")
        return
    constant = module.value_of(value)
    if isinstance(constant, (str, int)):
        if fault := fault_of(name, str(constant)):
            yield found(module, value, "HK412", fault)
    elif name == "permissions-policy":
        # A list of features that is put together: each piece says enough by itself.
        texts = [each for each in _parts(module, value) if isinstance(each, ast.Constant)]
        for each in texts:
            if isinstance(each.value, str) and (fault := fault_of(name, each.value)):
                yield found(module, each, "HK412", fault)
            elif isinstance(each.value, str) and "*" in each.value.split():
                yield found(module, each, "HK412", f"{name} has *: every frame may ask for it")


def _is_any_origin(module: Module, value: ast.expr) -> bool:
    """Whoever asks is told that it may: `request.headers["Origin"]`, `request.origin or "*"`."""
    parts = list(_parts(module, value))
    return _reads(module, value, "origin") or any(
        (isinstance(each, ast.Attribute) and each.attr == "origin")
        or (isinstance(each, ast.Constant) and each.value == "*")
        for each in parts
    )


def _policy(module: Module, value: ast.expr) -> Iterator[Finding]:
    """A policy that is cut and pasted, or comes from where nobody sees it, is not the one that was judged."""
    parts = list(_parts(module, value))
    made_before = any(_reads(module, each, _POLICY) for each in parts)
    rewritten = any(
        isinstance(each, ast.Call) and last_names(module, each.func) & _REWRITES for each in parts
    )
    if made_before and rewritten:
        yield found(module, value, "HK403", "the policy is changed after it was made")
    elif isinstance(whole := module.value_of(value), str) and policy.leaves_code_open(whole):
        yield found(module, value, "HK402", "the policy says nothing of scripts, so any may run")
    elif any(_is_outside(module, each) for each in parts):
        yield found(module, value, "HK403", "the policy comes from outside of the code")


def _parts(module: Module, value: ast.expr, depth: int = 0) -> Iterator[ast.expr]:
    """The expressions of a value, those of the variables in it among them."""
    for node in ast.walk(value):
        if isinstance(node, ast.expr):
            yield node
        if isinstance(node, ast.Name) and depth < 3 and (bound := module.bound(node)):
            for binding in bound[1]:
                yield from _parts(module, binding.value, depth + 1)


def _reads(module: Module, node: ast.expr, header: str) -> bool:
    """headers["X"], headers.get("X"), in it or as it is."""
    keys = [each.slice for each in ast.walk(node) if isinstance(each, ast.Subscript)]
    keys += [each.args[0] for each in ast.walk(node) if isinstance(each, ast.Call) and each.args]
    return any((module.text_of(key) or "").lower() == header for key in keys)


def _is_outside(module: Module, node: ast.expr) -> bool:
    names = module.names(node) if isinstance(node, (ast.Call, ast.Subscript, ast.Attribute)) else ()
    return any(re.search(r"(?:^|\.)(?:os\.(?:environ|getenv)|flask\.request)\b", name) for name in names)


def _left_out(module: Module) -> Iterator[Finding]:
    """`if name != "Content-Security-Policy": headers[name] = …`, and names put together for a policy that reports."""
    for node in module.all(ast.Compare):
        assert isinstance(node, ast.Compare)
        texts = [module.value_of(side) for side in (node.left, *node.comparators)]
        named = any(
            isinstance(each, str) and each.lower() == _POLICY
            for text in texts
            for each in (text if isinstance(text, tuple) else (text,))
        )
        if named and any(isinstance(op, (ast.NotEq, ast.NotIn)) for op in node.ops):
            yield found(module, node, "HK403", "the policy is left out")
    for call in module.calls:
        said: list[str] = [(module.text_of(each) or "").lower() for each in call.args]
        if last_names(module, call.func) & _REWRITES and any(text.endswith("report-only") for text in said):
            yield found(module, call, "HK403", "a policy is renamed to one that only reports")
    for node in module.all(ast.JoinedStr, ast.BinOp):
        assert isinstance(node, (ast.JoinedStr, ast.BinOp))
        end = node.values[-1] if isinstance(node, ast.JoinedStr) and node.values else node
        if isinstance(node, ast.BinOp):
            # By a number or a truth, a text is there or not.
            end = node.right if isinstance(node.op, ast.Add) else node.left
        ends = (end.body, end.orelse) if isinstance(end, ast.IfExp) else (end,)
        if any((module.text_of(each) or "").lower() in _ENDINGS for each in ends):
            yield found(module, node, "HK403", "a policy is renamed to one that only reports")


_BY_ANY_NAME = "headers of an answer are taken off by a name that varies"


def _taken_off(module: Module) -> Iterator[Finding]:
    """`del response.headers[name]` and `headers.clear()`: nobody who reads it sees that the policy stays."""
    for node in module.all(ast.Delete):
        assert isinstance(node, ast.Delete)
        taken = [each for each in node.targets if isinstance(each, ast.Subscript) and _is_answers(each.value)]
        for each in taken:
            if module.value_of(each.slice) is VARIES:
                yield found(module, each, "HK403", _BY_ANY_NAME)
    for call in module.calls:
        if not (isinstance(call.func, ast.Attribute) and _is_answers(call.func.value)):
            continue
        by_name = call.func.attr in {"pop", "remove", "popitem"} and call.args
        if (by_name and module.value_of(call.args[0]) is VARIES) or call.func.attr == "clear":
            yield found(module, call, "HK403", _BY_ANY_NAME)


def _is_answers(node: ast.expr) -> bool:
    """response.headers, answer.headers; a request's may be changed as one likes."""
    name = dotted(node)
    return name.endswith(".headers") and not re.search(r"requ?|session|client", name, re.IGNORECASE)


def _cut(module: Module) -> Iterator[Finding]:
    """policy.replace("script-src 'self'", …): the text of a policy is changed, under whatever name."""
    for call in module.calls:
        said = [module.text_of(each) or "" for each in call.args[:1]]
        if last_names(module, call.func) & _REPLACES and any(map(_DIRECTIVE.search, said)):
            yield found(module, call, "HK403", "the text of a policy is changed after it was made")


def _turned_off(module: Module) -> Iterator[Finding]:
    for call in module.calls:
        for word in call.keywords:
            constant = module.value_of(word.value)
            if word.arg in _OFF and constant is not VARIES and not constant:
                yield found(module, call, "HK412", f"{word.arg} is off")
