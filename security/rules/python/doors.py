"""HK302, HK602: who may pass is decided by what the caller says, or by a variable of whoever starts the process."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..requests import is_request
from ..source import Module
from ..syntax import FunctionNode, dotted, parameters
from .base import Context, called_in, found, last_names
from .guards import DOORS

_ENVIRON = frozenset({"os.environ", "os.environb", "os.getenv", "environ", "getenv"})
_ASKS = re.compile(
    r"^_*(?:refuse|require|check|verify|match|authenticate|authori[sz]e|ensure|guard|forbid|deny|allow|may|can)(?:e?s)?(?:_|$)"
    r"|^_*(?:is|are)_(?:closed|allowed|signed|authentic|genuine|verified|inside|admin|staff|blocked|paused|stopped|valid)"
)
_SAID = frozenset({"headers", "cookies", "args", "form", "values", "environ", "json"})
_OF_BROWSERS = re.compile(
    r"^(?:sec-fetch-\w+|origin|referer|host|content-type|content-length|accept\S*|if-\S+|x-requested-with"
    # These hold what is proved afterwards; without them nobody passes.
    r"|authorization|x-[cx]srf-?token)$",
    re.I,
)
_ADDRESSES = re.compile(
    r"^(?:http_)?(?:x[-_]forwarded[-_]for|x[-_]real[-_]ip|x[-_]client[-_]ip|cf[-_]connecting[-_]ip|true[-_]client[-_]ip|forwarded)$",
    re.I,
)
_RIGHTS = re.compile(r"(?:^|[._])(?:rights|roles|permissions|scopes|privileges|groups|grants)$")
_KINDS = frozenset({"method", "path", "endpoint", "content_type", "mimetype", "is_json", "blueprint"})
_COMPARES = frozenset({"compare_digest", "verify", "unsign", "loads"})
_CUTS = frozenset({"split", "rsplit", "partition", "rpartition", "b64decode", "urlsafe_b64decode"})
_TOKEN = re.compile(r"^(?:\w*_)?(?:token|ticket|signed|signature)$")
_PROVES = re.compile(
    r"unsign|loads|verify|compare|digest|hash|decode_token|check|valid|sign|decrypt|open|find|get|select"
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Conditions in functions that refuse, doors that are used for some, tokens that nobody checks."""
    if context.config.is_test(module.path):
        return
    hooked = _hooked(module)
    for function in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        if _ASKS.match(function.name) or function.name in hooked:
            yield from _opened(module, function)
        yield from _cut(module, function)
        yield from _for_anyone(module, context, function)
    for test in module.all(ast.BoolOp):
        assert isinstance(test, ast.BoolOp)
        yield from _half_right(module, test)
        yield from _believed(module, test)
        yield from _half_factor(module, test)
    yield from _said_address(module)
    yield from _neighbours(module)
    yield from _sometimes(module)


def _hooked(module: Module) -> set[str]:
    """The functions that are asked before each request."""
    calls = [call for call in module.calls if last_names(module, call.func) & {"before_request"}]
    return {each.id for call in calls for each in call.args if isinstance(each, ast.Name)}


def _opened(module: Module, function: FunctionNode) -> Iterator[Finding]:
    for node in module.own(function):
        for test in _conditions(node):
            if _reads_environ(module, test):
                yield found(module, test, "HK602", "a variable of the environment decides what is refused")
            elif said := _said(module, test):
                yield found(module, test, "HK602", f"the caller's own '{said}' decides what is refused")


