"""Judge what a browser was shown: fields, frames, forms, scripts and requests of one page. Pure; no browser here.

The document comes from the browser's own tree (Chrome DevTools Protocol, DOM.getDocument with depth -1 and pierce),
so that shadow roots, closed ones too, and frames of the page's own process are in it and no script of the page can
hide them.
"""

# ruff: noqa: TID252  (this package may be taken elsewhere under another name)
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from ..scripts.inventory import PROVIDER, Script, integrity_of

Node = Mapping[str, Any]


class Finding(NamedTuple):
    """`rule` is stable; `what` is one line for people."""

    rule: str
    what: str


class Executed(NamedTuple):
    """A script that ran: its address ("" for one without) and its source as the browser had it."""

    url: str
    source: str


@dataclass(frozen=True)
class Allowed:
    """What a page may have besides its own `origin`: the provider's script, frames and payment page.

    `is_payment`: whether scripts listed for payment pages may run on it.
    """

    origin: str
    script: str = ""
    frames: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    is_payment: bool = False


_CARD_WORDS = re.compile(
    r"(?<![a-z])(?:credit|debit)?[\s_-]?card[\s_.-]?(?:n(?:o|r|um|umber)(?![a-z])|holder|exp|cvc|pan)"
    r"|(?<![a-z])cc[\s_.-]?(?:n(?:o|um|umber)|exp|cvc|csc|name)(?![a-z])|(?<![a-z])pan(?![a-z])"
    r"|(?<![a-z])(?:cvc2?|cvv2?|csc|cid)(?![a-z])|(?:security|card verification)[\s_.-]?(?:code|value)"
    r"|(?<![a-z])exp(?:iry|iration)?[\s_.-]?(?:date|month|year|mm|yy)?(?![a-z])"
    r"|(?:カード|クレジット)\s*(?:番号|名義|の?有効期限)|有効期限|セキュリティ\s*コード|かーどばんごう",
    re.IGNORECASE,
)
_READ = ("name", "id", "placeholder", "aria-label", "title", "data-name")
_NO_ENTRY = frozenset({"submit", "button", "reset", "image", "checkbox", "radio", "file", "color", "range"})
_OTHER_NUMBERS = re.compile(r"^(?:tel|postal-code|one-time-code|bday|new-password|current-password)")
_CARD_LENGTHS = range(13, 20)


def judge_document(root: Node, allowed: Allowed) -> list[Finding]:
    """Card-like fields in documents of ours, frames, form targets, and own files without integrity."""
    return list(_judge_tree(root, allowed, str(root.get("documentURL", ""))))


def judge_scripts(executed: Iterable[Executed], scripts: Iterable[Script], allowed: Allowed) -> list[Finding]:
    """What ran against the inventory: by address and by the hash of the source that the browser had."""
    listed = {script.path: script for script in scripts if script.path}
    has_provider = any(script.url == PROVIDER for script in scripts)
    findings = []
    for each in executed:
        if has_provider and each.url and each.url == allowed.script:
            continue
        known = listed.get(_static_name(each.url, allowed.origin))
        if known is None or (known.pages == "payment" and not allowed.is_payment):
            findings.append(
                Finding("script", f"{each.url or 'a script without address'} is not listed for this page")
            )
        elif integrity_of(each.source.encode()) != known.hash:
            findings.append(Finding("script", f"{known.path} differs from the inventory"))
    return findings


def judge_requests(urls: Iterable[str], allowed: Allowed) -> list[Finding]:
    """Every request must go to the page's own origin or to one of the provider's."""
    known = {allowed.origin, origin_of(allowed.script), *allowed.frames, *allowed.targets}
    strangers = {origin_of(url) for url in urls if not url.startswith(("data:", "blob:", "about:"))} - known
    return [Finding("request", f"a request went to {origin}") for origin in sorted(strangers)]


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _judge_tree(root: Node, allowed: Allowed, base: str) -> Iterator[Finding]:
    labels = _labels(root)
    for node in _nodes(root):
        attributes = _attributes(node)
        name = str(node["nodeName"]).lower()
        if "contentDocument" in node:
            inner = node["contentDocument"]
            if origin_of(inner.get("documentURL", "")) not in allowed.frames:
                yield from _judge_tree(inner, allowed, inner.get("documentURL") or base)
        if name in {"iframe", "frame", "object", "embed", "portal", "fencedframe"}:
            yield from _judge_frame(name, attributes, allowed, base)
        elif name in {"script", "link"}:
            yield from _judge_file(name, node, attributes)
        yield from _judge_field(name, node, attributes, labels)
        yield from _judge_target(name, attributes, allowed, base)


