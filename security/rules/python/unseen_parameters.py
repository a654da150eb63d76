"""HK104: parameters of a provider's API that nobody can see: handed on as they came, to wherever somebody says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import FunctionNode
from .base import Context, found, last_names

_CARDS = frozenset({"card", "source", "credit_card"})
_OF_CARDS = re.compile(
    r"(?:^|[._])(?:payment_?methods?|tokens?|sources?|setup_?intents?|payment_?intents?|confirmation_?tokens?|charges?)"
    r"(?:\(\))?\.(?:create|confirm|update|modify)(?:_async)?$",
    re.IGNORECASE,
)
_COPIES = frozenset({"dict", "copy", "deepcopy", "OrderedDict"})
_MAPPING = re.compile(r"(?:dict|Dict|Mapping|MutableMapping|Any)\b")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls to the provider, and mappings made for them, in files that call one."""
    if context.config.is_test(module.path):
        return
    for call in module.calls:
        yield from _call(module, call)
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        if any(_is_handed_on(module, each) for each in _cards_of(module, node)):
            yield found(module, node, "HK104", "the card of a payment method came from elsewhere")
        if _fills_own_part(node):
            yield found(module, node, "HK104", "the part that a payment method's type names is not empty")
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        for target in node.targets:
            if _is_card(module, target) and _is_handed_on(module, node.value):
                yield found(module, node, "HK104", "'card' of a call to the provider is no token")


def _call(module: Module, call: ast.Call) -> Iterator[Finding]:
    if last_names(module, call.func) & {"raw_request", "raw_request_async"} and isinstance(
        call.func, ast.Attribute
    ):
        if any(module.text_of(each) is None for each in call.args[1:2]):
            yield found(module, call, "HK104", "which call of the provider's API is made is said elsewhere")
        elif any(
            word.arg in {None, "params"} and _is_handed_on(module, word.value) for word in call.keywords
        ):
            yield found(module, call, "HK104", "what goes to the provider's API came from elsewhere")
    elif any(map(_OF_CARDS.search, module.names(call.func))) and isinstance(call.func, ast.Attribute):
        spread = [word.value for word in call.keywords if word.arg in {None, "params"}]
        if any(_is_handed_on(module, each) for each in [*call.args[:1], *spread]):
            yield found(module, call, "HK104", "what makes a payment method came from elsewhere")


def _is_card(module: Module, target: ast.expr) -> bool:
    """data["payment_method_data"]["card"] = …"""
    if not isinstance(target, ast.Subscript) or module.text_of(target.slice) not in _CARDS:
        return False
    outer = target.value
    return isinstance(outer, ast.Subscript) and module.text_of(outer.slice) == "payment_method_data"


def _is_handed_on(module: Module, value: ast.expr) -> bool:
    """Whether it is a whole mapping that the function was given, or a copy of one."""
    if isinstance(value, ast.Call) and last_names(module, value.func) & _COPIES and len(value.args) == 1:
        value = value.args[0]
    elif isinstance(value, ast.Dict) and any(key is None for key in value.keys):
        spread = [each for key, each in zip(value.keys, value.values, strict=True) if key is None]
        return any(_is_handed_on(module, each) for each in spread)
    bound = module.bound(value) if isinstance(value, ast.Name) else None
    if not isinstance(value, ast.Name) or bound is None or not isinstance(bound[0], FunctionNode):
        return False
    if bound[1]:
        return any(_is_handed_on(module, each.value) for each in bound[1] if _is_other(each.value, value))
    return _is_mapping(bound[0], value.id)


def _is_other(bound: ast.expr, name: ast.Name) -> bool:
    return not any(isinstance(each, ast.Name) and each.id == name.id for each in ast.walk(bound))


def _is_mapping(function: FunctionNode, name: str) -> bool:
    arguments = function.args
    if arguments.kwarg is not None and arguments.kwarg.arg == name:
        return True
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    annotation = next((each.annotation for each in listed if each.arg == name), None)
    return annotation is not None and bool(_MAPPING.match(ast.unparse(annotation).strip("'\"")))


def _cards_of(module: Module, node: ast.Dict) -> list[ast.expr]:
    """{"type": "card", "card": …}"""
    keys = [module.text_of(key) if key is not None else None for key in node.keys]
    values = [value for key, value in zip(keys, node.values, strict=True) if key in _CARDS]
    return values if "type" in keys else []


def _fills_own_part(node: ast.Dict) -> bool:
    """{"type": kind, kind: given}: of a card, that part is its number."""
    written = {ast.unparse(key): value for key, value in zip(node.keys, node.values, strict=True) if key}
    kind = written.get("'type'")
    if kind is None or isinstance(kind, ast.Constant):
        return False
    own = written.get(ast.unparse(kind))
    return own is not None and not (isinstance(own, ast.Dict) and not own.keys)
