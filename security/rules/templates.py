"""HK105, HK108, HK109, HK404, HK405, HK407: pages as they are written. Standard library alone.

One walk over the page: `elements` judges each element alone, `card_fields` the fields with the texts round them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from ..finding import Finding
from . import card_fields, elements, handed_words, jinja, styles
from .config import Config
from .javascript import check as javascript
from .words import card_label, is_short_label, is_whole_card

_ASIDE = frozenset({"small", "span", "em", "b", "i", "strong", "br"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_PART = 8
"""Characters of a caption's part, where it stands in several elements."""
_MOST_TIMES = 24
_HOSTS = re.compile(r"(?:https?:)?//([^/\s\"'<>,:]+)", re.IGNORECASE)
_DATA_SCRIPTS = re.compile(r"json|speculationrules")
_WHOLE_REQUEST = re.compile(
    r"(?:request\.(?:form|values|data|json|POST|GET|environ|META|get_data\(.*?\)|get_json\(.*?\)|body|query_string"
    r"|full_path)|config)\s*(?:$|\||\.(?:to_dict|items)\()"
)
_CARD_AGAIN = re.compile(
    r"カード情報の?(?:再?入力|更新|登録|確認)|(?:update|enter|confirm) your card", re.IGNORECASE
)
_SECRETS = re.compile(
    r"\b(?:secret_key|api_secret|webhook_secrets?|signing_(?:key|secret)|private_key|SECRET_KEY)\b"
)
_AMOUNT = re.compile(r"(?:^|_)(?:amount|total|subtotal|price|unit_price|grand_total)(?:$|_)")
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
        if card := card_fields.card_in(expression):
            yield Finding(path, line, "HK105", f"the template renders a field for a {card.value}")
    for line, expression in template.printed:
        if _SECRETS.search(jinja.STRINGS.sub("''", expression)):
            yield Finding(path, line, "HK501", "the page shows a secret key to everybody")
        if _WHOLE_REQUEST.match(expression):
            yield Finding(
                path, line, "HK205", f"{expression} shows everything that was sent, or is configured"
            )


@dataclass
class _Form:
    line: int
    method: str
    action: str
    personal: bool = False
    gets: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    """The lengths of its short fields."""


