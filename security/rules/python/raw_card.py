"""HK104: card data handed to a provider's API by the server, through any name, mapping or helper."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping

from ...finding import Finding
from ..source import Module
from ..syntax import FunctionNode, dotted
from ..words import Card, card_name, words_of
from .base import Context, found

CREATES = re.compile(
    r"(?:^|[._])(?:PaymentMethod|Token|Source|Charge|SetupIntent|PaymentIntent|ConfirmationToken|Customer|Card|CreditCard|Transaction"
    r"|payment_?methods?|tokens?|sources?|charges?|cards?|credit_?cards?|transactions?|payments?|setup_?intents?|payment_?intents?|confirmation_?tokens?)"
    r"(?:\(\))?\.(?:create|create_async|modify|update|confirm|attach|create_source|sale|tokenize|create_payment|save|verify|create_card|credit)(?:_async)?$",
    re.IGNORECASE,
)
_PROVIDERS = re.compile(
    r"(?:^|\.)(?:stripe|payjp|omise|square|squareup|braintree|adyen|gmo|gmopg|sbps|veritrans|checkout_sdk|paypalrestsdk|komoju|fincode|authorizenet|mollie|razorpay)(?:\.|$|\()",
    re.IGNORECASE,
)
_REQUESTS = re.compile(r"\.(?:raw_request|request|_request|post|put|send|deserialize|execute|api_call)$")
_ADDRESSES = re.compile(
    r"https?://[\w.-]*(?:stripe\.com|pay\.jp|omise\.co|squareup\.com|braintree|adyen|gmo-pg|komoju|veritrans|fincode|mollie|razorpay)|/v1/(?:tokens|payment_methods|sources|charges)\b",
    re.IGNORECASE,
)
_NUMBERS = frozenset({"number", "card_number", "cardNumber", "pan", "account_number"})
_CODES = frozenset({"cvc", "cvv", "cvv2", "cvc2", "security_code", "securityCode", "csc"})
_HOLDERS = frozenset(
    {
        "card",
        "source",
        "credit_card",
        "creditCard",
        "payment_method_data",
        "params",
        "data",
        "json",
        "payment_method",
        "external_account",
    }
)
_NESTED = re.compile(r"card\]?\[(?:number|cvc)\]")
_WRITTEN = re.compile(r"(?:card|source)\[(?:number|cvc|exp_month)\]")
_MAKES_TOKEN = re.compile(
    r"^(?:[\w.]+\.)?(?:payment_?methods?|tokens?|sources?|confirmation_?tokens?|cards?)\.create(?:_async)?$",
    re.I,
)
_PASSED = frozenset({"card", "source", "credit_card"})
_MAKES = re.compile(r"^(?:https?://[\w.-]+)?/?v1/(?:tokens|sources|payment_methods|confirmation_tokens)/?$")
"""Where a card becomes a token: the provider's script posts there, from the shopper's browser."""
_ANY_PART = re.compile(r"(?:^|\[)(?:card|source)\]?\[$")


def _texts(module: Module) -> Iterator[Finding]:
    for node in module.all(ast.Constant, ast.JoinedStr, ast.BinOp):
        text = (_start(module, node) if isinstance(node, ast.JoinedStr) else module.text_of(node)) or ""
        if node in module.docstrings:
            continue
        if isinstance(node, ast.JoinedStr) and _has_any_part(node):
            yield found(module, node, "HK104", "a text names a card's fields as the provider's API does")
        if _WRITTEN.search(text):
            yield found(module, node, "HK104", "a text names a card's number as the provider's API does")
        if _MAKES_TOKEN.search(text):
            yield found(module, node, "HK104", "a text names the call that makes a card at the provider")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that create something at a provider with card data, and mappings that are card data."""
    for call in module.calls:
        if _makes_token(module, call):
            yield found(module, call, "HK104", "the server makes what only the shopper's browser may make")
        if _is_call_to_provider(module, call) and (reason := _card_data(module, context, call)):
            yield found(module, call, "HK104", reason)
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        if reason := _is_card(module, node):
            yield found(module, node, "HK104", reason)
    yield from _texts(module)
    for call in module.calls:
        if (
            isinstance(call.func, ast.Name)
            and call.func.id == "dict"
            and _is_pair({word.arg or "" for word in call.keywords})
        ):
            yield found(module, call, "HK104", "a mapping holds a card's number and code")


def _makes_token(module: Module, call: ast.Call) -> bool:
    """client.raw_request("post", "/v1/tokens", …), whatever is posted."""
    if not any(_REQUESTS.search(name) for name in module.names(call.func)):
        return False
    given = [*call.args, *(word.value for word in call.keywords)]
    texts = [
        module.text_of(each) or (_start(module, each) if isinstance(each, ast.JoinedStr) else "") or ""
        for each in given
    ]
    posts = "post" in [each.lower() for each in texts] or dotted(call.func).endswith(".post")
    return posts and any(_MAKES.match(each) for each in texts)


