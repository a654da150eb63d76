"""Read a page's HTML as elements and forms, the way a check needs it. Pure; standard library alone.

It is no browser: what a script makes of the page is `security.canary`'s to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_TEXT_KINDS = frozenset({"text", "search", "email", "tel", "url", "password", "number", "textarea", ""})


@dataclass(frozen=True)
class Element:
    """A start tag: its name, attributes and line."""

    tag: str
    attributes: dict[str, str]
    line: int


@dataclass
class Field:
    """One control of a form. `options` are a select's or a radio group's values."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    required: bool = False

    @property
    def takes_text(self) -> bool:
        """Whether a person can type into it."""
        return self.kind in _TEXT_KINDS


@dataclass
class Form:
    """One form: where it leads, how, and its fields by name."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    def defaults(self) -> dict[str, str]:
        """What a browser would send if nobody touched it, buttons apart."""
        return {name: each.value for name, each in self.fields.items()}


def elements(html: str) -> list[Element]:
    """Every start tag in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.elements


def forms(html: str) -> list[Form]:
    """Every form in order, with controls that name it by `form=` too. Buttons are left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return list(reader.forms())


class _Reader(HTMLParser):
    """Collects start tags, and the text of text areas."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._owner: list[int] = []
        """For each element the form around it, by the form's place in `elements`; -1: none."""
        self._form = -1
        self._text: dict[int, str] = {}
        self._in_textarea = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, self.getpos()[0]))
        if tag == "form":
            self._form = len(self.elements) - 1
        self._owner.append(self._form)
        self._in_textarea = tag == "textarea"

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = -1
        self._in_textarea = False

    def handle_data(self, data: str) -> None:
        if self._in_textarea:
            self._text[len(self.elements) - 1] = data

    def forms(self) -> Iterator[Form]:
        for place, element in enumerate(self.elements):
            if element.tag != "form":
                continue
            about = element.attributes
            form = Form(about.get("action", ""), about.get("method", "get").lower())
            for at, other in enumerate(self.elements):
                given = other.attributes.get("form")
                if (given is not None and given == about.get("id")) or (
                    given is None and self._owner[at] == place
                ):
                    self._add(form, at, other)
            yield form

    def _add(self, form: Form, at: int, element: Element) -> None:
        about, name = element.attributes, element.attributes.get("name", "")
        if element.tag == "option":
            self._add_option(form, at, about)
        if not name or element.tag not in {"input", "select", "textarea"}:
            return
        kind = about.get("type", "text").lower() if element.tag == "input" else element.tag
        if kind in {"submit", "button", "image", "reset"}:
            return
        known = form.fields.setdefault(name, Field(name, kind, required="required" in about))
        value = self._text.get(at, "") if kind == "textarea" else about.get("value", "")
        if kind in {"radio", "checkbox"}:
            known.options.append(value)
            if "checked" in about:
                known.value = value
        elif element.tag != "select":
            known.value = value

    def _add_option(self, form: Form, at: int, about: dict[str, str]) -> None:
        select = next(each for each in reversed(self.elements[:at]) if each.tag == "select")
        known = form.fields.get(select.attributes.get("name", ""))
        if known is None:
            return
        value = about.get("value", "")
        if "selected" in about or not known.options:
            known.value = value
        known.options.append(value)
