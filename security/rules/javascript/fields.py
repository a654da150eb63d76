"""HK106, HK109: fields for card data that a script makes, reads or hands on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Finding
from ..words import Card, card_label, card_name, cc_token, is_short_label, shows_a_card
from .script import Script
from .tokens import Token
from .typed_text import is_typed

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
_TOKEN_MAKERS = frozenset(
    {"createToken", "createPaymentMethod", "createSource", "confirmCardPayment", "tokenize"}
)
_SENSES = (
    *("EditContext", "SpeechRecognition", "webkitSpeechRecognition", "getUserMedia", "getDisplayMedia"),
    *("TextDetector", "BarcodeDetector", "NDEFReader", "requestDevice", "requestPort"),
)
_EDITABLE = frozenset({"true", "plaintext-only", "", "on"})


def of_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """Texts that name, label or show a field for card data; a form that is sent by GET."""
    yield from _field_text(script, at, token)
    if token.value.lower() == "get" and (
        script.is_set(at, "method", "formMethod")
        or (
            script.callee(at) == "setAttribute"
            and script.at(at - 2).value.lower() in {"method", "formmethod"}
        )
    ):
        yield script.found(token, "HK109", "a form is sent by GET")


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """Members that hold card data, elements that become fields, calls that take a number."""
    before, after = script.at(at - 1), script.at(at + 1)
    yield from _member(script, token, before, after)
    yield from _by_data(script, at, token)
    yield from _raw_card(script, at, token, before, after)
    if _makes_editable(script, at, token):
        yield script.found(token, "HK106", "a script makes a field of a page's text")
    elif token.is_name(*_SENSES) and not (before.is_name("typeof") or after.is_op(":", "===", "!==")):
        yield script.found(
            token, "HK106", f"{token.value} takes what is typed, said or shown, past every field"
        )
    elif token.is_name("prompt") and after.is_op("(") and _is_worded_by_page(script, at + 1):
        yield script.found(token, "HK106", "the page says what is asked for in a box of the browser's")
    if token.value.lower() == "maxlength" and after.is_op("=", ":"):
        yield from _length(script, script.at(at + 2), token)
    if token.value == "setAttribute" and script.at(at + 2).value.lower() == "maxlength":
        yield from _length(script, script.at(at + 4), token)


def _is_worded_by_page(script: Script, at: int) -> bool:
    """Whether what is asked for stands in an element or in an answer, out of which anything may be read."""
    return is_typed(script.group(at), frozenset(), _PAGE_WORDS)


_PAGE_WORDS = (
    "dataset",
    "textContent",
    "innerText",
    "getAttribute",
    "nodeValue",
    "content",
    "value",
    "json",
    "parse",
)


def _makes_editable(script: Script, at: int, token: Token) -> bool:
    """box.contentEditable = …, { contentEditable: … }, setAttribute("contenteditable", …), document.designMode = …."""
    after, given = script.at(at + 1), script.at(at + 2)
    if token.value.lower() in {"contenteditable", "designmode"}:
        return after.is_op("=", ":") and given.value.lower() in _EDITABLE
    if token.is_name("setAttribute", "toggleAttribute") and given.value.lower() == "contenteditable":
        return script.at(at + 4).value.lower() != "false"
    return False


def _field_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    before, after = script.at(at - 1), script.at(at + 1)
    if (
        before.value in _COMPARES
        or after.value in _COMPARES
        or before.is_name("case")
        or token.kind != "string"
    ):
        return
    if script.callee(at) in _LOOKS_UP or (script.callee(at) == "createElement" and "-" not in token.value):
        return
    plain = token.value.strip()
    card = card_name(plain) if re.fullmatch(r"[\w\-\[\]]{3,40}", plain) and plain.lower() != "pan" else None
    in_text = script.is_set(at, *_TEXTS) or script.callee(at) in {
        "setAttribute",
        "createTextNode",
        "append",
        "attr",
        "prop",
        "Option",
    }
    if cc_token(plain) and re.fullmatch(r"[\w\s-]+", plain):
        yield script.found(token, "HK106", f"a field takes {cc_token(plain)}")
    elif card in {Card.NUMBER, Card.CODE} or (card and in_text) or (in_text and plain.lower() == "pan"):
        yield script.found(token, "HK106", f"'{plain}' names a {(card or Card.NUMBER).value}")
    elif in_text and shows_a_card(plain):
        yield script.found(token, "HK106", "a field shows a card number's groups")
    elif in_text and is_short_label(plain) and (label := card_label(plain)):
        yield script.found(token, "HK106", f"'{plain}' labels a {label.value}")
    elif script.callee(at) in {"append", "prepend", "replaceChildren"} or before.is_op("["):
        whole = "".join(each.value for each in _neighbours(script, at))
        if is_short_label(whole) and (label := card_label(whole)):
            yield script.found(token, "HK106", f"'{whole}' labels a {label.value}")


def _neighbours(script: Script, at: int) -> list[Token]:
    """The texts beside this one among the arguments of a call, which a page shows as one."""
    first = at
    while script.at(first - 1).is_op(",") and script.at(first - 2).kind == "string":
        first -= 2
    found = [script.at(first)]
    while script.at(first + 1).is_op(",") and script.at(first + 2).kind == "string":
        first += 2
        found.append(script.at(first))
    return found


def _member(script: Script, token: Token, before: Token, after: Token) -> Iterator[Finding]:
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
        yield script.found(token, "HK106", f"'{token.value}' holds a {card.value}")


def _raw_card(script: Script, at: int, token: Token, before: Token, after: Token) -> Iterator[Finding]:
    """Ways to the provider, or to the browser's own purse, by which a page gets hold of a number."""
    if token.value in _TOKEN_MAKERS and after.is_op("("):
        names = [each.value for each in script.group(at + 1) if each.kind == "name"]
        if "number" in names:
            yield script.found(token, "HK106", f"{token.value} is given a number by this page")
    elif token.is_name("PaymentRequest") and not before.is_name("typeof"):
        yield script.found(token, "HK106", "the browser may hand a card's number to this page")