def _has_any_part(node: ast.JoinedStr) -> bool:
    """f"card[{name}]": one of a card's fields, whichever."""
    return any(
        isinstance(before, ast.Constant)
        and isinstance(after, ast.FormattedValue)
        and _ANY_PART.search(str(before.value))
        for before, after in itertools.pairwise(node.values)
    )


def _is_call_to_provider(module: Module, call: ast.Call) -> bool:
    names = module.names(call.func)
    if any(CREATES.search(name) for name in names):
        return True
    last = {name.rpartition(".")[2] for name in names}
    if any(_PROVIDERS.search(name) for name in names):
        return not all(name[:1].isupper() and name.endswith("Error") for name in last)
    if not any(_REQUESTS.search(name) for name in names):
        return False
    texts = [module.text_of(argument) or _start(module, argument) for argument in call.args[:3]]
    return any(text is not None and _ADDRESSES.search(text) for text in texts)


def _start(module: Module, node: ast.expr) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else module.text_of(getattr(part, "value", None)) or ""
            for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return (module.text_of(node.left) or "") + (module.text_of(node.right) or "")
    return None


def _card_data(module: Module, context: Context, call: ast.Call) -> str | None:
    arguments = module.arguments(call)
    flat = {key for key in arguments if not key.isdigit()}
    if _is_pair(flat) or flat & _CODES:
        return "a card's number or code is an argument of a call to the provider"
    for key, values in arguments.items():
        for value in values:
            if reason := _in_value(module, context, key, value, 0):
                return reason
    return None


def _in_value(module: Module, context: Context, key: str, value: ast.expr, depth: int) -> str | None:
    if depth > 5:
        return None
    entries = module.entries(value)
    keys = set(entries)
    if _is_pair(keys) or keys & _CODES or any(map(_NESTED.search, keys)):
        return "a mapping with a card's number or code goes to the provider"
    if key in _PASSED and entries.get("number"):
        return f"'{key}' with a number goes to the provider"
    for inner, values in entries.items():
        for each in values:
            if reason := _in_value(module, context, inner, each, depth + 1):
                return reason
    if key in _PASSED and (_is_not_token(value) or _is_unseen(module, value, entries)):
        return f"'{key}' of a call to the provider is no token"
    return None


def _is_unseen(module: Module, value: ast.expr, entries: Mapping[str, object]) -> bool:
    """A parameter that says `card` or is a whole mapping, handed on as it came: nobody can see that it is a token."""
    if entries or not isinstance(value, ast.Name):
        return False
    bound = module.bound(value)
    if bound is None or not isinstance(bound[0], FunctionNode) or bound[1]:
        return False
    arguments = bound[0].args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    annotation = next((each.annotation for each in listed if each.arg == value.id), None)
    is_mapping = annotation is not None and bool(re.match(r"(?:dict|Mapping|Any)\b", ast.unparse(annotation)))
    return is_mapping or (arguments.kwarg is not None and arguments.kwarg.arg == value.id)


def _is_not_token(value: ast.expr) -> bool:
    """`card=` of a provider takes a token's id; a variable that is named after card data is none."""
    names = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(value) if isinstance(each, ast.Attribute)
    }
    cards = {card_name(name) for name in names}
    return bool(cards & {Card.NUMBER, Card.CODE}) or bool(
        names & {"card_data", "card_dict", "raw_card", "card_details", "card_form"}
    )


def _is_card(module: Module, node: ast.Dict) -> str | None:
    """A display such as {"number": …, "exp_month": …, "cvc": …} is card data wherever it goes."""
    keys = {text for key in node.keys if key is not None and (text := module.text_of(key))}
    if any(map(_NESTED.search, keys)):
        return "a mapping names a card's number as the provider's API does"
    if any(_holds_number(module, key, value) for key, value in zip(node.keys, node.values, strict=True)):
        return "a mapping holds a card with its number"
    if not _is_pair(keys):
        return None
    values = [value for value in node.values if not isinstance(value, (ast.Dict, ast.List))]
    if all(
        isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, bool))
        for value in values
    ):
        return None
    return "a mapping holds a card's number and code"


def _holds_number(module: Module, key: ast.expr | None, value: ast.expr) -> bool:
    """{"card": {"number": …}}"""
    if key is None or module.text_of(key) not in _PASSED or not isinstance(value, ast.Dict):
        return False
    return any(module.text_of(each) == "number" for each in value.keys if each is not None)


def _is_pair(keys: set[str]) -> bool:
    plain = {"_".join(words_of(key.rpartition("[")[2])) for key in keys}
    numbers = plain & {"_".join(words_of(each)) for each in _NUMBERS}
    codes = plain & {"_".join(words_of(each)) for each in _CODES}
    expiries = {each for each in plain if card_name(each) is Card.EXPIRY}
    named = {each for each in plain if card_name(each) is Card.NUMBER}
    expiries_of_card = plain & {"expire", "expires", "expiry", "exp", "expiration"}
    return bool((numbers and (codes or expiries)) or (named and (codes or expiries or expiries_of_card)))
