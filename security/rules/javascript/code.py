"""HK406: code that is made or loaded at run time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Finding
from .script import Script
from .tokens import Token

_LOADS = frozenset({"script", "iframe", "object", "embed", "frame", "link", "base", "portal"})
_PAGE_TEXTS = (
    *(
        "dataset",
        "textContent",
        "innerText",
        "value",
        "innerHTML",
        "getAttribute",
        "hash",
        "search",
        "nodeValue",
    ),
    *("text", "responseText", "response", "content", "cookie", "referrer", "title"),
)
"""What is a text wherever it comes from, and no function."""
_TIMERS = frozenset(
    {"setTimeout", "setInterval", "setImmediate", "execScript", "queueMicrotask", "requestIdleCallback"}
)


_UNPACKS = frozenset({"atob", "decodeURIComponent", "decodeURI", "unescape", "fromCharCode", "TextDecoder"})
"""What makes a text out of another one that nobody can read."""


def of_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """Addresses that are code, and elements that load it."""
    if re.match(r"[\x00-\x20]*javascript:", re.sub(r"[\t\n\r]", "", token.value), re.IGNORECASE):
        yield script.found(token, "HK406", "code stands in an address")
    if script.callee(at) in {"createElement", "createElementNS"} and token.value.lower() in _LOADS:
        yield script.found(token, "HK406", f"a <{token.value.lower()}> is made at run time")


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """eval and its like, workers, imports, document.write."""
    name, before, after = token.value, script.at(at - 1), script.at(at + 1)
    if name == "eval" and not after.is_op(":"):
        yield script.found(token, "HK406", "eval runs a text as code")
    elif _makes_functions(script, at, token):
        yield script.found(token, "HK406", "a function is made of a text")
    elif name in {"importScripts", "Worklet", "addModule"} or (
        name in {"Worker", "SharedWorker"}
        and (before.is_name("new") or (before.is_op(".") and after.is_op("(")))
    ):
        yield script.found(token, "HK406", f"{name} loads code at run time")
    elif name == "register" and "serviceWorker" in script.names | script.strings:
        yield script.found(token, "HK406", "a service worker may change every page")
    elif name == "import" and after.is_op("("):
        if not re.match(r"^\.{0,2}/(?!/)", script.at(at + 2).value) or script.at(at + 2).kind != "string":
            yield script.found(token, "HK406", "code is loaded from an address that may vary")
    elif name in {"write", "writeln"} and script.at(at - 2).is_name("document") and after.is_op("("):
        yield script.found(token, "HK406", "document.write changes the page while it loads")
    elif why := _another_script(script, at, token):
        yield script.found(token, "HK406", why)
    elif name in _TIMERS and _runs_a_text(script, at):
        yield script.found(token, "HK406", f"{name} runs a text as code")


def _is_told(script: Script, at: int) -> bool:
    """Whether the name of a global is a text of the page, of its address or of a message."""
    return any(each.is_name(*_PAGE_TEXTS, "location", "URLSearchParams", "data") for each in script.group(at))


def _another_script(script: Script, at: int, token: Token) -> str | None:
    """An element that loads code, made by another name or as another's copy; a function that the page names."""
    after = script.at(at + 1)
    if token.is_name("window", "self", "globalThis") and after.is_op("[") and _is_told(script, at + 1):
        return "the page or its address says which function is called"
    if token.is_name("createElement", "createElementNS") and not after.is_op("("):
        return f"{token.value} is put away, to make any element by another name"
    if token.is_name("cloneNode", "importNode"):
        return _copied(script)
    return None


def _copied(script: Script) -> str | None:
    if any(re.search(r"(?:^|[\s>+~,(])i?frame\b", text) for text in script.strings):
        return "a frame is copied: what is typed into the other one goes elsewhere"
    if _knows_scripts(script):
        return "a script's element is copied"
    return None


def _knows_scripts(script: Script) -> bool:
    if script.names & {"scripts", "currentScript"}:
        return True
    return any(re.match(r"script\b", text) for text in script.strings)


def _makes_functions(script: Script, at: int, token: Token) -> bool:
    """Function by its name, or as the constructor of any function: called here, or put away for later."""
    before, after, owner = script.at(at - 1), script.at(at + 1), script.at(at - 2)
    if token.is_name("Function", "AsyncFunction", "GeneratorFunction"):
        is_global = not before.is_op(".", "?.") or owner.is_name("window", "self", "globalThis")
        is_asked = before.is_name("instanceof", "class") or after.is_op(".", ":", "===", "!==")
        return before.is_name("new") or (is_global and not is_asked)
    if not token.is_name("constructor"):
        return False
    if before.is_op("{", ","):  # const { constructor: make } = work
        return after.is_op(":", ",", "}")
    compares = ("===", "!==", "==", "!=")
    is_compared = after.is_op(*compares) or script.at(at - 3).is_op(*compares)
    is_named = after.is_op(".", "?.") and script.at(at + 2).is_name("name")
    return before.is_op(".", "?.") and not (owner.is_name("this", "super") or is_compared or is_named)


def _runs_a_text(script: Script, at: int) -> bool:
    """A timer that is given a text; or one that is put away for later, in a script that unpacks texts."""
    if script.at(at + 1).is_op("("):
        return _is_a_text(script, at + 1)
    is_key = script.at(at + 1).is_op(":") or script.at(at - 1).is_name("typeof", "function")
    return bool(script.names & _UNPACKS) and not is_key


def _is_a_text(script: Script, at: int) -> bool:
    """Whether the first argument is a text, written there or of the page (box.dataset.code), and no function."""
    if script.at(at + 1).kind in {"string", "template"}:
        return True
    group = script.group(at)
    called = next(
        (place for place, each in enumerate(group[1:], 1) if each.kind == "op" and each.value != "."), 1
    )
    if group[called].is_op("(") and group[called - 1].is_name(*_UNPACKS):
        return True  # atob(…), window.atob(…), String.fromCharCode(…)
    ends = next((place for place, each in enumerate(group) if each.is_op(",")), len(group) - 1)
    return any(each.is_name(*_PAGE_TEXTS) for each in group[max(1, ends - 3) : ends])
