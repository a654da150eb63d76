"""HK106, HK109, HK210, HK404 to HK410: what a page's own script does. Standard library alone.

Reads tokens, no tree: own scripts of a shop are small, and one that isn't plain is suspicious by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ..finding import Finding
from . import secret_keys, styles, templates
from .config import Config
from .tokens import MARK, Token, UnreadableScript, tokens_of
from .typed_text import is_typed, names_of_typed, reads_any_field, sends_elsewhere, statement
from .words import Card, card_label, card_name, cc_token, is_short_label, shows_a_card

__all__ = ["UnreadableScript", "check_text"]

_COMPARES = frozenset({"===", "==", "!==", "!="})
_LOOKS_UP = frozenset(
    {
        "create",
        "getElement",
        "mount",
        "on",
        "addEventListener",
        "getElementById",
        "querySelector",
        "querySelectorAll",
        "closest",
        "matches",
        "add",
        "remove",
        "toggle",
        "contains",
        "getElementsByClassName",
        "emit",
        "track",
        "includes",
        "startsWith",
        "endsWith",
        "indexOf",
        "t",
        "gettext",
        "has",
        "removeEventListener",
    }
)
_TEXTS = frozenset(
    {
        "placeholder",
        "ariaLabel",
        "title",
        "textContent",
        "innerText",
        "label",
        "name",
        "id",
        "autocomplete",
        "htmlFor",
        "nodeValue",
        "ariaPlaceholder",
    }
)
_HTML = re.compile(
    r"<\s*(?:input|textarea|select|form|iframe|script|object|embed|label|[a-z]+-[a-z-]+)\b", re.IGNORECASE
)
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
_LOADS = frozenset({"script", "iframe", "object", "embed", "frame", "link", "base", "portal"})
_KEYS = frozenset({"keydown", "keyup", "keypress", "beforeinput"})
_TYPED = frozenset(
    {
        *_KEYS,
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
_SENDS = frozenset(
    {
        "fetch",
        "XMLHttpRequest",
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
        "sendBeacon",
        "WebSocket",
        "RTCPeerConnection",
        "WebTransport",
        "Image",
        "EventSource",
        "BroadcastChannel",
    }
)
_STORES = frozenset({"localStorage", "sessionStorage", "indexedDB", "caches"})
_URL = re.compile(r"^\s*(?:(?:https?|wss?|ftp):)?//([\w.\-\[\]:@\ue000]+)", re.IGNORECASE)
_STYLE = re.compile(r"url\(|@import\b", re.IGNORECASE)
_REPLACED = frozenset({"fetch", "Stripe", "XMLHttpRequest", "WebSocket", "FormData"})
_TOKEN_MAKERS = frozenset(
    {"createToken", "createPaymentMethod", "createSource", "confirmCardPayment", "tokenize"}
)
_ADDRESS_BAR = frozenset({"replaceState", "pushState"})
_NAMESPACES = frozenset({"www.w3.org", "schema.org", "json-schema.org"})
_PAGE_TEXTS = ("dataset", "textContent", "innerText", "value", "innerHTML", "getAttribute", "hash", "search")
_TIMERS = frozenset(
    {"setTimeout", "setInterval", "setImmediate", "execScript", "queueMicrotask", "requestIdleCallback"}
)


def check_text(path: str, text: str, config: Config) -> list[Finding]:
    """The findings of one script. Raises UnreadableScript when it cannot be taken apart."""
    script = _Script(path, tokens_of(text), config)
    return sorted(dict.fromkeys(script.check()), key=lambda each: (each.line or 0, each.rule, each.message))


class _Script:
    def __init__(self, path: str, tokens: list[Token], config: Config) -> None:
        self._path, self._tokens, self._config = path, tokens, config
        self._names = {token.value for token in tokens if token.kind == "name"}
        self._strings = {token.value for token in tokens if token.kind == "string"}
        self._typed = names_of_typed(tokens)

    def check(self) -> Iterator[Finding]:
        for at, token in enumerate(self._tokens):
            if token.kind in {"string", "template"}:
                yield from self._text(at, token)
            elif token.kind == "name":
                yield from self._name(at, token)
        yield from self._collects()

    def _found(self, token: Token, rule: str, message: str) -> Finding:
        return Finding(self._path, token.line, rule, message)

    def _at(self, place: int) -> Token:
        return self._tokens[place] if 0 <= place < len(self._tokens) else Token("op", "", 0)

    def _callee(self, at: int) -> str:
        """The name of the call whose argument stands at `at`, "" when it is none."""
        depth, place = 0, at - 1
        while place >= 0 and at - place < 40:
            token = self._tokens[place]
            if token.is_op(")", "]", "}"):
                depth += 1
            elif token.is_op("(", "[", "{"):
                if depth == 0:
                    before = self._at(place - 1)
                    return before.value if token.is_op("(") and before.kind == "name" else ""
                depth -= 1
            elif token.is_op(";"):
                return ""
            place -= 1
        return ""

    def _text(self, at: int, token: Token) -> Iterator[Finding]:
        if _HTML.search(token.value):
            for each in templates.check_text(
                self._path, token.value.replace(MARK, "x"), self._config, fragment=True
            ):
                yield self._found(token, "HK106" if each.rule == "HK105" else each.rule, each.message)
        yield from self._field_text(at, token)
        yield from self._address(token)
        yield from self._loads_by_text(at, token)
        if re.match(r"\s*javascript:", token.value, re.IGNORECASE):
            yield self._found(token, "HK406", "code stands in an address")
        callee = self._callee(at)
        if token.value in _WRITES and callee in {"set", "defineProperty", "defineProperties"}:
            yield self._found(token, "HK408", f"{token.value} is given what may vary")
        for each in secret_keys.in_text(self._path, token.value, self._config):
            yield self._found(token, each.rule, each.message)
        if callee == "createElement" and token.value.lower() in _LOADS:
            yield self._found(token, "HK406", f"a <{token.value.lower()}> is made at run time")
        elif callee == "createElement" and token.value.lower() == "form" and "submit" in self._names:
            yield self._found(token, "HK210", "a form is made and sent by script")
        if token.value.lower() == "get" and (
            self._is_set(at, "method") or (callee == "setAttribute" and self._at(at - 2).value == "method")
        ):
            yield self._found(token, "HK109", "a form is sent by GET")

    def _loads_by_text(self, at: int, token: Token) -> Iterator[Finding]:
        """A style that asks for a file, an address that is put together: what is typed may be in it."""
        if _STYLE.search(token.value):
            for fault in styles.check_text(self._path, token.value, self._config):
                yield self._found(token, fault.rule, fault.message)
            if re.search(rf"url\([^)]*{MARK}", token.value) and "value" in self._names:
                yield self._found(token, "HK210", "a style asks for a file by what stands in a field")
        is_begun = token.value.endswith("?") and "/" in token.value and self._at(at + 1).is_op("+")
        if is_begun and is_typed(statement(self._tokens, at), self._typed):
            yield self._found(token, "HK210", "what is typed is put into an address")

    def _is_set(self, at: int, *names: str) -> bool:
        """Whether the text is assigned to a member of this name, or stands under it in an object."""
        return self._at(at - 1).is_op("=", ":", "+=", "||=", "??=") and self._at(at - 2).value in names

    def _field_text(self, at: int, token: Token) -> Iterator[Finding]:
        before, after = self._at(at - 1), self._at(at + 1)
        if (
            before.value in _COMPARES
            or after.value in _COMPARES
            or before.is_name("case")
            or token.kind != "string"
        ):
            return
        if self._callee(at) in _LOOKS_UP or (self._callee(at) == "createElement" and "-" not in token.value):
            return
        plain = token.value.strip()
        card = (
            card_name(plain) if re.fullmatch(r"[\w\-\[\]]{3,40}", plain) and plain.lower() != "pan" else None
        )
        in_text = self._is_set(at, *_TEXTS) or self._callee(at) in {
            "setAttribute",
            "createTextNode",
            "append",
            "attr",
            "prop",
            "Option",
        }
        if cc_token(plain) and re.fullmatch(r"[\w\s-]+", plain):
            yield self._found(token, "HK106", f"a field takes {cc_token(plain)}")
        elif card in {Card.NUMBER, Card.CODE} or (card and in_text) or (in_text and plain.lower() == "pan"):
            yield self._found(token, "HK106", f"'{plain}' names a {(card or Card.NUMBER).value}")
        elif in_text and shows_a_card(plain):
            yield self._found(token, "HK106", "a field shows a card number's groups")
        elif in_text and is_short_label(plain) and (label := card_label(plain)):
            yield self._found(token, "HK106", f"'{plain}' labels a {label.value}")
        elif self._callee(at) in {"append", "prepend", "replaceChildren"}:
            whole = "".join(each.value for each in self._neighbours(at))
            if is_short_label(whole) and (label := card_label(whole)):
                yield self._found(token, "HK106", f"'{whole}' labels a {label.value}")

    def _neighbours(self, at: int) -> list[Token]:
        """The texts beside this one among the arguments of a call, which a page shows as one."""
        first = at
        while self._at(first - 1).is_op(",") and self._at(first - 2).kind == "string":
            first -= 2
        found = [self._at(first)]
        while self._at(first + 1).is_op(",") and self._at(first + 2).kind == "string":
            first += 2
            found.append(self._at(first))
        return found

    def _address(self, token: Token) -> Iterator[Finding]:
        match = _URL.match(token.value)
        if match is None:
            return
        host = (
            (urlsplit("//" + match[1].replace(MARK, "x")).hostname or "") if MARK not in match[1][:1] else ""
        )
        if host in _NAMESPACES or ("." not in host and host not in {"", "x"}):
            return
        if not (self._config.is_provider(host) and token.value.strip().startswith("https:")):
            yield self._found(token, "HK410", f"the script names {host or 'another origin'}")

    def _name(self, at: int, token: Token) -> Iterator[Finding]:
        before, after = self._at(at - 1), self._at(at + 1)
        yield from self._member(token, before, after)
        yield from self._code(at, token, before, after)
        yield from self._html(at, token, after)
        yield from self._messages(at, token, after)
        yield from self._replaces(at, token, before, after)
        yield from self._raw_card(at, token, before, after)
        if (
            token.value.lower() == "contenteditable"
            and after.is_op("=")
            and self._at(at + 2).value.lower() in {"true", "plaintext-only", ""}
        ):
            yield self._found(token, "HK106", "a script makes a field of a page's text")
        if token.value.lower() == "maxlength" and after.is_op("=", ":"):
            yield from self._length(self._at(at + 2), token)
        if token.value == "setAttribute" and self._at(at + 2).value.lower() == "maxlength":
            yield from self._length(self._at(at + 4), token)

    def _replaces(self, at: int, token: Token, before: Token, after: Token) -> Iterator[Finding]:
        """The browser's or the provider's own functions, put away for others through which what is sent passes."""
        owner = self._at(at - 2)
        is_global = before.is_op(".") and owner.is_name("window", "self", "globalThis")
        of_kind = before.is_op(".") and owner.is_name("prototype")
        if after.is_op("=") and ((token.value in _REPLACED and is_global) or of_kind):
            yield self._found(token, "HK210", f"{token.value} is replaced: what is sent passes through here")
        elif token.is_name("defineProperty") and self._at(at + 4).value in _REPLACED:
            yield self._found(token, "HK210", f"{self._at(at + 4).value} is replaced")

    def _raw_card(self, at: int, token: Token, before: Token, after: Token) -> Iterator[Finding]:
        """Ways to the provider, or to the browser's own purse, by which a page gets hold of a number."""
        if token.value in _TOKEN_MAKERS and after.is_op("("):
            names = [each.value for each in self._group(at + 1) if each.kind == "name"]
            if "number" in names:
                yield self._found(token, "HK106", f"{token.value} is given a number by this page")
        elif token.is_name("PaymentRequest") and before.is_name("new"):
            yield self._found(token, "HK106", "the browser may hand a card's number to this page")

    def _length(self, value: Token, token: Token) -> Iterator[Finding]:
        if (
            value.value.isdigit()
            and int(value.value) in range(13, 24)
            and (self._names & {"inputMode", "inputmode"} or self._strings & {"inputmode", "numeric"})
        ):
            yield self._found(token, "HK106", "a field takes as many digits as a card has")

    def _member(self, token: Token, before: Token, after: Token) -> Iterator[Finding]:
        """form.cardNumber, { cvc: … }: members that hold card data; `pan` alone is a movement of fingers."""
        is_member = (
            before.is_op(".")
            or (after.is_op(":") and before.is_op("{", ","))
            or (after.is_op(",", "}") and before.is_op("{", ","))
        )
        if not is_member or token.value.lower() == "pan":
            return
        card = card_name(token.value)
        if card in {Card.NUMBER, Card.CODE}:
            yield self._found(token, "HK106", f"'{token.value}' holds a {card.value}")

    def _code(self, at: int, token: Token, before: Token, after: Token) -> Iterator[Finding]:
        name = token.value
        if name == "eval" and not after.is_op(":"):
            yield self._found(token, "HK406", "eval runs a text as code")
        elif (
            name in {"Function", "AsyncFunction", "GeneratorFunction"}
            and (before.is_name("new") or (after.is_op("(") and not before.is_op(".")))
        ) or (
            name == "constructor"
            and before.is_op(".")
            and after.is_op(".", "(")
            and (
                self._at(at + 2).value == "constructor"
                or (after.is_op("(") and self._at(at + 2).kind in {"string", "template"})
            )
        ):
            yield self._found(token, "HK406", "a function is made of a text")
        elif name in _TIMERS and after.is_op("(") and self._at(at + 2).kind in {"string", "template"}:
            yield self._found(token, "HK406", f"{name} runs a text as code")
        elif name in {"importScripts", "Worklet"} or (
            name in {"Worker", "SharedWorker"} and before.is_name("new")
        ):
            yield self._found(token, "HK406", f"{name} loads code at run time")
        elif name == "register" and "serviceWorker" in self._names | self._strings:
            yield self._found(token, "HK406", "a service worker may change every page")
        elif name == "import" and after.is_op("("):
            if not re.match(r"^\.{0,2}/(?!/)", self._at(at + 2).value) or self._at(at + 2).kind != "string":
                yield self._found(token, "HK406", "code is loaded from an address that may vary")
        elif name in {"write", "writeln"} and self._at(at - 2).is_name("document") and after.is_op("("):
            yield self._found(token, "HK406", "document.write changes the page while it loads")
        elif name in _TIMERS and after.is_op("(") and self._is_a_text(at + 1):
            yield self._found(token, "HK406", f"{name} runs a text as code")

    def _is_a_text(self, at: int) -> bool:
        """Whether the first argument is a text of the page: box.dataset.code, and no function."""
        group = self._group(at)
        ends = next((place for place, each in enumerate(group) if each.is_op(",")), len(group) - 1)
        return any(each.is_name(*_PAGE_TEXTS) for each in group[max(1, ends - 3) : ends])

    def _html(self, at: int, token: Token, after: Token) -> Iterator[Finding]:
        if token.value in _WRITES and after.is_op("=", "+=") and not self._is_constant(at + 2):
            yield self._found(token, "HK408", f"{token.value} is given what may vary")
        elif token.value in _WRITE_CALLS and after.is_op("(") and self._at(at - 1).is_op("."):
            first = self._after_comma(at + 2) if token.value == "insertAdjacentHTML" else at + 2
            if not self._at(first).is_op(")") and not self._is_constant(first):
                yield self._found(token, "HK408", f"{token.value} is given what may vary")
        elif token.value == "dangerouslySetInnerHTML":
            yield self._found(token, "HK408", "HTML that may vary is written")
        elif token.value in _WRITES and after.is_op(":") and not self._is_constant(at + 2):
            yield self._found(token, "HK408", f"{token.value} is given what may vary")
        elif token.value == "createPolicy" and after.is_op("("):
            yield self._found(token, "HK408", "a policy of trusted types says of any text that it is safe")
        elif token.value == "setAttribute" and self._at(at + 2).kind == "name" and self._makes_fields():
            yield self._found(token, "HK106", "an element gets whatever attributes data says")
        elif token.value == "assign" and self._at(at - 2).is_name("Object") and self._is_made(at + 2):
            yield self._found(token, "HK106", "an element becomes whatever data says, a field among others")

    def _makes_fields(self) -> bool:
        """Whether the script makes fields, or elements of a kind that it does not say."""
        kinds = [self._at(at + 2) for at, token in enumerate(self._tokens) if token.is_name("createElement")]
        return any(
            each.kind == "name" or each.value.lower() in {"input", "textarea", "select"} for each in kinds
        )

    def _is_made(self, at: int) -> bool:
        """Object.assign(element, data): an element of this script, and what it is given is nowhere to be read."""
        made, given = self._at(at), self._at(at + 2)
        if made.kind != "name" or given.kind != "name" or not self._at(at + 3).is_op(")"):
            return False
        return any(
            token.value == made.value
            and self._at(place + 1).is_op("=")
            and any(each.is_name("createElement") for each in self._statement(place)[:6])
            for place, token in enumerate(self._tokens)
        )

    def _is_constant(self, at: int) -> bool:
        token, after = self._at(at), self._at(at + 1)
        return token.kind == "string" and (after.is_op(";", ")", "}", ",", "") or after.line > token.line)

    def _after_comma(self, at: int) -> int:
        depth = 0
        for place in range(at, min(at + 60, len(self._tokens))):
            token = self._tokens[place]
            depth += token.is_op("(", "[", "{") - token.is_op(")", "]", "}")
            if token.is_op(",") and depth == 0:
                return place + 1
        return at

    def _messages(self, at: int, token: Token, after: Token) -> Iterator[Finding]:
        if token.value == "postMessage" and after.is_op("("):
            if any(each.value == "*" and each.kind == "string" for each in self._group(at + 1)):
                yield self._found(token, "HK409", "a message is sent to whoever is there")
        elif token.value == "addEventListener" and after.is_op("(") and self._at(at + 2).value == "message":
            if self._is_window(at) and not self._knows_origin(self._group(at + 1)):
                yield self._found(token, "HK409", "a message is taken from whoever sends it")
        elif token.value == "onmessage" and after.is_op("=") and self._is_window(at):
            known = self._knows_origin(self._tokens[at : at + 120])
            if not known:
                yield self._found(token, "HK409", "a message is taken from whoever sends it")

    def _is_window(self, at: int) -> bool:
        owner = self._at(at - 2)
        return not self._at(at - 1).is_op(".") or owner.is_name(
            "window", "self", "globalThis", "top", "parent"
        )

    def _knows_origin(self, tokens: list[Token]) -> bool:
        if any(token.is_name("origin", "source") for token in tokens):
            return True
        called = {token.value for token in tokens if token.kind == "name"}
        for at, token in enumerate(self._tokens):
            defines = token.is_name("function") or (
                self._at(at + 2).is_op("=") and token.is_name("const", "let", "var")
            )
            if (
                defines
                and self._at(at + 1).value in called
                and any(each.is_name("origin", "source") for each in self._tokens[at : at + 150])
            ):
                return True
        return False

    def _group(self, at: int) -> list[Token]:
        """The tokens from an opening bracket to its end."""
        depth = 0
        for place in range(at, len(self._tokens)):
            token = self._tokens[place]
            depth += token.is_op("(", "[", "{") - token.is_op(")", "]", "}")
            if depth == 0:
                return self._tokens[at : place + 1]
        return self._tokens[at:]

    def _collects(self) -> Iterator[Finding]:
        """A skimmer's shape: what is typed is listened to and goes somewhere, or is kept for later."""
        listens = [
            token
            for at, token in enumerate(self._tokens)
            if token.kind == "string" and token.value in _TYPED and self._callee(at) == "addEventListener"
        ]
        listens += [
            token
            for token in self._tokens
            if token.kind == "name"
            and token.value.removeprefix("on") in _TYPED
            and token.value.startswith("on")
        ]
        keys = [token for token in listens if token.value.removeprefix("on") in _KEYS]
        reads = bool(self._names & {"value", "FormData", "clipboardData", "key", "elements", "data"})
        if (
            keys
            and self._names & _SENDS
            and self._names & {"key", "value", "code", "keyCode", "which", "charCode", "data"}
        ):
            yield self._found(keys[0], "HK210", "keys are listened to in a script that sends")
        elif reads and self._names & _QUIET_SENDS and (listens or self._names & {"FormData", "value"}):
            first = next(token for token in self._tokens if token.value in _QUIET_SENDS)
            yield self._found(first, "HK210", f"what is typed may leave by {first.value}")
        if "clipboardData" in self._names and self._names & _SENDS:
            first = next(token for token in self._tokens if token.value == "clipboardData")
            yield self._found(first, "HK210", "what is pasted is read in a script that sends")
        if "setInterval" in self._names and "value" in self._names and self._names & _SENDS:
            first = next(token for token in self._tokens if token.value == "setInterval")
            yield self._found(first, "HK210", "fields are read again and again in a script that sends")
        if self._names & _SENDS and (anything := reads_any_field(self._tokens)):
            yield self._found(anything, "HK210", "whatever field there is, is read in a script that sends")
        if elsewhere := sends_elsewhere(self._tokens):
            yield self._found(
                elsewhere, "HK210", "a form's values are sent to another address than the form's"
            )
        yield from self._kept(is_keyed=bool(keys))

    def _kept(self, *, is_keyed: bool) -> Iterator[Finding]:
        """What is typed and put where it stays, or where others read it."""
        for at, token in enumerate(self._tokens):
            if is_keyed and token.is_name("location", "href") and self._builds_an_address(at):
                yield self._found(token, "HK210", "keys are listened to, and an address is put together")
            elif (
                token.value in _ADDRESS_BAR or (token.is_name("console") and self._at(at + 1).is_op("."))
            ) and any(each.is_name("value", "FormData") for each in self._statement(at)):
                yield self._found(token, "HK210", f"what is typed is written by {token.value}")
            elif (
                token.kind == "name"
                and token.value in _STORES
                and any(each.is_name("value", "FormData", "elements", "key") for each in self._statement(at))
            ):
                yield self._found(token, "HK210", f"what is typed is kept in {token.value}")
            elif (
                (
                    token.is_name("cookie")
                    or (token.is_name("name") and self._at(at - 2).is_name("window", "self"))
                )
                and self._at(at + 1).is_op("=", "+=")
                and any(each.is_name("value", "FormData") for each in self._statement(at))
            ):
                yield self._found(token, "HK210", f"what is typed is kept in the browser's {token.value}")

    def _builds_an_address(self, at: int) -> bool:
        after = self._at(at + 1)
        return after.is_op("=") and any(each.is_op("+") for each in self._statement(at + 1))

    def _statement(self, at: int) -> list[Token]:
        end = at
        while end < len(self._tokens) and not self._tokens[end].is_op(";") and end - at < 40:
            end += 1
        return self._tokens[at:end]
