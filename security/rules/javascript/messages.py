"""HK409: messages between windows without an origin, and windows that keep a hold of each other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from ...finding import Finding
from .script import Script
from .tokens import Token
from .typed_text import is_typed

_OWN = ("window", "self", "globalThis", "top", "parent", "view", "ownerDocument")
_SAFE_TARGETS = frozenset({"_self", "_top", "_parent", "_blank", ""})


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """postMessage(data, "*"), and listeners that ask for no origin."""
    after = script.at(at + 1)
    if token.is_name("origin") and _is_compared_in_part(script, at):
        yield script.found(
            token, "HK409", "an origin is compared in part: another host may have that part too"
        )
    if token.value == "postMessage" and after.is_op("("):
        if any(each.value == "*" and each.kind == "string" for each in script.group(at + 1)):
            yield script.found(token, "HK409", "a message is sent to whoever is there")
        if is_typed(script.group(at + 1), script.typed):
            yield script.found(token, "HK210", "what is typed is told to another window or worker")
    elif token.value == "addEventListener" and after.is_op("(") and script.at(at + 2).value == "message":
        if _is_window(script, at) and not _knows_origin(script, script.group(at + 1)):
            yield script.found(token, "HK409", "a message is taken from whoever sends it")
    elif token.value == "onmessage" and after.is_op("=") and _is_window(script, at):
        known = _knows_origin(script, script.tokens[at : at + 120])
        if not known:
            yield script.found(token, "HK409", "a message is taken from whoever sends it")


_PARTS = ("includes", "startsWith", "endsWith", "indexOf", "lastIndexOf", "search", "match", "matchAll")


def _is_compared_in_part(script: Script, at: int) -> bool:
    """origin.includes("…"), "https://…".includes(origin), /…/.test(origin) without both ends."""
    if script.at(at + 1).is_op(".", "?.") and script.at(at + 2).is_name(*_PARTS):
        return True
    start = at
    while script.at(start - 1).is_op(".", "?.") and script.at(start - 2).kind == "name":
        start -= 2
    asks, owner = script.at(start - 2), script.at(start - 4)
    if not (script.at(start - 1).is_op("(") and script.at(start - 3).is_op(".", "?.")):
        return False
    if asks.is_name("test", "exec") and owner.kind == "regex":
        return not re.match(r"/\^(?!.*(?<!\\)\|).*\$/\w*$", owner.value)
    return asks.is_name(*_PARTS) and owner.kind == "string"


def of_script(script: Script) -> Iterator[Finding]:
    """A window that was opened here and is looked into, and the page that opened this one."""
    opens = any(
        token.is_name("open") and script.at(at + 1).is_op("(") and _is_window(script, at)
        for at, token in enumerate(script.tokens)
    )
    for at, token in enumerate(script.tokens):
        after = script.at(at + 1)
        if token.is_name("opener") and not after.is_op("="):
            yield script.found(token, "HK409", "the page that opened this one is reached for")
        elif opens and token.is_name("document", "location") and script.at(at - 1).is_op(".", "?."):
            if not script.at(at - 2).is_name(*_OWN):
                yield script.found(token, "HK409", "a window that was opened here is looked into")
        elif token.is_name("target") and _is_named_window(script, at):
            yield script.found(token, "HK409", "what is sent or opened goes to a window by its name")


def _is_named_window(script: Script, at: int) -> bool:
    is_set = script.at(at - 1).is_op(".") and script.at(at + 1).is_op("=")
    return is_set and script.at(at + 2).value not in _SAFE_TARGETS


def _is_window(script: Script, at: int) -> bool:
    owner = script.at(at - 2)
    return not script.at(at - 1).is_op(".") or owner.is_name("window", "self", "globalThis", "top", "parent")


def _asks(tokens: list[Token]) -> bool:
    """Whether an origin or the window that sent is asked for: `event.source`, `{ data, source }`; no other thing of
    that name."""
    return any(
        token.is_name("origin") or (token.is_name("source") and before.is_op(".", "?.", "{", ","))
        for before, token in itertools.pairwise(tokens)
    )


def _knows_origin(script: Script, tokens: list[Token]) -> bool:
    if _asks(tokens):
        return True
    called = {token.value for token in tokens if token.kind == "name"}
    for at, token in enumerate(script.tokens):
        defines = token.is_name("function") or (
            script.at(at + 2).is_op("=") and token.is_name("const", "let", "var")
        )
        if defines and script.at(at + 1).value in called and _asks(script.tokens[at : at + 150]):
            return True
    return False
