"""HK210: what is pressed is gathered piece by piece, or what is typed is laid where other scripts read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...finding import Finding
from .collecting import KEYS, SENDS, is_listened_to
from .script import Script
from .tokens import Token

_PRESSES = frozenset({"click", "pointerdown", "pointerup", "mousedown", "mouseup", "touchstart", "touchend"})
_OF_KEYS = ("key", "code", "keyCode", "which", "charCode", "data")
_OF_PRESSES = ("dataset", "textContent", "innerText", "getAttribute", "ariaLabel")
_ADDS = ("push", "unshift", "concat")
_COUNTS = ("Number", "parseInt", "parseFloat", "BigInt")
_GLOBAL = ("window", "self", "globalThis")
_LEADS = ("location", "history", "cookie", "localStorage", "sessionStorage", "indexedDB", "requestSubmit")
_LISTENERS = frozenset(
    {
        *(
            "gtag",
            "dataLayer",
            "ga",
            "_gaq",
            "_paq",
            "fbq",
            "ttq",
            "twq",
            "hj",
            "clarity",
            "heap",
            "mixpanel",
        ),
        *("amplitude", "posthog", "plausible", "analytics", "Sentry", "newrelic", "DD_RUM", "Bugsnag"),
    }
)
"""What the scripts of those who measure pages are called by."""


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """window.dataLayer.push(field.value), gtag("event", field.value), window.last = field.value."""
    is_member = script.at(at - 1).is_op(".")
    if token.is_name(*_GLOBAL) and script.at(at + 1).is_op(".") and not is_member:
        at += 2
        is_set = script.at(at + 1).is_op("=", "||=", "??=") and _is_read(script, script.statement(at + 2))
    elif token.value in _LISTENERS and not is_member:
        is_set = False
    else:
        return
    method = script.at(at + 2)
    is_told = script.at(at + 1).is_op(".") and script.at(at + 3).is_op("(")
    given = script.group(at + 3) if is_told else script.group(at + 1) if script.at(at + 1).is_op("(") else []
    hears = script.at(at).value in _LISTENERS or (is_told and method.is_name(*_ADDS))
    if is_set or (hears and _is_read(script, given)):
        yield script.found(
            token, "HK210", f"what is typed is laid in {script.at(at).value}, for any script of the page"
        )


def _is_read(script: Script, tokens: Sequence[Token]) -> bool:
    """Whether a field is read here; `value: 3` is a name for something else."""
    for place, token in enumerate(tokens):
        after = tokens[place + 1] if place + 1 < len(tokens) else token
        if token.is_name("value", "FormData", *script.typed) and not after.is_op(":"):
            return True
        if any(hole.is_name("value", "FormData", *script.typed) for hole in token.holes):
            return True
    return False


def of_script(script: Script) -> Iterator[Finding]:
    """Keys that are put together; and digits of buttons, in a script that sends them or leads on."""
    for kinds, pieces, must_go in ((KEYS, _OF_KEYS, False), (_PRESSES, _OF_PRESSES, True)):
        leaves = script.names & SENDS or script.names & set(_LEADS)
        if not _listens(script, kinds) or (must_go and not leaves):
            continue
        places = {at for start, end in set(_handlers(script, kinds)) for at in range(start, end)}
        for at in sorted(places):
            if _gathers(script, at, pieces):
                yield script.found(script.at(at), "HK210", "what is pressed is gathered, piece by piece")


def _listens(script: Script, kinds: frozenset[str]) -> bool:
    return bool(script.strings & kinds) or any(f"on{kind}" in script.names for kind in kinds)


def _handlers(script: Script, kinds: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where what is done at an event stands; anywhere, where a listener is a function of a name."""
    for at, token in enumerate(script.tokens):
        if token.kind == "string" and token.value in kinds and is_listened_to(script, at):
            group = script.group(at - 1) if script.at(at - 1).is_op("(") else []
            is_here = any(each.is_op("=>") or each.is_name("function") for each in group)
            yield (at, at + len(group)) if is_here else (0, len(script.tokens))
        elif token.kind == "name" and token.value.removeprefix("on") in kinds and token.value[:2] == "on":
            yield at, at + 80


def _gathers(script: Script, at: int, pieces: tuple[str, ...]) -> bool:
    """held += key, held = held + key, held = `${held}${key}`, held.push(key): no sum of numbers."""
    token, before = script.at(at), script.at(at - 1)
    if token.is_op("+="):
        given: Sequence[Token] = script.statement(at + 1)
    elif token.is_op("=") and before.kind == "name" and _holds(script.statement(at + 1), before.value):
        given = script.statement(at + 1)
    elif token.is_name(*_ADDS) and before.is_op(".") and script.at(at + 1).is_op("("):
        given = script.group(at + 1)
    else:
        return False
    is_sum = any(each.is_name(*_COUNTS) for each in given) or (bool(given) and given[0].is_op("+", "-"))
    return not is_sum and _holds(given, *pieces)


def _holds(tokens: Sequence[Token], *names: str) -> bool:
    return any(each.is_name(*names) or any(hole.is_name(*names) for hole in each.holes) for each in tokens)
