"""HK603: a number that a protection rests on: tries, lengths, times. How far it may go, a project says as `bounds`."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator

from ...finding import Finding
from ..config import BOUND, matches, parsed
from ..source import Module
from ..syntax import dotted
from .base import Context, found

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The entries of `bounds` that are about this file, and changes of their names from other files."""
    if context.config.is_test(module.path):
        return
    for call in module.calls:
        yield from _known(module, call)
    targets = set(module.imports.values())
    for bound in parsed(context.config.bounds, BOUND):
        if matches(module.path, (bound["path"],)):
            yield from _judged(module, context, bound)
        else:
            yield from _from_elsewhere(module, bound, targets)


_TOKEN = re.compile(r"(?:^|_)(?:token|secret|session_id|sid|password|api_key)s?(?:_|$)", re.IGNORECASE)
_SKEW, _BYTES, _YEAR_S = 2, 16, 366 * 86400


def _known(module: Module, call: ast.Call) -> Iterator[Finding]:
    """What needs no project's word: windows of one-time codes, lengths of tokens, the life of what was signed."""
    made = dotted(call.func).rpartition(".")[2]
    words = {word.arg: module.value_of(word.value) for word in call.keywords if word.arg}
    window, age = words.get("valid_window"), words.get("max_age")
    if made == "verify" and isinstance(window, int) and window > _SKEW:
        yield found(module, call, "HK603", f"codes of {window} steps round now are good")
    if made in {"loads", "unsign"} and isinstance(age, (int, float)) and age > _YEAR_S:
        yield found(module, call, "HK603", "what was signed is good for years")
    if made == "replace" and words.keys() & {"year", "month", "day"} and _is_now(module, call.func):
        yield found(module, call, "HK603", "the clock is set to another day: what is over then never ends")
    least = next((words[name] for name in _LEAST if name in words), None)
    if isinstance(least, int) and least < _BYTES and _is_of_secret(module, call):
        yield found(module, call, "HK603", f"a secret of {least} characters can be found by trying")
    if made in {"token_urlsafe", "token_hex", "token_bytes"} and call.args:
        length = module.value_of(call.args[0])
        if isinstance(length, int) and length < _BYTES and (name := _named_for(module, call)):
            yield found(module, call, "HK603", f"'{name}' of {length} bytes can be found by trying")


_LEAST = ("at_least", "min_length", "minimum", "min_len", "least")
_NOW = re.compile(r"(?:^|\.)(?:now|utcnow|today)\(\)$")
_SECRET = re.compile(r"(?:^|_)(?:SECRET|KEY|TOKEN|PASSPHRASE)(?:_|$)")


