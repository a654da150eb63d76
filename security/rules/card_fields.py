"""Which element of a page takes card data: by everything that it says of itself. Pure.

Name, id, label, the words before it, placeholder, autocomplete, pattern, length, data attributes; and for templates the
form field that an expression or a macro renders.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from . import jinja
from .words import (
    Card,
    asks_for_picture,
    card_label,
    card_name,
    cc_token,
    is_short_label,
    is_whole_card,
    shows_a_card,
)

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
    """Short texts near it, any of which may be its caption."""
    labels: list[str] = field(default_factory=list)
    """Texts that the page itself binds to it."""
    group: str = ""
    """The legend of the fields among which it stands."""
    has_options: bool = False
    """Whether one of its options was read."""


def is_field(tag: str, attributes: dict[str, str]) -> bool:
    """Whether an element is worth judging: something is typed into it, a file is chosen or a digit dialled."""
    return takes_text(tag, attributes) or (tag == "input" and _kind(attributes) in {"file", "range"})


def _kind(attributes: dict[str, str]) -> str:
    return attributes.get("type", "text").strip().lower()


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


def is_offered_number(text: str) -> bool:
    """Whether an option to choose is a card number's groups, or two of them: nothing else is written so."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return shows_a_card(plain) or bool(_TWO_GROUPS.fullmatch(plain))


_TWO_GROUPS = re.compile(r"[\d•*x-]{4}[ \u00a0][\d•*x-]{4}(?:[ \u00a0][\d•*x-]{4})*")


def card_field(each: Field) -> str | None:
    """Why a field is one for card data, None when it is not."""
    attributes = each.attributes
    if each.tag == "input" and _kind(attributes) == "file":
        texts = [*each.labels, *each.said, each.group, *(attributes.get(key, "") for key in _LABELS)]
        return "takes a picture of a card" if any(map(asks_for_picture, texts)) else None
    autocomplete = attributes.get("autocomplete", "").lower()
    if token := cc_token(autocomplete):
        return f"autocomplete {token}"
    return (
        _by_name(each, is_code="one-time-code" in autocomplete)
        or _by_text(each, is_code="one-time-code" in autocomplete)
        or _by_shape(each)
    )


def _by_name(each: Field, *, is_code: bool) -> str | None:
    attributes = each.attributes
    names = [
        attributes[key]
        for key in attributes
        if (key in _NAMES or key.startswith("data-")) and len(attributes[key]) <= 80
    ]
    names += attributes.get("class", "").split()
    names += [each.tag, attributes.get("type", "")] if "-" in each.tag else []
    for name in names:
        card = card_name(name, weak=name in {attributes.get("name"), attributes.get("id")})
        if card and not (is_code and card is Card.CODE):
            return f"'{name}' takes a {card.value}"
    kinds = [each.tag, attributes.get("is", "")]
    if kind := next((kind for kind in kinds if "-" in kind and _CARD_ELEMENT.search(kind)), None):
        return f"the element <{kind}> takes a card"
    return None


def unnamed(each: Field) -> str | None:
    """Why a field may lie over the provider's, where both stand on one page: nobody who sees it learns its use."""
    attributes = each.attributes
    is_shut = _kind(attributes) == "hidden" or bool({"hidden", "readonly", "disabled"} & attributes.keys())
    if each.tag == "select" or is_shut or not takes_text(each.tag, attributes):
        return None
    own = [attributes.get(key, "") for key in (*_LABELS, "aria-labelledby", "aria-describedby")]
    is_named = any(text.strip() for text in [*each.labels, *each.said, each.group, *own])
    return None if is_named else "nothing is said of it, beside the provider's fields"


_OWN_TEXT = 60
"""Characters: what a field says of itself, or a label of it, may be longer than a text near it."""


def _by_text(each: Field, *, is_code: bool) -> str | None:
    own = [each.attributes.get(key, "") for key in _LABELS]
    texts = [text for text in each.said if is_short_label(text)]
    texts += [text for text in [*each.labels, *own] if is_short_label(text, _OWN_TEXT)]
    for text in texts:
        card = card_label(text)
        if card and not (is_code and card is Card.CODE):
            return f"'{text.strip()}' takes a {card.value}"
    is_typed = each.tag != "select"
    if is_typed and (whole := next(filter(is_whole_card, texts), None)):
        return f"'{whole.strip()}' takes a card"
    if is_typed and not any(text.strip() for text in texts) and is_whole_card(each.group):
        return f"nothing but '{each.group.strip()}' is said of it"
    return None


