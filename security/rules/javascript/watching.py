"""HK210, HK405: a script that watches the page or the browser, and elements that are given what acts by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Finding
from .collecting import SENDS
from .script import Script
from .tokens import MARK, Token
from .typed_text import is_typed

_REPORTS = ("ReportingObserver",)
_CHANGES = ("MutationObserver",)
_OF_TEXT = frozenset(
    {"characterData", "characterDataOldValue", "nodeValue", "value", "textContent", "innerText"}
)
_LOADED = frozenset({"src", "srcset", "poster", "background", "href", "xlink:href", "data", "attributionsrc"})
_PAGE_TEXT = ("textContent", "innerText", "nodeValue", "value", "FormData", "getSelection")
_LEAVES = SENDS | {"ping", "click", "location", "postMessage", "submit", "requestSubmit"}
_HANDLER = re.compile(rf"on(?:[a-z]{{3,}}$|{MARK})")


def of_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """setAttribute("onclick", …), setAttribute(`on${name}`, …): code in an attribute, whatever it says."""
    if script.callee(at) in {"setAttribute", "setAttributeNS", "createAttribute"}:
        is_name = script.at(at - 1).is_op("(", ",")
        if is_name and _HANDLER.match(token.value) and script.at(at + 1).is_op(",", ")"):
            yield script.found(token, "HK405", "a script gives an element an inline handler")


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """Links that tell an address of their own accord, and attributes that load what holds a text of the page."""
    name, given = script.at(at + 2), script.group(at + 1)
    by_call = token.is_name("setAttribute", "setAttributeNS")
    is_set = script.at(at - 1).is_op(".") and script.at(at + 1).is_op("=", "+=")
    if (token.is_name("ping") and is_set) or (by_call and name.value.lower() == "ping"):
        yield script.found(token, "HK210", "a link tells a further address of each press")
    elif by_call and name.value.lower() in _LOADED and _is_told(script, given):
        yield script.found(token, "HK210", "what stands in the page or is typed is put into an address")


def _is_told(script: Script, given: list[Token]) -> bool:
    return is_typed(given[2:], script.typed, _PAGE_TEXT)


def of_script(script: Script) -> Iterator[Finding]:
    """What the browser reports, what changes in the page's texts and what is marked there, in a script that sends."""
    if not script.names & _LEAVES:
        return
    sends = script.names & SENDS
    for token in script.tokens:
        if token.is_name(*_REPORTS):
            yield script.found(token, "HK210", "the browser's own reports are read in a script that sends")
        elif token.is_name(*_CHANGES) and script.names & _OF_TEXT:
            yield script.found(token, "HK210", "the page's texts are watched in a script that sends")
        elif sends and token.is_name("getSelection"):
            yield script.found(token, "HK210", "what is marked is read in a script that sends")