def _conditions(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        return [node.test]
    if isinstance(node, ast.Return) and isinstance(node.value, (ast.BoolOp, ast.UnaryOp)):
        return [node.value]
    return []


def _reads_environ(module: Module, test: ast.expr) -> bool:
    named = (each for each in ast.walk(test) if isinstance(each, (ast.Attribute, ast.Name)))
    return any(module.names(each) & _ENVIRON for each in named)


def _said(module: Module, test: ast.expr) -> str | None:
    """The name of a header, cookie or field that a condition asks for, when it is nothing that only browsers set."""
    if any(
        last_names(module, each.func) & _COMPARES for each in ast.walk(test) if isinstance(each, ast.Call)
    ):
        return None
    for node in ast.walk(test):
        key = _key(module, node)
        text = module.text_of(key) if key is not None else None
        if text and not _OF_BROWSERS.match(text) and not _ADDRESSES.match(text):
            return text
    return None


def _key(module: Module, node: ast.AST) -> ast.expr | None:
    """`request.headers.get(KEY)`, `request.args[KEY]`, `KEY in request.cookies`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        is_asked = node.func.attr in {"get", "getlist"} and _is_said(module, node.func.value)
        return node.args[0] if is_asked else None
    if isinstance(node, ast.Subscript) and _is_said(module, node.value):
        return node.slice
    if isinstance(node, ast.Compare) and any(_is_said(module, each) for each in node.comparators):
        return node.left
    return None


def _is_said(module: Module, node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in _SAID and is_request(node.value, module)


def _half_right(module: Module, test: ast.BoolOp) -> Iterator[Finding]:
    """`right not in rights and request.method != "GET"`: some requests need none."""
    lacks = [_lacks_right(each) for each in test.values]
    kinds = [_asks_kind(module, each) for each in test.values]
    if isinstance(test.op, ast.And) and any(lacks) and any(kinds):
        yield found(module, test, "HK602", "a right that is missing is refused for some requests only")


_VOUCHES = re.compile(
    r"(?:_of_(?:token|link|ticket|cookie)|^unsign|_?unsigned|^verif\w*|^loads_signed|decode_token)$"
)


def _believed(module: Module, test: ast.BoolOp) -> Iterator[Finding]:
    """`order_of_token(token) or token`: what the check does not vouch for is taken as it came."""
    first = test.values[0]
    if not isinstance(test.op, ast.Or) or not isinstance(first, ast.Call):
        return
    given = {name for each in first.args for name in _names_in(each)}
    if any(map(_VOUCHES.search, last_names(module, first.func))) and any(
        _names_in(each) & given for each in test.values[1:]
    ):
        yield found(module, test, "HK602", "what fails its check is believed all the same")


_LOOPBACK = re.compile(r"^(?:127\.|::1$|localhost$|10\.|192\.168\.)")
_FROM = re.compile(r"(?:^|[._])(?:remote_addr|address|client_ip|peer|remote_ip|ip)$")


def _neighbours(module: Module) -> Iterator[Finding]:
    """`sender.address == "127.0.0.1"`: behind a proxy everybody comes from this machine, unless that is asked too."""
    for node in module.all(ast.Compare):
        assert isinstance(node, ast.Compare)
        sides = [node.left, *node.comparators]
        texts = [each.value for side in sides for each in ast.walk(side) if isinstance(each, ast.Constant)]
        outer = module.parents.get(node)
        forwarded = isinstance(outer, ast.BoolOp) and "forwarded" in ast.unparse(outer).lower()
        is_local = any(isinstance(each, str) and _LOOPBACK.match(each) for each in texts)
        if is_local and not forwarded and any(_FROM.search(dotted(side)) for side in sides):
            yield found(
                module, node, "HK602", "who comes by a proxy on this machine is treated as this machine"
            )


_FACTOR = re.compile(r"(?:^|[._])(?:totp|otp|mfa|second_factor|has_factor|has_totp|two_factor)(?:\w*)$")
_FAMILIAR = re.compile(r"(?:^|[._])\w*(?:known|remember|trust|device|familiar|local|inside|internal)\w*$")


def _half_factor(module: Module, test: ast.BoolOp) -> Iterator[Finding]:
    """`account.totp is not None and not is_known`: who has a second factor is not always asked for it."""
    if not isinstance(test.op, ast.And):
        return
    named = [
        {dotted(part) for part in ast.walk(each) if isinstance(part, (ast.Name, ast.Attribute, ast.Call))}
        for each in test.values
    ]
    asks = [any(map(_FACTOR.search, names)) for names in named]
    spares = [any(_FAMILIAR.search(name.replace("()", "")) for name in names) for names in named]
    if any(asks) and any(spare and not ask for ask, spare in zip(asks, spares, strict=True)):
        yield found(module, test, "HK602", "a second factor is asked for in some cases only")


def _lacks_right(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.NotIn)
        and bool(_RIGHTS.search(dotted(node.comparators[0])))
    )


def _asks_kind(module: Module, node: ast.expr) -> bool:
    return any(
        isinstance(each, ast.Attribute) and each.attr in _KINDS and is_request(each.value, module)
        for each in ast.walk(node)
    )


def _said_address(module: Module) -> Iterator[Finding]:
    """An address that any visitor may write is nobody's address; the proxies of ours are counted elsewhere."""
    for node in module.all(ast.Call, ast.Subscript):
        key = _key(module, node)
        text = module.text_of(key) if key is not None else None
        if text and _ADDRESSES.match(text):
            yield found(module, node, "HK602", f"the visitor says in '{text}' where the request comes from")


def _sometimes(module: Module) -> Iterator[Finding]:
    """The guarded application beside the bare one, and a condition on the request that chooses between them."""
    doors = {
        target.id: module.scope(node)
        for node in module.all(ast.Assign)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and last_names(module, node.value.func) & DOORS
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for function in module.all(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda) if doors else ():
        # Where a door is made, a condition is one of the start; who is given the requests finds it made.
        passed = {name for name in _names_in(function) & doors.keys() if doors[name] is not function}
        for node in module.own(function) if passed else ():
            if isinstance(node, (ast.If, ast.IfExp)) and _names_in(node.test) & set(parameters(function)):
                yield found(module, node, "HK601", "a condition decides which requests the guard sees")


def _names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _cut(module: Module, function: FunctionNode) -> Iterator[Finding]:
    """A signed token whose piece is believed: cut, and never checked."""
    tokens = {name for name in parameters(function) if _TOKEN.match(name)}
    if not tokens:
        return
    calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
    names = [name for call in calls for name in [dotted(call.func).rpartition(".")[2]]]
    if any(_PROVES.search(name) for name in names):
        return
    for node in module.own(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        for call in ast.walk(node.value):
            if isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] in _CUTS:
                pieces = [getattr(call.func, "value", call), *call.args]
                if any(isinstance(each, ast.Name) and each.id in tokens for each in pieces):
                    yield found(
                        module,
                        node,
                        "HK302",
                        "a piece of a token is believed, and its signature never checked",
                    )


def _for_anyone(module: Module, context: Context, function: FunctionNode) -> Iterator[Finding]:
    """A staff page that says it needs nobody, and reads rows all the same."""
    for mark in getattr(function, "decorator_list", []):
        words = mark.keywords if isinstance(mark, ast.Call) else []
        if any(
            dotted(word.value).upper().endswith((".ANYONE", ".PUBLIC", ".NOBODY")) for word in words
        ) and any(
            last_names(where, call.func) & {"select", "query"}
            for where, call in called_in(function, module, context, depth=4)
        ):
            yield found(module, function, "HK602", "a page that needs nobody reads rows of the database")
