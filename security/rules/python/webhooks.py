"""HK301, HK302: webhooks are believed only after their signature was checked, in full, over the raw body."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..constants import VARIES
from ..requests import is_request
from ..source import Module
from ..syntax import FunctionNode, returned
from .base import Context, called_in, decorators, found, is_view, last_names, routes

_CHECKS = re.compile(
    r"(?:^|\.)(?:construct_event|verify_header|compare_digest|parse_event_notification|parse_thin_event|verify_webhook|verify_webhook_signature|verify_signature|verify|is_valid_signature|isValidWebhookEventSignature|is_valid_webhook_event_signature|WebhookSignature|webhook_notification\.parse|unwrap)$",
    re.IGNORECASE,
)
_HOOK = re.compile(r"web_?hooks?|stripe_events?|(?:^|[_/])hooks?(?:[_/]|$)", re.IGNORECASE)
READERS = re.compile(
    r"^(?:parse_(?:event|webhook|notification)|construct_event|read_event|handle_webhook|handle_event|process_webhook|verified_event|authentic_event|_authentic)$"
)
TRUTHS = re.compile(
    r"^_?(?:is_(?:signed|authentic|valid_signature|genuine|verified)|verify(?:_\w+)?|check_signature|signature_(?:ok|valid|is_valid)|valid_signature|has_valid_signature)$"
)
_LONGEST_S = 900
_FAILS = frozenset({"SignatureVerificationError", "BadSignature", "InvalidSignature"})
_DROPS = frozenset(
    {
        "SignatureVerificationError",
        "BadSignature",
        "InvalidSignature",
        "Exception",
        "BaseException",
        "ValueError",
    }
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that skip the check, handlers that never reach it, checks that cannot fail."""
    for call in module.calls:
        yield from _call(module, context, call)
    for node in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        yield from _handler(module, context, node)
        yield from _always_true(module, node)
        yield from _some_true(module, node)
    for node in module.all(ast.Try, ast.TryStar):
        assert isinstance(node, (ast.Try, ast.TryStar))
        yield from _swallowed(module, node)
    for node in module.all(ast.With):
        assert isinstance(node, ast.With)
        yield from _suppressed(module, node)