def _by_shape(each: Field) -> str | None:
    attributes = each.attributes
    masks = [
        value
        for key, value in attributes.items()
        if key in _LABELS or key.startswith("data-") or _MASK.search(key)
    ]
    if any(map(shows_a_card, masks)):
        return "its example has a card number's groups"
    about = " ".join([*each.labels, *each.said, *(attributes.get(key, "") for key in (*_NAMES, *_LABELS))])
    is_other = _OTHER_NUMBERS.match(attributes.get("autocomplete", "").lower()) or _OTHER_CODES.search(about)
    if not is_other and (is_shaped_like_a_card(attributes) or _is_long_dial(each)):
        return "takes as many digits as a card has"
    return None


_MASK = re.compile(r"mask|format|cleave")
_OTHER_CODES = re.compile(
    r"(?<![a-z])(?:jan|ean|isbn|gtin|upc|imei|iban|serial|waybill|tracking|barcode|voucher|coupon)(?![a-z])"
    r"|バーコード|伝票|送り状|追跡|シリアル|クーポン|口座",
    re.IGNORECASE,
)
_PHONE = re.compile(r"tel|phone|mobile|fax|denwa|keitai|電話|携帯|ファ(?:ッ)?クス|連絡先", re.IGNORECASE)
_DIALS = range(16, 24)


def _is_long_dial(each: Field) -> bool:
    """A dial or number keyboard for more digits than a telephone number has, where nothing speaks of one."""
    attributes = each.attributes
    if _kind(attributes) not in {"tel", "number"} and attributes.get("inputmode") not in {"tel", "decimal"}:
        return False
    lengths = [attributes.get(key, "") for key in ("maxlength", "minlength", "size")]
    counts = [int(length) for length in lengths if length.isdigit()]
    counts.append(len(attributes.get("max", "")) if attributes.get("max", "").isdigit() else 0)
    about = " ".join([*each.labels, *each.said, *(attributes.get(key, "") for key in (*_NAMES, *_LABELS))])
    return any(count in _DIALS for count in counts) and not _PHONE.search(about)


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
    if card := _worded(expression) or _in_parts(expression):
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


_ROW = re.compile(rf"\[\s*{jinja.STRINGS.pattern}(?:\s*,\s*{jinja.STRINGS.pattern}){{1,3}}\s*\]")


def _in_parts(expression: str) -> Card | None:
    """ui.plain(['card', 'number']): the parts of a field's name, which something else puts together."""
    cards = (card_name("_".join(jinja.literals(row))) for row in _ROW.findall(expression))
    return next((card for card in cards if card in {Card.NUMBER, Card.CODE}), None)


_WORDED = re.compile(
    r"(?:['\"](?:aria-label|aria-placeholder|placeholder|title|label|data-[\w-]+)['\"]\s*[:,]|\b(?:placeholder|aria_label|title|label)\s*=(?!=))"
    rf"\s*(?:\(?\s*(?:_|n?gettext|trans)\(\s*)?({jinja.STRINGS.pattern})"
)
"""What an attribute is given in a mapping or by a keyword: {'aria-label': _('…')}, ('title', '…'), placeholder='…'."""


def _worded(expression: str) -> Card | None:
    """The card data that the attributes in an expression ask for by their words."""
    texts = (match[1][1:-1] for match in _WORDED.finditer(jinja.folded(expression)))
    asked = (card_label(text) for text in texts if is_short_label(text, _OWN_TEXT))
    return next((card for card in asked if card in {Card.NUMBER, Card.CODE}), None)


def is_dialled(attributes: dict[str, str]) -> bool:
    """Whether a field is one of a telephone number, by what it says of itself."""
    said = " ".join(attributes.get(key, "") for key in (*_NAMES, *_LABELS))
    return bool(_OTHER_NUMBERS.match(attributes.get("autocomplete", "").lower()) or _PHONE.search(said))


def is_split_number(lengths: list[int]) -> bool:
    """Whether the lengths of a form's short fields, in their order, are a card number's parts."""
    amex = any(lengths[at : at + 3] == [4, 6, 5] for at in range(len(lengths)))
    return amex or lengths.count(4) >= 3 or lengths.count(1) in _CARD_LENGTHS