def _length(script: Script, value: Token, token: Token) -> Iterator[Finding]:
    if (
        value.value.isdigit()
        and int(value.value) in range(13, 24)
        and (script.names & {"inputMode", "inputmode"} or script.strings & {"inputmode", "numeric"})
    ):
        yield script.found(token, "HK106", "a field takes as many digits as a card has")


def _by_data(script: Script, at: int, token: Token) -> Iterator[Finding]:
    if token.value == "setAttribute" and script.at(at + 2).kind == "name" and _makes_fields(script):
        yield script.found(token, "HK106", "an element gets whatever attributes data says")
    elif _named_by_data(script, at):
        yield script.found(token, "HK106", "a field is made whose name data says")
    elif token.value == "assign" and script.at(at - 2).is_name("Object") and _is_made(script, at + 2):
        yield script.found(token, "HK106", "an element becomes whatever data says, a field among others")


_NAMES = ("name", "autocomplete", "placeholder", "ariaLabel")


def _named_by_data(script: Script, at: int) -> bool:
    """`box.name = word` of a field that is made here: what it asks for stands nowhere in the script."""
    owner, is_member = script.at(at - 2), script.at(at - 1).is_op(".")
    if not (
        is_member and owner.kind == "name" and script.at(at).is_name(*_NAMES) and script.at(at + 1).is_op("=")
    ):
        return False
    if script.at(at + 2).kind != "name":
        return False
    return any(
        token.value == owner.value
        and script.at(place + 1).is_op("=")
        and any(each.is_name("createElement") for each in script.statement(place)[:6])
        and any(each.value.lower() in {"input", "textarea", "select"} for each in script.statement(place)[:8])
        for place, token in enumerate(script.tokens)
    )


def _makes_fields(script: Script) -> bool:
    """Whether the script makes fields, or elements of a kind that it does not say."""
    kinds = [script.at(at + 2) for at, token in enumerate(script.tokens) if token.is_name("createElement")]
    return any(each.kind == "name" or each.value.lower() in {"input", "textarea", "select"} for each in kinds)


def _is_made(script: Script, at: int) -> bool:
    """Object.assign(element, data): an element of this script, and what it is given is nowhere to be read."""
    made, given = script.at(at), script.at(at + 2)
    if made.kind != "name" or given.kind != "name" or not script.at(at + 3).is_op(")"):
        return False
    return any(
        token.value == made.value
        and script.at(place + 1).is_op("=")
        and any(each.is_name("createElement") for each in script.statement(place)[:6])
        for place, token in enumerate(script.tokens)
    )