def _call(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    names, last = module.names(call.func), last_names(module, call.func)
    if any("without_verification" in name for name in last):
        yield found(module, call, "HK301", "an event is built without checking its signature")
    elif (
        "construct_from" in last
        and any("Event" in name or name.startswith("stripe") for name in names)
        and not _is_checked(module, context, call)
    ):
        yield found(module, call, "HK301", "an event is built from a body whose signature was not checked")
    if last & {"construct_event", "verify_header", "parse_event_notification", "parse_thin_event"}:
        yield from _tolerance(module, call)
    if (
        last & {"all"}
        and call.args
        and isinstance(call.args[0], (ast.GeneratorExp, ast.ListComp, ast.SetComp))
        and _asks_signature(module, call.args[0].elt)
    ):
        yield found(module, call, "HK302", "where no secret is known, every body counts as signed")
    if last & {"compare_digest"} and isinstance(module.parents.get(call), ast.Expr):
        yield found(module, call, "HK302", "the comparison's result is not used")


def _asks_signature(module: Module, node: ast.expr) -> bool:
    return has_check(module, node) or any(
        TRUTHS.match(name)
        for each in ast.walk(node)
        if isinstance(each, ast.Call)
        for name in last_names(module, each.func)
    )


def _is_checked(module: Module, context: Context, call: ast.Call) -> bool:
    function = module.function(call)
    return function is not None and _reaches_check(module, context, function)


def _reaches_check(module: Module, context: Context, function: FunctionNode) -> bool:
    return any(
        _CHECKS.search(name)
        for where, call in called_in(function, module, context)
        for name in where.names(call.func)
    )


def _tolerance(module: Module, call: ast.Call) -> Iterator[Finding]:
    given = [word.value for word in call.keywords if word.arg == "tolerance"] + call.args[3:4]
    for value in given:
        seconds = module.value_of(value)
        lengths = [seconds] if seconds is not VARIES else _lengths(module, value)
        if any(each is None or not _is_short(each) for each in lengths):
            yield found(
                module, call, "HK302", "old signatures are accepted: the tolerance is off or too long"
            )


def _is_short(seconds: object) -> bool:
    return not isinstance(seconds, (int, float)) or 0 < seconds <= _LONGEST_S


def _lengths(module: Module, value: ast.expr, depth: int = 0) -> list[object]:
    """The constants that a length of time may come to, where it may vary: int(environ.get("AGE", 10**9))."""
    if depth > 4:
        return []
    bound = module.bound(value) if isinstance(value, ast.Name) else None
    inner = [each.value for each in bound[1]] if bound else list(_expressions(value))
    found: list[object] = []
    for each in inner:
        known = module.value_of(each)
        found += _lengths(module, each, depth + 1) if known is VARIES else [_as_number(known)]
    return found


def _expressions(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.Call):
        yield from [*value.args, *(word.value for word in value.keywords)]
    else:
        yield from (each for each in ast.iter_child_nodes(value) if isinstance(each, ast.expr))


def _as_number(value: object) -> object:
    """An environment's text is a number as well; any other text is the name of something."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value or ""


def _handler(module: Module, context: Context, function: FunctionNode) -> Iterator[Finding]:
    name = getattr(function, "name", "")
    if not (_is_hook_view(module, function) or (READERS.match(name) and _reads_json(module, function))):
        return
    if (
        not _reads_body(module, context, function)
        or _reaches_check(module, context, function)
        or _passes_to_reader(module, context, function)
    ):
        return
    yield found(module, function, "HK301", f"{name} reads events and never checks a signature")


def _is_hook_view(module: Module, function: FunctionNode) -> bool:
    paths = [module.text_of(route.args[0]) or "" for route in routes(function, module)]
    takes_posts = any(_takes_posts(module, route) for route in routes(function, module))
    if paths:
        return takes_posts and any(map(_HOOK.search, paths))
    exempt = any(last_names(module, each) & {"csrf_exempt"} for each in decorators(function))
    return is_view(function, module) and (
        bool(_HOOK.search(getattr(function, "name", ""))) or (exempt and "hook" in module.path)
    )


def _takes_posts(module: Module, route: ast.Call) -> bool:
    if isinstance(route.func, ast.Attribute) and route.func.attr == "post":
        return True
    methods = next((word.value for word in route.keywords if word.arg == "methods"), None)
    value = module.value_of(methods)
    return methods is not None and (value is VARIES or "POST" in (value if isinstance(value, tuple) else ()))


def _reads_json(module: Module, function: FunctionNode) -> bool:
    return any(
        isinstance(node, ast.Call)
        and last_names(module, node.func) & {"loads", "construct_from", "model_validate_json", "get_json"}
        for node in ast.walk(function)
    )


def _reads_body(module: Module, context: Context, function: FunctionNode) -> bool:
    if READERS.match(getattr(function, "name", "")):
        return True
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Attribute)
            and is_request(node.value, module)
            and node.attr
            in {"data", "json", "get_data", "get_json", "body", "stream", "form", "POST", "values"}
        ):
            return True
    return any(
        where.names(call.func) & {"json.loads"} for where, call in called_in(function, module, context)
    )


def _passes_to_reader(module: Module, context: Context, function: FunctionNode) -> bool:
    """The check may lie behind a port whose implementation is judged where it stands."""
    for where, call in called_in(function, module, context):
        if (
            context.project.function(where, call.func) is None
            and isinstance(call.func, ast.Attribute)
            and READERS.match(call.func.attr)
        ):
            return True
    return False


def _always_true(module: Module, function: FunctionNode) -> Iterator[Finding]:
    name = getattr(function, "name", "")
    if not TRUTHS.match(name) or not re.search(
        r"sign|webhook|hook|event|payload|header", ast.unparse(function), re.IGNORECASE
    ):
        return
    values = [module.value_of(value) for value in returned(function)]
    if values and all(value is True for value in values):
        yield found(module, function, "HK302", f"{name} says yes to everything")


def _some_true(module: Module, function: FunctionNode) -> Iterator[Finding]:
    """`return True` before anything was checked, or `… or verify()`: some bodies need no signature."""
    if not TRUTHS.match(getattr(function, "name", "")) or not has_check(module, function):
        return
    for node in ast.walk(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        asked = isinstance(node.value, ast.BoolOp) and isinstance(node.value.op, ast.Or)
        parts = [has_check(module, each) for each in getattr(node.value, "values", ())] if asked else []
        if (module.value_of(node.value) is True and not is_after_check(module, node)) or len(set(parts)) > 1:
            yield found(module, node, "HK302", "some bodies are taken for signed without a look")


def has_check(module: Module, node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Call) and any(map(_CHECKS.search, module.names(each.func)))
        for each in ast.walk(node)
    )


def is_after_check(module: Module, node: ast.stmt) -> bool:
    """Whether a check stands in a condition around a statement, or before it in one of the blocks around it."""
    at: ast.AST = node
    while not isinstance(
        above := module.parents.get(at, module.tree), (ast.FunctionDef, ast.AsyncFunctionDef)
    ):
        if isinstance(above, ast.Module):
            return False
        if has_check(module, getattr(above, "test", None) or ast.Pass()) or _checked_before(
            module, above, at
        ):
            return True
        at = above
    return _checked_before(module, above, at)


def _checked_before(module: Module, block: ast.AST, node: ast.AST) -> bool:
    statements = getattr(block, "body", [])
    before = statements[: statements.index(node)] if node in statements else statements
    # A branch that was not taken has checked nothing.
    return any(
        not isinstance(each, (ast.If, ast.For, ast.While)) and has_check(module, each) for each in before
    )


def _swallowed(module: Module, node: ast.Try | ast.TryStar) -> Iterator[Finding]:
    checks = _checks_within(module, node.body)
    for handler in node.handlers:
        # Whoever catches it by its name has called what checks, behind whatever name that is.
        caught = {name for each in _caught(handler) for name in last_names(module, each)}
        believes = caught & _FAILS and any(
            isinstance(each, ast.Return) and each.value is not None and _builds_event(module, each.value)
            for each in handler.body
        )
        if believes or (checks and not stops(module, handler.body)):
            yield found(module, handler, "HK302", "a failed signature does not stop the handler")


def _caught(handler: ast.ExceptHandler) -> list[ast.expr]:
    if isinstance(handler.type, ast.Tuple):
        return handler.type.elts
    return [handler.type] if handler.type is not None else []


def _checks_within(module: Module, body: list[ast.stmt]) -> bool:
    calls = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return any(
        last_names(module, call.func)
        & {
            "construct_event",
            "verify_header",
            "parse_event_notification",
            "parse_thin_event",
            "verify_webhook_signature",
        }
        for call in calls
    )


def stops(module: Module, body: list[ast.stmt]) -> bool:
    """Whether a handler ends in a refusal: raise, a return that is no event and no yes, continue to the next secret."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Raise) or (
                isinstance(node, ast.Call)
                and last_names(module, node.func) & {"abort", "fail", "HTTPException"}
            ):
                return True
    last = body[-1] if body else None
    if isinstance(last, ast.Return):
        value = module.value_of(last.value) if last.value is not None else None
        return value is not True and not (last.value is not None and _builds_event(module, last.value))
    return isinstance(last, ast.Continue)


def _builds_event(module: Module, value: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Call)
        and last_names(module, node.func) & {"loads", "construct_from", "get_json", "json"}
        for node in ast.walk(value)
    )


def _suppressed(module: Module, node: ast.With) -> Iterator[Finding]:
    for item in node.items:
        call = item.context_expr
        if (
            isinstance(call, ast.Call)
            and "suppress" in last_names(module, call.func)
            and _checks_within(module, node.body)
        ) and any(last_names(module, argument) & _DROPS for argument in call.args):
            yield found(module, node, "HK302", "a failed signature is dropped")
