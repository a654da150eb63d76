"""HK210: a skimmer's shape: what is typed is listened to, and is kept or sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Finding
from .script import Script
from .tokens import Token
from .typed_text import is_typed, names_of_typed, reads_any_field, sends_elsewhere

KEYS = frozenset({"keydown", "keyup", "keypress", "beforeinput"})
_TYPED = frozenset(
    {
        *KEYS,
        "input",
        "change",
        "blur",
        "submit",
        "paste",
        "focusout",
        "click",
        "pagehide",
        "beforeunload",
        "visibilitychange",
        "copy",
    }
)
SENDS = frozenset(
    {
        "fetch",
        "XMLHttpRequest",
        "fetchLater",
        "sendBeacon",
        "WebSocket",
        "EventSource",
        "RTCPeerConnection",
        "WebTransport",
        "Image",
        "BroadcastChannel",
    }
)
_QUIET_SENDS = frozenset(
    {
        "fetchLater",
        "sendBeacon",
        "WebSocket",
        "RTCPeerConnection",
        "WebTransport",
        "Image",
        "EventSource",
        "BroadcastChannel",
    }
)
_KEY_NAMES = ("key", "value", "code", "keyCode", "which", "charCode", "data")
_STORES = frozenset(
    {
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "caches",
        "cookieStore",
        "sharedStorage",
        "openDatabase",
        "getDirectory",
        "showSaveFilePicker",
    }
)
_REPLACED = frozenset({"fetch", "Stripe", "XMLHttpRequest", "WebSocket", "FormData"})
_HANDS_ON = (
    *("Blob", "File", "setData"),
    *("share", "Notification", "SpeechSynthesisUtterance", "reportError"),
)
"""Calls after which others have what they are given: a file, another program, whoever hears of faults."""
_FAULTS = ("Error", "TypeError", "RangeError", "AggregateError")
_DEFINES = (
    "defineProperty",
    "defineProperties",
    "assign",
    "setPrototypeOf",
    "__defineGetter__",
    "__defineSetter__",
)
_LOADING = ("src", "srcset", "poster", "background", "ping", "attributionSrc")
_ADDRESS_BAR = frozenset({"replaceState", "pushState"})


def of_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """createElement("form") in a script that submits."""
    if script.callee(at) == "createElement" and token.value.lower() == "form" and "submit" in script.names:
        yield script.found(token, "HK210", "a form is made and sent by script")


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """The browser's or the provider's own functions, put away for others through which what is sent passes."""
    before, after = script.at(at - 1), script.at(at + 1)
    owner = script.at(at - 2)
    is_global = before.is_op(".") and owner.is_name("window", "self", "globalThis")
    of_kind = before.is_op(".") and owner.is_name("prototype")
    if after.is_op("=") and ((token.value in _REPLACED and is_global) or of_kind):
        yield script.found(token, "HK210", f"{token.value} is replaced: what is sent passes through here")
    elif token.is_name("read", "readText") and owner.is_name("clipboard"):
        yield script.found(token, "HK210", "what was copied elsewhere is read")
    elif token.is_name("get") and owner.is_name("credentials") and _asks_for_password(script, at):
        yield script.found(token, "HK210", "the browser is asked for a password that it keeps")
    elif token.is_name(*_LOADING) and before.is_op(".") and after.is_op("=", "+="):
        if is_typed(script.statement(at + 2), script.typed):
            yield script.found(token, "HK210", "what is typed is put into an address that is loaded")
    elif token.is_name(*_DEFINES) and after.is_op("(") and (replaced := _redefined(script, at)):
        yield script.found(token, "HK210", f"{replaced} is replaced")


def _redefined(script: Script, at: int) -> str | None:
    """What gets another meaning for every script of the page: a function, or a member of all elements of a kind."""
    kind, dot, proto = (script.at(place) for place in range(at + 2, at + 5))
    for each in (proto, script.at(at + 6)):
        if each.value in _REPLACED:
            return each.value
    is_own = kind.value in script.declared
    if dot.is_op(".") and proto.is_name("prototype") and kind.value[:1].isupper() and not is_own:
        return f"a member of {kind.value}"
    said = script.group(at + 1)[:5]
    return (
        "a field's value" if any(each.kind == "string" and each.value == "value" for each in said) else None
    )


def _asks_for_password(script: Script, at: int) -> bool:
    return any(each.is_name("password", "federated") for each in script.group(at + 1))


def of_script(script: Script) -> Iterator[Finding]:
    """What shows in no single place: what is typed is listened to here, and goes somewhere there."""
    listens = [
        token
        for at, token in enumerate(script.tokens)
        if token.kind == "string" and token.value in _TYPED and is_listened_to(script, at)
    ]
    listens += [
        token
        for token in script.tokens
        if token.kind == "name" and token.value.removeprefix("on") in _TYPED and token.value.startswith("on")
    ]
    keys = [token for token in listens if token.value.removeprefix("on") in KEYS]
    reads = bool(script.names & {"value", "FormData", "clipboardData", "key", "elements", "data"})
    if keys and script.names & SENDS and _takes_keys(script):
        yield script.found(keys[0], "HK210", "keys are listened to in a script that sends")
    elif (
        reads
        and (quiet := _QUIET_SENDS & script.names - _harmless(script))
        and (listens or script.names & {"FormData", "value"})
    ):
        first = next(token for token in script.tokens if token.value in quiet)
        yield script.found(first, "HK210", f"what is typed may leave by {first.value}")
    if "clipboardData" in script.names and script.names & SENDS:
        first = next(token for token in script.tokens if token.value == "clipboardData")
        yield script.found(first, "HK210", "what is pasted is read in a script that sends")
    if "setInterval" in script.names and "value" in script.names and script.names & SENDS:
        first = next(token for token in script.tokens if token.value == "setInterval")
        yield script.found(first, "HK210", "fields are read again and again in a script that sends")
    if script.names & SENDS and (anything := reads_any_field(script.tokens)):
        yield script.found(anything, "HK210", "whatever field there is, is read in a script that sends")
    if reads and listens and (console := _console_by_another_name(script)):
        yield script.found(
            console, "HK210", "the console has another name in a script that reads what is typed"
        )
    if script.names & SENDS and (getter := _getter(script)):
        yield script.found(
            getter, "HK210", "the getter of every field's value is taken in a script that sends"
        )
    if script.names & SENDS and (page := _whole_page(script)):
        yield script.found(page, "HK210", "the page as it stands is read in a script that sends")
    if elsewhere := sends_elsewhere(script.tokens):
        yield script.found(elsewhere, "HK210", "a form's values are sent to another address than the form's")
    yield from _kept(script, is_keyed=bool(keys))


def _harmless(script: Script) -> frozenset[str]:
    """BroadcastChannel, where each message is a constant or what the server answered."""
    said = [script.group(at + 1) for at, token in enumerate(script.tokens) if token.is_name("postMessage")]
    answers = _answers(script)
    told = [_roots(tokens) for tokens in said]
    return frozenset({"BroadcastChannel"}) if all(roots <= answers for roots in told) else frozenset()


def _roots(tokens: list[Token]) -> set[str]:
    """The names that an argument begins with: neither the keys of an object nor members."""
    roots = set()
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.kind == "name" and not (after.is_op(":") or before.is_op(".", "?.")):
            roots.add(token.value)
        roots |= {hole.value for hole in token.holes if hole.kind == "name"}
    return roots


def _answers(script: Script) -> set[str]:
    """The names of answers: `.then((data) => …)` and `data = await answer.json()`."""
    names = {"true", "false", "null"}
    for at, token in enumerate(script.tokens):
        if token.is_name("then") and script.at(at + 1).is_op("("):
            place = at + 3 if script.at(at + 2).is_op("(") else at + 2
            names |= {script.at(place).value} if script.at(place).kind == "name" else set()
        elif token.is_name("json") and any(script.at(place).is_name("await") for place in range(at - 3, at)):
            start = next((place for place in range(at, max(0, at - 6), -1) if script.at(place).is_op("=")), 0)
            names |= {script.at(start - 1).value} if start else set()
    return names


def _console_by_another_name(script: Script) -> Token | None:
    """`const { log } = console`, `const log = console.log`, `tell(console.log)`."""
    for at, token in enumerate(script.tokens):
        method = script.at(at + 1).is_op(".")
        if token.is_name("console") and not script.at(at + 3 if method else at + 1).is_op("(", "."):
            return token
    return None


def _getter(script: Script) -> Token | None:
    """What reads the value of any field, taken off the kind of element."""
    for at, token in enumerate(script.tokens):
        if token.is_name("getOwnPropertyDescriptor", "getOwnPropertyDescriptors", "__lookupGetter__"):
            said = [script.at(at - 2), *script.group(at + 1)]
            is_field = any(
                re.fullmatch(r"HTML(?:Input|TextArea|Select|)Element", each.value) for each in said
            )
            if is_field or any(each.kind == "string" and each.value == "value" for each in said):
                return token
    return None


def _whole_page(script: Script) -> Token | None:
    """Where the HTML of what is shown is read: outerHTML that is not set, or what writes elements out."""
    for at, token in enumerate(script.tokens):
        is_read = token.is_name("outerHTML") and not script.at(at + 1).is_op("=", "+=")
        if is_read or token.is_name("XMLSerializer"):
            return token
    return None


def is_listened_to(script: Script, at: int) -> bool:
    """By its own word, or as one of a list where listeners are put on by a variable."""
    if script.callee(at) == "addEventListener":
        return True
    return script.listens_by_variable and script.at(at - 1).is_op("[", ",", ":")


def _takes_keys(script: Script) -> bool:
    """Whether a key is more than compared: `e.key === "Escape"` closes a box, and tells nothing of what is typed."""
    places = [place for start, end in _key_handlers(script) for place in range(start, end)]
    return any(script.at(place).is_name(*_KEY_NAMES) and not _is_compared(script, place) for place in places)


def _key_handlers(script: Script) -> list[tuple[int, int]]:
    """Where what is done at a key stands: in the call itself, or anywhere in the script."""
    found = []
    for at, token in enumerate(script.tokens):
        if token.is_name("addEventListener") and script.at(at + 2).value in KEYS:
            group = script.group(at + 1)
            if any(each.is_op("=>") or each.is_name("function") for each in group):
                found.append((at, at + len(group)))
    others = [token for token in script.tokens if token.value.removeprefix("on") in KEYS]
    return found if found and len(found) == len(others) else [(0, len(script.tokens))]


def _is_compared(script: Script, at: int) -> bool:
    return script.at(at + 1).is_op("===", "!==", "==", "!=") or (
        script.at(at + 1).is_op(")") and script.at(at - 4).is_name("switch")
    )


def _kept(script: Script, *, is_keyed: bool) -> Iterator[Finding]:
    """What is typed and put where it stays, or where others read it."""
    held = names_of_typed(script.tokens, tuple(_STORES))
    for at, token in enumerate(script.tokens):
        if is_keyed and token.is_name("location", "href") and _builds_an_address(script, at):
            yield script.found(token, "HK210", "keys are listened to, and an address is put together")
        elif _is_fault(script, at) and is_typed(script.group(at + 1), frozenset()):
            yield script.found(token, "HK210", "what is typed is in a fault's text")
        elif _writes(script, at) and _says(script, at, "value", "FormData"):
            yield script.found(token, "HK210", f"what is typed is written by {token.value}")
        elif _stores(script, at, held) and _says(script, at, *_TAKEN):
            yield script.found(token, "HK210", f"what is typed is kept in {token.value}")
        elif _is_jar(script, at) and _says(script, at, "value", "FormData", "key", "code"):
            yield script.found(token, "HK210", f"what is typed is kept in the browser's {token.value}")


_TAKEN = ("value", "FormData", "elements", "key", "getSelection")
_PUTS = ("put", "add", "set", "setItem", "write", "append")


def _is_fault(script: Script, at: int) -> bool:
    return script.at(at).is_name(*_FAULTS) and script.at(at + 1).is_op("(")


def _says(script: Script, at: int, *names: str) -> bool:
    """Whether the statement from here holds what is typed, by itself or by a name that was given it."""
    return is_typed(script.statement(at), script.typed, names)


def _writes(script: Script, at: int) -> bool:
    token, after, member = script.at(at), script.at(at + 1), script.at(at + 2)
    made = token.is_name(*_HANDS_ON) and after.is_op("(")
    made |= token.is_name("CustomEvent") and after.is_op("(") and bool(script.names & SENDS)
    leads = token.is_name("location") and after.is_op(".") and member.is_name("assign", "replace")
    return (
        made
        or leads
        or token.value in _ADDRESS_BAR
        or (token.is_name("console") and script.at(at + 1).is_op("."))
    )


def _stores(script: Script, at: int, held: frozenset[str]) -> bool:
    """A store of the browser, or a name that something was opened by for keeping."""
    token = script.at(at)
    if token.kind != "name" or token.value in _STORES:
        return token.kind == "name"
    opened = token.value in held and script.at(at + 1).is_op(".", "?.")
    return opened and any(each.is_name(*_PUTS) for each in script.statement(at))


def _is_jar(script: Script, at: int) -> bool:
    """document.cookie and window.name, and what the history keeps: the page's title and the address's hash."""
    token, owner = script.at(at), script.at(at - 2)
    is_name = token.is_name("name") and owner.is_name("window", "self")
    is_title = token.is_name("title") and owner.is_name("document")
    is_hash = token.is_name("hash") and owner.is_name("location")
    return (token.is_name("cookie") or is_name or is_title or is_hash) and script.at(at + 1).is_op("=", "+=")


def _builds_an_address(script: Script, at: int) -> bool:
    after = script.at(at + 1)
    return after.is_op("=") and any(each.is_op("+") for each in script.statement(at + 1))
