"""HK310: a call that moves money is made with a key of its own for each try, with one for all, or with none.

The provider does once what is asked with one key (docs.stripe.com/api/idempotent_requests): so the key is written down
before the first try. Where a file gives keys, each such call of it has one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import FunctionNode, returned
from .base import Context, found

KEY = "idempotency_key"
_MOVES = re.compile(
    r"(?:^|[._])(?:(?:payment_intents|PaymentIntent)\.(?:create|capture|confirm)|(?:refunds|Refund)\.create"
    r"|(?:charges|Charge)\.(?:create|capture)|(?:transfers|Transfer|payouts|Payout)\.create"
    r"|(?:checkout\.)?(?:sessions|Session)\.create)$"
)
_FRESH = re.compile(
    r"(?:^|\.)(?:uuid[14]|token_(?:hex|urlsafe|bytes)|getrandbits|randint|randbytes|random|urandom|ulid|nanoid|time|time_ns"
    r"|monotonic|perf_counter|now|utcnow|today|new_id)$"
)
_LOOPS = (ast.For, ast.While, ast.AsyncFor)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The keys that calls are given, and calls without one."""
    if KEY not in module.text or context.config.is_test(module.path):
        return
    for call in module.calls:
        given = _given(module, call)
        for key in given:
            yield from _key(module, call, key)
        if not given and any(map(_MOVES.search, module.names(call.func))) and not _is_unseen(module, call):
            yield found(module, call, "HK310", "money is moved without a key: asked twice, it moves twice")


def _given(module: Module, call: ast.Call) -> list[ast.expr]:
    """What a call has for a key: by its name, or in the mapping of options that it is handed."""
    named = [word.value for word in call.keywords if word.arg == KEY]
    if named:
        return named
    handed = [*call.args, *(word.value for word in call.keywords if word.arg in {None, "options"})]
    if not any(map(_MOVES.search, module.names(call.func))):
        handed = []
    return [
        value
        for each in handed
        if isinstance(each, (ast.Dict, ast.Name, ast.BinOp, ast.Call))
        for value in module.entries(each).get(KEY, ())
    ]


def _is_unseen(module: Module, call: ast.Call) -> bool:
    """Options that somebody else made."""
    handed = [*call.args, *(word.value for word in call.keywords if word.arg in {None, "options"})]
    return any(
        isinstance(each, ast.Starred)
        or (
            (isinstance(each, ast.Name) and each.id in _params(module, call))
            and each.id.startswith(("opt", "kw", "more", "extra"))
        )
        for each in handed
    )


def _params(module: Module, call: ast.Call) -> set[str]:
    """The parameters of the functions round a call."""
    found_names: set[str] = set()
    at: FunctionNode | None = module.function(call)
    while at is not None:
        listed = at.args
        rest = [each for each in (listed.vararg, listed.kwarg) if each]
        found_names |= {each.arg for each in [*listed.posonlyargs, *listed.args, *listed.kwonlyargs, *rest]}
        at = module.function(at)
    return found_names


def _key(module: Module, call: ast.Call, key: ast.expr) -> Iterator[Finding]:
    constant = module.value_of(key)
    if isinstance(constant, str) and constant:
        yield found(module, call, "HK310", "one key for all: the second payment gets the answer to the first")
    elif _is_fresh(module, call, key):
        yield found(module, call, "HK310", "each try has a key of its own: asked twice, money moves twice")


def _is_fresh(module: Module, call: ast.Call, key: ast.expr, depth: int = 0) -> bool:
    """Made at the moment of the call, from nothing that stays."""
    for node in ast.walk(key):
        if isinstance(node, ast.Call):
            if any(_FRESH.search(name) for name in module.names(node.func)):
                return True
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if depth < 2 and any(
                _is_fresh(module, call, value, depth + 1)
                for function in module.functions.get(name, ())
                for value in returned(function)
            ):
                return True
        elif isinstance(node, ast.Name) and depth < 2 and _is_for_this_call(module, node, call):
            bound = module.bound(node)
            values = [each.value for each in bound[1] if each.kind == "value"] if bound else []
            if any(_is_fresh(module, call, value, depth + 1) for value in values):
                return True
    return False


def _is_for_this_call(module: Module, name: ast.Name, call: ast.Call) -> bool:
    """A variable that is used once, and made as often as the call is: else it is kept, or is the same at each try."""
    bound = module.bound(name)
    if bound is None or not bound[1] or isinstance(bound[0], ast.Module):
        return False
    uses = [
        node
        for node in ast.walk(bound[0])
        if isinstance(node, ast.Name) and node.id == name.id and isinstance(node.ctx, ast.Load)
    ]
    made = [_loop(module, each.value) for each in bound[1]]
    return len(uses) == 1 and all(_loop(module, call) is loop for loop in made)


def _loop(module: Module, node: ast.AST) -> ast.AST | None:
    at: ast.AST | None = node
    while at is not None and not isinstance(at, (*_LOOPS, ast.FunctionDef, ast.AsyncFunctionDef)):
        at = module.parents.get(at)
    return at if isinstance(at, _LOOPS) else None