def _judge_field(
    name: str, node: Node, attributes: dict[str, str], labels: dict[object, str]
) -> Iterator[Finding]:
    takes_text = (
        name in {"textarea", "select"}
        or (name == "input" and attributes.get("type", "text").lower() not in _NO_ENTRY)
        or attributes.get("contenteditable", "false").lower() != "false"
        or attributes.get("role") in {"textbox", "searchbox", "spinbutton"}
    )
    if not takes_text:
        return
    said = [attributes.get(key, "") for key in _READ]
    said += [labels.get(key, "") for key in (id(node), attributes.get("id"))]
    said += [labels.get(key, "") for key in attributes.get("aria-labelledby", "").split()]
    autocomplete = attributes.get("autocomplete", "").lower()
    shown = attributes.get("name") or attributes.get("id") or name
    if any(token.startswith("cc-") for token in autocomplete.split()):
        yield Finding("card-field", f"{shown}: autocomplete {autocomplete}")
    elif words := next(filter(None, map(_CARD_WORDS.search, said)), None):
        yield Finding("card-field", f"{shown}: '{words[0]}'")
    elif _is_shaped_like_a_card(attributes) and not _OTHER_NUMBERS.match(autocomplete):
        yield Finding("card-field", f"{shown}: takes as many digits as a card has")


def _is_shaped_like_a_card(attributes: dict[str, str]) -> bool:
    pattern, length = attributes.get("pattern", ""), attributes.get("maxlength", "")
    is_numeric = attributes.get("inputmode") == "numeric" or r"\d" in pattern or "0-9" in pattern
    counts = [int(each) for each in re.findall(r"[{,](\d+)(?=[,}])", pattern)]
    if length.isdigit():
        counts.append(int(length))
    return is_numeric and any(count in _CARD_LENGTHS or count == 23 for count in counts)


def _judge_frame(name: str, attributes: dict[str, str], allowed: Allowed, base: str) -> Iterator[Finding]:
    source = attributes.get("src") or attributes.get("data") or ""
    origin = origin_of(urljoin(base, source)) if source else ""
    if "srcdoc" in attributes or origin not in allowed.frames:
        yield Finding("frame", f"{name} of {origin or 'no address'}")


def _judge_target(name: str, attributes: dict[str, str], allowed: Allowed, base: str) -> Iterator[Finding]:
    target = attributes.get("action") if name == "form" else attributes.get("formaction")
    if target and origin_of(urljoin(base, target)) not in {allowed.origin, *allowed.targets}:
        yield Finding("form-target", f"{name} leads to {urljoin(base, target)}")


def _judge_file(name: str, node: Node, attributes: dict[str, str]) -> Iterator[Finding]:
    if name == "link":
        if "stylesheet" in attributes.get("rel", "").lower().split() and not attributes.get("integrity"):
            yield Finding("integrity", f"style {attributes.get('href', '')} has no integrity")
    elif "src" not in attributes:
        if "json" not in attributes.get("type", ""):
            yield Finding(
                "inline-script", f"{len(node.get('children', ()))} pieces of script in the page itself"
            )
    elif not attributes.get("integrity") and origin_of(attributes["src"]) == "":
        yield Finding("integrity", f"script {attributes['src']} has no integrity")


def _nodes(root: Node) -> Iterator[Node]:
    """Every node below `root`, shadow roots too, but not what is in frames."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        for kind in ("children", "shadowRoots", "pseudoElements"):
            waiting.extend(node.get(kind, ()))
        if "templateContent" in node:
            waiting.append(node["templateContent"])


def _attributes(node: Node) -> dict[str, str]:
    flat = node.get("attributes", [])
    return dict(zip([str(name).lower() for name in flat[::2]], map(str, flat[1::2]), strict=True))


def _labels(root: Node) -> dict[object, str]:
    """Text of each label, by its field's id and by the fields inside of it; and of other elements by their own id."""
    texts: dict[object, str] = {}
    for node in _nodes(root):
        attributes, name = _attributes(node), str(node["nodeName"]).lower()
        if name == "label":
            texts |= dict.fromkeys([attributes.get("for"), *map(id, _nodes(node))], _text(node))
        elif "id" in attributes and name not in {"input", "select", "textarea", "body", "main", "form"}:
            texts.setdefault(attributes["id"], _text(node))
    return texts


def _text(node: Node) -> str:
    return "".join(str(each.get("nodeValue", "")) for each in _nodes(node) if each["nodeName"] == "#text")


def _static_name(url: str, origin: str) -> str:
    own = origin + "/static/"
    return urlsplit(url).path.removeprefix("/static/") if url.startswith(own) else ""
