"""Which element of a page takes card data: by everything that it says of itself. Pure.

Name, id, label, the words before it, placeholder, autocomplete, pattern, length, data attributes; and for templates the
form field that an expression or a macro renders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from . import jinja
from .words import Card, card_label, card_name, cc_token, is_short_label, shows_a_card

_NO_ENTRY = frozenset({"submit", "button", "reset", "image", "checkbox", "radio", "file", "color", "range"})
_NAMES = (
    "name",
    "id",
    "v-model",
    "x-model",
    "ng-model",
    "formcontrolname",
    "wire:model",
    ":name",
    "data-name",
    "data-field",
    "data-stripe",
    "data-encrypt",
    "data-braintree-name",
    "data-checkout",
    "data-openpay-card",
    "data-paylike",
    "data-iugu",
    "is",
    "part",
    "slot",
    "itemprop",
    "data-type",
)
_LABELS = (
    "placeholder",
    "aria-label",
    "title",
    "label",
    "data-label",
    "data-placeholder",
    "aria-placeholder",
    "alt",
    "data-text",
)
_CARD_ELEMENT = re.compile(
    r"(?:^|-)(?:credit-?|cc-?)?card-(?:field|input|form|entry|element|number)s?(?:-|$)"
)
_CARD_LENGTHS = range(13, 24)
_OTHER_NUMBERS = re.compile(r"^(?:tel|postal-code|one-time-code|bday|new-password|current-password|off-isbn)")
_PERSONAL = re.compile(
    r"mail|(?:^|[_-])(?:first|last|given|family|full|sei|mei)?_?name(?:$|[_-])|tel|phone|address|postal|zip|street|city|passw|birth|氏名|住所|電話|csrf",
    re.IGNORECASE,
)
_FORM_MEMBER = re.compile(r"\b\w*form\w*\s*(?:\.\s*(\w+)|\[\s*['\"]([^'\"]+)['\"]\s*\])", re.IGNORECASE)
_MEMBER = re.compile(r"\.\s*(\w+)")


@dataclass
class Field:
    """An element that something is typed into, and the texts round it that name it."""

    line: int
    attributes: dict[str, str]
    tag: str
    said: list[str] = field(default_factory=list)


def takes_text(tag: str, attributes: dict[str, str]) -> bool:
    """Whether something can be typed into an element."""
    return (
        tag in {"textarea", "select"}
        or (tag == "input" and attributes.get("type", "text").strip().lower() not in _NO_ENTRY)
        or attributes.get("contenteditable", "false").lower() not in {"false"}
        or attributes.get("role") in {"textbox", "searchbox", "spinbutton", "combobox"}
        or (
            "-" in tag
            and (
                card_name(tag) is not None
                or "name" in attributes
                or any(card_name(attributes.get(key, "")) for key in _NAMES)
            )
        )
    )


def is_personal(tag: str, attributes: dict[str, str]) -> bool:
    """Whether a field asks for something about a person."""
    kind = attributes.get("type", "text").lower()
    said = " ".join(attributes.get(key, "") for key in ("name", "id", "autocomplete", "placeholder"))
    return (
        tag == "textarea"
        or kind in {"email", "tel", "password"}
        or (kind != "search" and bool(_PERSONAL.search(said)))
    )


def card_field(each: Field) -> str | None:
    """Why a field is one for card data, None when it is not."""
    attributes = each.attributes
    autocomplete = attributes.get("autocomplete", "").lower()
    if token := cc_token(autocomplete):
        return f"autocomplete {token}"
    is_code_by_mail = "one-time-code" in autocomplete
    names = [
        attributes[key]
        for key in attributes
        if (key in _NAMES or key.startswith("data-")) and len(attributes[key]) <= 80
    ]
    names += attributes.get("class", "").split() + ([each.tag] if "-" in each.tag else [])
    for name in names:
        card = card_name(name, weak=name in {attributes.get("name"), attributes.get("id")})
        if card and not (is_code_by_mail and card is Card.CODE):
            return f"'{name}' takes a {card.value}"
    for text in [*each.said, *(attributes.get(key, "") for key in _LABELS)]:
        card = card_label(text) if is_short_label(text) else None
        if card and not (is_code_by_mail and card is Card.CODE):
            return f"'{text.strip()}' takes a {card.value}"
    if any(shows_a_card(attributes.get(key, "")) for key in _LABELS):
        return "its example has a card number's groups"
    if "-" in each.tag and _CARD_ELEMENT.search(each.tag):
        return f"the element <{each.tag}> takes a card"
    if is_shaped_like_a_card(attributes) and not _OTHER_NUMBERS.match(autocomplete):
        return "takes as many digits as a card has"
    return None


def is_shaped_like_a_card(attributes: dict[str, str]) -> bool:
    """Digits, as many as a card number has (with its spaces up to 23)."""
    pattern, length = attributes.get("pattern", ""), attributes.get("maxlength", "")
    is_numeric = attributes.get("inputmode") == "numeric" or r"\d" in pattern or "0-9" in pattern
    counts = [int(each) for each in re.findall(r"[{,](\d+)(?=[,}])", pattern)]
    if length.isdigit():
        counts.append(int(length))
    groups = (
        re.search(r"\{4\}.*\{4\}.*\{4\}", pattern)
        or pattern.count("{4}") >= 3
        or re.search(r"(?:\{4\}[^)]*\))\{[34]\}", pattern)
    )
    return is_numeric and (bool(groups) or any(count in _CARD_LENGTHS for count in counts))


def card_in(expression: str) -> Card | None:
    """The card data for which an expression of a template renders a field."""
    if re.match(r"^(?:extends|include|import|from|trans|url|static|load|comment)\b", expression):
        return None
    for match in _FORM_MEMBER.finditer(expression):
        if card := card_name(match[1] or match[2] or ""):
            return card
    for member in _MEMBER.findall(jinja.STRINGS.sub("", expression)):
        card = card_name(member)
        if card in {Card.NUMBER, Card.CODE} and member.lower() != "pan":
            return card
    for literal in jinja.literals(jinja.folded(expression)):
        card = (
            card_name(literal)
            if re.fullmatch(r"[\w\-\[\]]{3,40}", literal) and literal.lower() != "pan"
            else None
        )
        if cc_token(literal) or card in {Card.NUMBER, Card.CODE}:
            return card or Card.NUMBER
    if re.match(
        r"^(?:call\s+)?[\w.]*(?:field|input|widget|control|label|row)\w*\s*\(", expression, re.IGNORECASE
    ):
        texts = [each[1:-1] for each in jinja.STRINGS.findall(expression)]
        return next((card for text in texts if is_short_label(text) and (card := card_label(text))), None)
    return None