class _Page(HTMLParser):
    """Walks a page once; what needs labels is judged at its end."""

    def __init__(self, path: str, template: jinja.Template, config: Config) -> None:
        super().__init__(convert_charrefs=True)
        self._path, self._template, self._config = path, template, config
        self.findings: list[Finding] = []
        self._fields: list[card_fields.Field] = []
        self._texts: dict[str, str] = {}
        self._open: list[tuple[str, str | None, list[str], list[card_fields.Field]]] = []
        self._form: _Form | None = None
        self._before = self._before_that = ""
        self._legend = ""
        self._unnamed: card_fields.Field | None = None
        self._loops: list[int] = []
        self._pays = False
        self._frames: list[int] = []
        self._script: tuple[int, dict[str, str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {
            name.lower(): (value or "").replace(jinja.END + " ", jinja.END) for name, value in reversed(attrs)
        }
        self._judge_element(tag, attributes)
        self._pays |= elements.loads_provider(tag, attributes, self._template, self._config)
        if tag == "form":
            self._begin_form(attributes)
        if tag in elements.FRAMES:
            self._frames.append(self.getpos()[0])
        if card_fields.is_field(tag, attributes):
            self._add_field(tag, attributes)
        elif tag not in _ASIDE:
            self._unnamed = None
        if tag == "img" and attributes.get("alt"):
            self.handle_data(attributes["alt"])
        if tag not in _VOID:
            key = attributes.get({"label": "for", "a": "href"}.get(tag, "id"))
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

    def _close_element(self, name: str, key: str | None, text: str, inside: list[card_fields.Field]) -> None:
        if name == "a":
            self._judge_link(key or "", text)
        elif key:
            self._texts.setdefault(key, text)
        if name == "label":
            for each in inside:
                each.labels.append(text)
        elif name == "legend":
            self._legend = text
        elif name == "fieldset":
            self._legend = ""
        elif name == "option":
            self._judge_option(text)
            self._caption_select(text)
        elif name == "style":
            for each_fault in styles.check_text(self._path, text, self._config):
                self._found(each_fault.rule, each_fault.message)

    def _caption_select(self, text: str) -> None:
        """The first option of a choice often stands in for its label."""
        each = self._fields[-1] if self._fields else None
        if each is not None and each.tag == "select" and not each.has_options:
            each.has_options = True
            each.said.append(text)

    def _judge_option(self, text: str) -> None:
        if card_fields.is_offered_number(text):
            self._found("HK105", "an option shows a card number's groups")

    def _judge_link(self, address: str, text: str) -> None:
        """A link that speaks of a card leads to the provider or to us: elsewhere people would type it for strangers."""
        host = urlsplit(address).hostname if re.match(r"(?:https?:)?//", address) else None
        speaks = is_whole_card(text) or card_label(text) or _CARD_AGAIN.search(text)
        if host and speaks and not self._config.is_provider(host):
            self._found("HK108", f"a link to {host} speaks of a card")

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._judge_inline(data)
            return
        for expression in self._template.expressions_in(data):
            if self._form is not None and re.search(r"\bform\b|_form\b|csrf", expression):
                self._form.personal = True
        plain = re.sub(r"\ue000\d+\ue001", "", data)
        if plain.strip():
            is_part = len(self._before) <= _PART and len(plain.strip()) <= _PART
            self._before_that = self._before if is_part else ""
            self._before = plain.strip()
            self._name_late(self._before)
        for _, _, texts, _ in self._open:
            texts.append(plain)

    def _name_late(self, text: str) -> None:
        """A caption may come after a field that has none before it, as a hint in small print."""
        if self._unnamed is not None and is_short_label(text):
            self._unnamed.said.append(text)
        self._unnamed = None

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
        for line in self._frames if self._pays else ():
            self._found(
                "HK404", "a frame of our own stands on the page on which the provider's fields are", line
            )
        while self._open:
            name, key, texts, inside = self._open.pop()
            self._close_element(name, key, "".join(texts), inside)
        for each in self._fields:
            each.labels += [
                self._texts.get(key, "")
                for key in (
                    each.attributes.get("id", ""),
                    *each.attributes.get("aria-labelledby", "").split(),
                    *each.attributes.get("aria-describedby", "").split(),
                )
                if key
            ]
            if reason := card_fields.card_field(each) or (self._pays and card_fields.unnamed(each)):
                self._found(
                    "HK105",
                    f"{each.attributes.get('name') or each.attributes.get('id') or each.tag}: {reason}",
                    each.line,
                )

    def _found(self, rule: str, message: str, line: int | None = None) -> None:
        shown = self._template.written(message).replace(jinja.MARK, "…")
        self.findings.append(Finding(self._path, line or self.getpos()[0], rule, shown))

    def _add_field(self, tag: str, attributes: dict[str, str]) -> None:
        field_ = card_fields.Field(self.getpos()[0], attributes, tag)
        field_.group = self._legend
        if is_short_label(self._before):
            field_.said += [self._before, self._before_that + self._before]
        self._unnamed = None if self._before else field_
        self._before = ""
        self._fields.append(field_)
        for name, _, _, inside in self._open:
            if name == "label":
                inside.append(field_)
        if self._form is not None:
            self._form.personal |= card_fields.is_personal(tag, attributes)
            length = attributes.get("maxlength", attributes.get("size", ""))
            if length.isdigit() and tag == "input" and not card_fields.is_dialled(attributes):
                self._form.parts += [int(length)] * self._times

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
        if card_fields.is_split_number(form.parts):
            self._found("HK105", "several short fields, as a card number is split", form.line)

    def _judge_element(self, tag: str, attributes: dict[str, str]) -> None:
        for fault in elements.faults(tag, attributes, self._template, self._config):
            self._found(fault.rule, fault.message)
        for fault in handed_words.faults(attributes):
            self._found(fault.rule, fault.message)
        for each in styles.check_text(self._path, f"x{{{attributes.get('style', '')}}}", self._config):
            self._found(each.rule, each.message)
        if tag == "option":
            self._judge_option(attributes.get("value", ""))
            self._judge_option(attributes.get("label", ""))
        is_hidden = tag == "input" and attributes.get("type", "").lower() == "hidden"
        if is_hidden and _AMOUNT.search(attributes.get("name", "")):
            self._found("HK303", f"the page brings '{attributes['name']}' back, which anybody may alter")
        if attributes.get("formmethod", "").lower() == "get" and self._form is not None:
            self._form.gets.append(self.getpos()[0])
        if tag in elements.FRAMES and "srcdoc" in attributes:
            if jinja.MARK in attributes["srcdoc"][:1]:
                self._found("HK404", "a frame's whole page comes out of an expression")
            self._judge_inner(attributes["srcdoc"], self.getpos()[0])

    def _judge_inner(self, html: str, line: int) -> None:
        """A page within the page: a frame's own text, a template for a script."""
        self.findings += [
            Finding(self._path, line, each.rule, each.message)
            for each in check_text(self._path, self._template.written(html), self._config, fragment=True)
        ]

    def _judge_inline(self, data: str) -> None:
        assert self._script is not None
        line, attributes = self._script
        kind = attributes.get("type", "").lower()
        if not data.strip() or _DATA_SCRIPTS.search(kind):
            if asked := handed_words.asked_in(data):
                self._found("HK105", f"data of the page hands a script '{asked}' for a field", line)
            if "speculation" in kind:
                for found in filter(
                    lambda each: not self._config.is_provider(each[1]), _HOSTS.finditer(data)
                ):
                    self._found("HK404", f"a page of {found[1]} is loaded beforehand", line)
            return
        if _TEMPLATE_SCRIPTS.search(kind):
            self._judge_inner(data, line)
            return
        nonce = attributes.get("nonce", "")
        if not nonce:
            self._found("HK405", "script stands in the page without a nonce", line)
        elif jinja.MARK not in nonce and jinja.MARK not in data:
            self._found("HK405", "the nonce is constant, so anybody knows it", line)
        code = re.sub(r"\ue000\d+\ue001", "0", data)
        for each in javascript.check_text(self._path, code, self._config):
            self.findings.append(Finding(self._path, (each.line or 1) + line - 1, each.rule, each.message))
