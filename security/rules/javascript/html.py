"""HK408: HTML that a script writes and that may vary."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Finding
from .script import Script
from .tokens import Token

_WRITES = frozenset({"innerHTML", "outerHTML", "srcdoc"})
_WRITE_CALLS = frozenset(
    {
        "insertAdjacentHTML",
        "createContextualFragment",
        "parseFromString",
        "setHTMLUnsafe",
        "parseHTMLUnsafe",
        "html",
    }
)
_BY_NAME = frozenset(
    {"set", "defineProperty", "defineProperties", "getOwnPropertyDescriptor", "__lookupSetter__"}
)
_BORROWED = _WRITE_CALLS - {"html"}


def of_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """Reflect.set(box, "innerHTML", note)."""
    if token.value in _WRITES and script.callee(at) in _BY_NAME:
        yield script.found(token, "HK408", f"{token.value} is given what may vary")


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """innerHTML = note, insertAdjacentHTML(place, note), and policies that call any text safe."""
    after = script.at(at + 1)
    if token.value in _WRITES and after.is_op("=", "+=") and not script.is_constant(at + 2):
        yield script.found(token, "HK408", f"{token.value} is given what may vary")
    elif token.value in _WRITE_CALLS and after.is_op("(") and script.at(at - 1).is_op("."):
        first = _after_comma(script, at + 2) if token.value == "insertAdjacentHTML" else at + 2
        if not script.at(first).is_op(")") and not script.is_constant(first):
            yield script.found(token, "HK408", f"{token.value} is given what may vary")
    elif token.value in _BORROWED and not after.is_op("(", "===", "!=="):
        yield script.found(token, "HK408", f"{token.value} is put away, to be called by another name")
    elif token.value == "dangerouslySetInnerHTML":
        yield script.found(token, "HK408", "HTML that may vary is written")
    elif token.value in _WRITES and after.is_op(":") and not script.is_constant(at + 2):
        yield script.found(token, "HK408", f"{token.value} is given what may vary")
    elif token.value == "createPolicy" and after.is_op("("):
        yield script.found(token, "HK408", "a policy of trusted types says of any text that it is safe")


def _after_comma(script: Script, at: int) -> int:
    depth = 0
    for place in range(at, min(at + 60, len(script.tokens))):
        token = script.tokens[place]
        depth += token.is_op("(", "[", "{") - token.is_op(")", "]", "}")
        if token.is_op(",") and depth == 0:
            return place + 1
    return at
