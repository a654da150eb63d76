"""HK105, HK108, HK109, HK404, HK405, HK407: pages as they are written. Standard library alone.

A field is known by everything it says of itself: name, id, label, the words before it, placeholder, autocomplete,
pattern, length, data attributes, the form field that a macro renders.
"""

# ruff: noqa: TID252  (this package may be taken elsewhere under another name)

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from ..finding import Finding
from . import javascript, jinja, policy
from .config import Config
from .words import Card, card_label, card_name, cc_token, is_short_label, shows_a_card

_NO_ENTRY = frozenset({"submit", "button", "reset", "image", "checkbox", "radio", "file", "color", "range"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
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
_HANDLER = re.compile(r"^on[a-z]{3,}$")
_FRAMES = {
    "iframe": "src",
    "frame": "src",
    "object": "data",
    "embed": "src",
    "portal": "src",
    "fencedframe": "src",
}
_LINKS = frozenset({"stylesheet", "preload", "modulepreload", "prefetch", "import", "manifest", "prerender"})
_RENDERS = re.compile(r"field|input|widget|control|render|label|text|form|row|group", re.IGNORECASE)
_FORM_MEMBER = re.compile(r"\b\w*form\w*\s*(?:\.\s*(\w+)|\[\s*['\"]([^'\"]+)['\"]\s*\])", re.IGNORECASE)
_MEMBER = re.compile(r"\.\s*(\w+)")
_MOST_TIMES = 12
_DATA_SCRIPTS = re.compile(r"json|speculationrules")
_TEMPLATE_SCRIPTS = re.compile(r"template|handlebars|mustache|x-jsrender|html")


def check_text(path: str, text: str, config: Config, *, fragment: bool = False) -> list[Finding]:
    """The findings of one page or piece of a page; in a `fragment` lines count from its own first."""
    template = jinja.read(text)
    page = _Page(path, template, config)
    page.feed(template.html)
    page.close()
    page.finish()
    findings = list(page.findings)
    if not fragment or "{" in text:
        findings += [Finding(path, line, "HK407", why) for line, why in jinja.unescaped(template)]
        findings += _rendered(path, template)
    return sorted(dict.fromkeys(findings), key=lambda each: (each.line or 0, each.rule, each.message))


def _rendered(path: str, template: jinja.Template) -> Iterator[Finding]:
    """Card data by the names that expressions and loops use: form.card_number, ['card_number', 'cvc'], cc-number."""
    for line, expression in [*template.printed, *template.statements]:
        if card := _card_in(expression):
            yield Finding(path, line, "HK105", f"the template renders a field for a {card.value}")


def _card_in(expression: str) -> Card | None:
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


@dataclass
class _Form:
    line: int
    method: str
    action: str
    personal: bool = False
    gets: list[int] = field(default_factory=list)
    quarters: int = 0


@dataclass
class _Field:
    line: int
    attributes: dict[str, str]
    tag: str
    said: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """Walks a page once; what needs labels is judged at its end."""

    def __init__(self, path: str, template: jinja.Template, config: Config) -> None:
        super().__init__(convert_charrefs=True)
        self._path, self._template, self._config = path, template, config
        self.findings: list[Finding] = []
        self._fields: list[_Field] = []
        self._texts: dict[str, str] = {}
        self._open: list[tuple[str, str | None, list[str], list[_Field]]] = []
        self._form: _Form | None = None
        self._before = ""
        self._loops: list[int] = []
        self._script: tuple[int, dict[str, str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {
            name.lower(): (value or "").replace(jinja.END + " ", jinja.END) for name, value in reversed(attrs)
        }
        self._judge_element(tag, attributes)
        if tag == "form":
            self._begin_form(attributes)
        if self._takes_text(tag, attributes):
            self._add_field(tag, attributes)
        if tag not in _VOID:
            key = attributes.get("for") if tag == "label" else attributes.get("id")
            self._open.append((tag, key, [], []))
        if tag == "script":
            self._script = (self.getpos()[0], attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._end_form()
        if tag == "script":
            self._script = None
        if not any(each[0] == tag for each in self._open):
            return
        while self._open:
            name, key, texts, inside = self._open.pop()
            self._close_element(name, key, "".join(texts), inside)
            if name == tag:
                break

    def _close_element(self, name: str, key: str | None, text: str, inside: list[_Field]) -> None:
        if key:
            self._texts.setdefault(key, text)
        if name == "label":
            for each in inside:
                each.said.append(text)

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._judge_inline(data)
            return
        for expression in self._template.expressions_in(data):
            if self._form is not None and re.search(r"\bform\b|_form\b|csrf", expression):
                self._form.personal = True
        plain = re.sub(r"\ue000\d+\ue001", "", data)
        if plain.strip():
            self._before = plain.strip()
        for _, _, texts, _ in self._open:
            texts.append(plain)

    @property
    def _times(self) -> int:
        """How often what stands here is repeated by loops of the template."""
        return min(math.prod(self._loops), _MOST_TIMES)

    def handle_comment(self, data: str) -> None:
        """Only `jinja.read` writes comments of this kind."""
        if data.startswith(jinja.LOOP):
            self._loops.append(int(data.removeprefix(jinja.LOOP)))
        elif data == jinja.LOOP_END and self._loops:
            self._loops.pop()

    def finish(self) -> None:
        """Judge what had to wait for the whole page."""
        self._end_form()
        while self._open:
            name, key, texts, inside = self._open.pop()
            self._close_element(name, key, "".join(texts), inside)
        for each in self._fields:
            each.said += [
                self._texts.get(key, "")
                for key in (
                    each.attributes.get("id", ""),
                    *each.attributes.get("aria-labelledby", "").split(),
                    *each.attributes.get("aria-describedby", "").split(),
                )
                if key
            ]
            if reason := _card_field(each):
                self._found(
                    "HK105",
                    f"{each.attributes.get('name') or each.attributes.get('id') or each.tag}: {reason}",
                    each.line,
                )

    def _found(self, rule: str, message: str, line: int | None = None) -> None:
        shown = re.sub(
            r"\ue000(\d+)\ue001",
            lambda match: "{{ " + self._template.printed[int(match[1])][1] + " }}",
            message,
        ).replace("\ue000", "…")
        self.findings.append(Finding(self._path, line or self.getpos()[0], rule, shown))

    @staticmethod
    def _takes_text(tag: str, attributes: dict[str, str]) -> bool:
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

    def _add_field(self, tag: str, attributes: dict[str, str]) -> None:
        field_ = _Field(self.getpos()[0], attributes, tag)
        if is_short_label(self._before):
            field_.said.append(self._before)
        self._before = ""
        self._fields.append(field_)
        for name, _, _, inside in self._open:
            if name == "label":
                inside.append(field_)
        if self._form is not None:
            self._form.personal |= _is_personal(tag, attributes)
            if attributes.get("maxlength") == "4" and (
                attributes.get("inputmode") == "numeric"
                or attributes.get("type") in {"tel", "number", "text", None, "password"}
            ):
                self._form.quarters += self._times

    def _begin_form(self, attributes: dict[str, str]) -> None:
        self._end_form()
        self._before = ""
        self._form = _Form(
            self.getpos()[0],
            attributes.get("method", "get").strip().lower() or "get",
            attributes.get("action", ""),
        )

    def _end_form(self) -> None:
        form, self._form = self._form, None
        if form is None:
            return
        if form.personal and (form.method == "get" or form.gets):
            self._found(
                "HK109",
                "a form with personal fields is sent by GET, so they stand in addresses and logs",
                form.line,
            )
        if form.quarters >= 3:
            self._found("HK105", "several fields of four digits each, as a card number is split", form.line)

    def _judge_element(self, tag: str, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if _HANDLER.match(name):
                self._found("HK405", f"{tag} has the inline handler {name}")
            elif re.match(r"\s*(?:javascript|vbscript|data:text/html)", value, re.IGNORECASE) and name in {
                "href",
                "src",
                "action",
                "formaction",
                "xlink:href",
                "data",
            }:
                self._found("HK405", f"{tag} runs a script by its address")
            elif name in {"v-html", "ng-bind-html", "x-html", "dangerouslysetinnerhtml"}:
                self._found("HK408", f"{tag} writes HTML that is not constant")
        if tag == "form" or "formaction" in attributes:
            self._judge_target(
                tag, attributes.get("action", "") if tag == "form" else attributes["formaction"]
            )
        if attributes.get("formmethod", "").lower() == "get" and self._form is not None:
            self._form.gets.append(self.getpos()[0])
        judge = getattr(self, f"_judge_{tag}", None) if tag in {"script", "link", "base", "meta"} else None
        if judge is not None:
            judge(attributes)
        elif tag in _FRAMES:
            self._judge_frame(tag, attributes)

    def _judge_target(self, tag: str, target: str) -> None:
        away = self._away(target)
        if away:
            self._found("HK108", f"{tag} leads to {away}")

    def _away(self, address: str) -> str | None:
        """Where an address leads if not surely to this site: a host, or an expression that nobody vouches for."""
        plain = address.strip()
        if re.match(r"^(?:[a-z][a-z0-9+.-]*:)?//", plain, re.IGNORECASE) or re.match(r"^[\\/]{2}", plain):
            return urlsplit(plain.replace("\\", "/")).netloc or "another origin"
        if plain.startswith(jinja.MARK):
            expression = next(iter(self._template.expressions_in(plain)), "a value")
            return None if self._is_own(expression) else f"{{{{ {expression} }}}}"
        return None

    def _is_own(self, expression: str) -> bool:
        if re.match(r"^['\"]/(?!/)", expression):
            return True
        first = re.match(r"^[\w.]+", expression)
        return first is not None and (
            first[0] in self._config.own_addresses or first[0].split(".")[0] == "assets"
        )

    def _judge_inline(self, data: str) -> None:
        assert self._script is not None
        line, attributes = self._script
        kind = attributes.get("type", "").lower()
        if not data.strip() or _DATA_SCRIPTS.search(kind):
            return
        if _TEMPLATE_SCRIPTS.search(kind):
            self.findings += [
                Finding(self._path, line, each.rule, each.message)
                for each in check_text(self._path, data, self._config, fragment=True)
            ]
            return
        nonce = attributes.get("nonce", "")
        if not nonce:
            self._found("HK405", "script stands in the page without a nonce", line)
        elif jinja.MARK not in nonce and jinja.MARK not in data:
            self._found("HK405", "the nonce is constant, so anybody knows it", line)
        code = re.sub(r"\ue000\d+\ue001", "0", data)
        for each in javascript.check_text(self._path, code, self._config):
            self.findings.append(Finding(self._path, (each.line or 1) + line - 1, each.rule, each.message))

    def _judge_script(self, attributes: dict[str, str]) -> None:
        if "src" in attributes:
            self._judge_source("script", attributes["src"], attributes)

    def _judge_source(self, what: str, source: str, attributes: dict[str, str]) -> None:
        plain = source.strip()
        expressions = self._template.expressions_in(plain)
        if plain.startswith(jinja.MARK) and expressions and expressions[0] in self._config.script_sources:
            return
        away = self._away(source)
        if away is None:
            if plain.startswith("data:") and what != "style":
                self._found("HK404", f"a {what} stands in a data: address")
            return
        host = urlsplit(plain if "//" in plain else "//" + plain).hostname or ""
        if plain.lower().startswith("https://") and self._config.is_provider(host):
            return
        if (
            plain.lower().startswith("https://")
            and attributes.get("integrity")
            and host in self._config.script_hosts
        ):
            return
        self._found(
            "HK404",
            f"a {what} from {away}, which is not listed{'' if attributes.get('integrity') else ', without integrity'}",
        )

    def _judge_link(self, attributes: dict[str, str]) -> None:
        if set(attributes.get("rel", "").lower().split()) & _LINKS:
            self._judge_source(
                "style" if "stylesheet" in attributes.get("rel", "") else "file",
                attributes.get("href", ""),
                attributes,
            )

    def _judge_base(self, attributes: dict[str, str]) -> None:
        if self._away(attributes.get("href", "")):
            self._found("HK404", "every relative address of the page leads elsewhere (base)")

    def _judge_meta(self, attributes: dict[str, str]) -> None:
        kind, content = attributes.get("http-equiv", "").lower(), attributes.get("content", "")
        if kind == "content-security-policy":
            for fault in policy.judge_text(content, self._config):
                self._found(fault.rule, fault.message)
        elif kind == "refresh" and re.search(r"url\s*=\s*['\"]?(?:https?:)?//", content, re.IGNORECASE):
            self._found("HK410", "the page leads to another origin by itself")

    def _judge_frame(self, tag: str, attributes: dict[str, str]) -> None:
        if "srcdoc" in attributes:
            self.findings += [
                Finding(self._path, self.getpos()[0], each.rule, each.message)
                for each in check_text(self._path, attributes["srcdoc"], self._config, fragment=True)
            ]
        self._judge_source("frame", attributes.get(_FRAMES[tag], ""), attributes)


def _is_personal(tag: str, attributes: dict[str, str]) -> bool:
    kind = attributes.get("type", "text").lower()
    said = " ".join(attributes.get(key, "") for key in ("name", "id", "autocomplete", "placeholder"))
    return (
        tag == "textarea"
        or kind in {"email", "tel", "password"}
        or (kind != "search" and bool(_PERSONAL.search(said)))
    )


def _card_field(each: _Field) -> str | None:
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