def _is_now(module: Module, function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and any(map(_NOW.search, module.names(function.value)))


def _is_of_secret(module: Module, call: ast.Call) -> bool:
    """Whether a call names a setting that is a secret: `secrets("AUDIT_KEY", at_least=4)`."""
    return any(_SECRET.search(module.text_of(each) or "") for each in call.args)


def _named_for(module: Module, call: ast.Call) -> str | None:
    """The variable that it is put into, or the function that gives it back, when that is a secret's."""
    at: ast.AST | None = call
    while at is not None and not isinstance(at, (ast.stmt, *_FUNCTIONS)):
        at = module.parents.get(at)
    targets = at.targets if isinstance(at, ast.Assign) else [getattr(at, "target", None)]
    written = [dotted(each).rpartition(".")[2] for each in targets if each is not None]
    if isinstance(at, ast.Return):
        written.append(getattr(module.function(at), "name", ""))
    return next((name for name in written if _TOKEN.search(name)), None)


def _judged(module: Module, context: Context, bound: re.Match[str]) -> Iterator[Finding]:
    name = bound["name"]
    given = _given(module, name)
    if not given:
        yield found(
            module, module.tree, "HK603", f"{name}, on which a protection rests, is not here any more"
        )
    for node, value in given:
        part = _part(module, value, bound["part"]) if bound["part"] else value
        if not _holds(module.value_of(part), bound):
            yield found(module, node, "HK603", f"{name} must stay {bound['way']} {_limit(bound)}")
    for node in _changed_later(module, name):
        yield found(module, node, "HK603", f"{name} is changed after it was set")
    if given and not _is_asked(module, context, bound):
        yield found(module, given[0][0], "HK603", f"nobody asks for {name} any more")


def _given(module: Module, name: str) -> list[tuple[ast.AST, ast.expr]]:
    """What the name is set to, outside of functions."""
    return [
        (node, value)
        for node in module.all(ast.Assign, ast.AnnAssign)
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        and node.value is not None
        and not isinstance(module.scope(node), _FUNCTIONS)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for each, value in _pairs(target, node.value)
        if dotted(each) == name
    ]


_CHANGES = frozenset(
    {"pop", "popitem", "clear", "update", "setdefault", "__setitem__", "__delitem__", "remove", "add"}
)


def _changed_later(module: Module, name: str) -> Iterator[ast.AST]:
    """`TABLE.pop("baskets")`, `del TABLE["baskets"]`, `TABLE["baskets"] = …`, `TABLE |= …`"""
    for call in module.calls:
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in _CHANGES
            and dotted(call.func.value) == name
        ):
            yield call
    for node in module.all(ast.Subscript, ast.Name):
        is_stored = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        held = node.value if isinstance(node, ast.Subscript) else node
        is_augmented = isinstance(module.parents.get(node), ast.AugAssign)
        if is_stored and dotted(held) == name and (isinstance(node, ast.Subscript) or is_augmented):
            yield node


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """One name and its value, or those of `A, B = 1, 2`."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _part(module: Module, value: ast.expr, part: str) -> ast.expr | None:
    """An argument of the call that makes it, by place or name; an item of a tuple or mapping."""
    if isinstance(value, ast.Call) and not part.isdigit():
        return next((word.value for word in value.keywords if word.arg == part), None)
    if isinstance(value, ast.Dict):
        entry = next(iter(module.entries(value).get(part, ())), None)
        return entry.elts[0] if isinstance(entry, ast.Tuple) and entry.elts else entry
    items = value.args if isinstance(value, ast.Call) else getattr(value, "elts", [])
    place = int(part) if part.isdigit() else len(items)
    return items[place] if place < len(items) else None


def _limit(bound: re.Match[str]) -> dt.timedelta | float:
    number = float(bound["number"])
    if bound["unit"]:
        return dt.timedelta(**{bound["unit"]: number})
    return int(number) if number.is_integer() else number


def _holds(value: object, bound: re.Match[str]) -> bool:
    """A value that can't be told, or is of another kind, holds nothing."""
    limit = _limit(bound)
    if isinstance(value, dt.timedelta) and isinstance(limit, dt.timedelta):
        return value <= limit if bound["way"] == "<=" else value >= limit
    if isinstance(value, bool) or not isinstance(value, (int, float)) or isinstance(limit, dt.timedelta):
        return False
    return value <= limit if bound["way"] == "<=" else value >= limit


def _is_asked(module: Module, context: Context, bound: re.Match[str]) -> bool:
    """Whether the name is read here, or by a file that imports this one. Of a file by itself (as Bandit gives them)
    nothing of the kind can be told."""
    if len(context.project.modules) < 2:
        return True
    name, home = bound["name"], _home(bound)
    word = re.compile(rf"\b{re.escape(name)}\b")
    if any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name
        for node in module.all(ast.Name)
    ):
        return True
    return any(
        word.search(other.text)
        for other in context.project.modules.values()
        if other is not module and any(_leads_to(target, home) for target in other.imports.values())
    )


def _home(bound: re.Match[str]) -> str:
    """The dotted name of the file of an entry, whatever folder the run began in."""
    return bound["path"].removesuffix(".py").replace("/", ".")


def _leads_to(target: str, name: str) -> bool:
    return target == name or target.startswith(name + ".")


def _from_elsewhere(module: Module, bound: re.Match[str], targets: set[str]) -> Iterator[Finding]:
    """lock.MOST = 1000 in another file."""
    name, home = bound["name"], _home(bound)
    if not targets & {home, home.partition(".")[0]} or name not in module.text:
        return
    for node in module.all(ast.Assign, ast.AugAssign):
        for target in node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]:
            if (
                isinstance(target, ast.Attribute)
                and target.attr == name
                and home in module.names(target.value)
            ):
                yield found(module, node, "HK603", f"{name} is changed from elsewhere")
    for call in module.calls_by_name.get("setattr", ()):
        if (
            len(call.args) == 3
            and module.text_of(call.args[1]) == name
            and home in module.names(call.args[0])
        ):
            yield found(module, call, "HK603", f"{name} is changed from elsewhere")
