"""Judge what a browser was shown: fields, frames, forms, scripts and requests of one page. Pure; no browser here.

The document comes from the browser's own tree (Chrome DevTools Protocol, DOM.getDocument with depth -1 and pierce),
so that shadow roots, closed ones too, and frames of the page's own process are in it and no script of the page can
hide them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from ..counted import counted
from ..finding import Finding
from ..rules import card_fields
from ..scripts.inventory import PROVIDER, Script, integrity_of

Node = Mapping[str, Any]


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
    links: frozenset[str] = frozenset()
    """Other origins that a link may lead to."""


_CARD_WORDS = re.compile(
    r"(?<![a-z])(?:credit|debit)?[\s_-]?card[\s_.-]?(?:n(?:o|r|um|umber)(?![a-z])|holder|exp|cvc|pan)"
    r"|(?<![a-z])cc[\s_.-]?(?:n(?:o|um|umber)|exp|cvc|csc|name)(?![a-z])|(?<![a-z])pan(?![a-z])"
    r"|(?<![a-z])(?:cvc2?|cvv2?|csc|cid)(?![a-z])|(?:security|card verification)[\s_.-]?(?:code|value)"
    r"|(?<![a-z])exp(?:iry|iration)?[\s_.-]?(?:date|month|year|mm|yy)?(?![a-z])"
    r"|(?:カード|クレジット)\s*(?:番号|名義|の?有効期限)|有効期限|セキュリティ\s*コード|かーどばんごう",
    re.IGNORECASE,
)
_READ = ("name", "id", "placeholder", "aria-label", "title", "data-name")


def judge_document(root: Node, allowed: Allowed) -> list[Finding]:
    """Card-like fields in documents of ours, frames, form targets, what is loaded from where, and ways to lead away.

    `Finding.path` is the document's address without its query.
    """
    url = str(root.get("documentURL", ""))
    place = url.partition("?")[0].partition("#")[0]
    return [Finding(place, None, rule, message) for rule, message in _judge_tree(root, allowed, url)]


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
                Finding(
                    each.url or allowed.origin,
                    None,
                    "script",
                    f"{each.url or 'a script without address'} is not listed for this page",
                )
            )
        elif integrity_of(each.source.encode()) != known.hash:
            findings.append(Finding(each.url, None, "script", f"{known.path} differs from the inventory"))
    return findings


def judge_requests(urls: Iterable[str], allowed: Allowed) -> list[Finding]:
    """Every request must go to the page's own origin or to one of the provider's."""
    known = {allowed.origin, origin_of(allowed.script), *allowed.frames, *allowed.targets}
    strangers = {origin_of(url) for url in urls if not url.startswith(("data:", "blob:", "about:"))} - known
    return [
        Finding(allowed.origin, None, "request", f"a request went to {origin}")
        for origin in sorted(strangers)
    ]


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


Fault = tuple[str, str]
"""Rule and message."""


def _judge_tree(root: Node, allowed: Allowed, base: str) -> Iterator[Fault]:
    labels = _labels(root)
    beside = _texts_beside(root)
    yield from _judge_forms(root)
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
        yield from _judge_field(name, node, attributes, labels, beside.get(id(node), ""))
        yield from _judge_target(name, attributes, allowed, base)
        yield from _judge_loading(name, attributes, allowed, base)
        yield from _judge_leading_away(name, attributes, allowed, base)


def _judge_field(
    name: str, node: Node, attributes: dict[str, str], labels: dict[object, str], beside: str
) -> Iterator[Fault]:
    if not card_fields.is_field(name, attributes):
        return
    bound = [id(node), attributes.get("id")]
    for key in ("aria-labelledby", "aria-describedby"):
        bound += attributes.get(key, "").split()
    field = card_fields.Field(0, attributes, name, [beside], [labels.get(key, "") for key in bound])
    said = [attributes.get(key, "") for key in _READ] + field.labels + field.said
    shown = attributes.get("name") or attributes.get("id") or name
    if reason := card_fields.card_field(field):
        yield ("card-field", f"{shown}: {reason}")
    elif words := next(filter(None, map(_CARD_WORDS.search, said)), None):
        yield ("card-field", f"{shown}: '{words[0]}'")


def _judge_frame(name: str, attributes: dict[str, str], allowed: Allowed, base: str) -> Iterator[Fault]:
    source = attributes.get("src") or attributes.get("data") or ""
    origin = origin_of(urljoin(base, source)) if source else ""
    if "srcdoc" in attributes or origin not in allowed.frames:
        yield ("frame", f"{name} of {origin or 'no address'}")


def _judge_target(name: str, attributes: dict[str, str], allowed: Allowed, base: str) -> Iterator[Fault]:
    target = attributes.get("action") if name == "form" else attributes.get("formaction")
    if target and origin_of(urljoin(base, target)) != allowed.origin:
        # The provider's page is reached by a redirect after our own answer. A form of ours that leads there straight
        # would carry fields of ours (direct post: SAQ A-EP).
        yield ("form-target", f"{name} leads to {origin_of(urljoin(base, target)) or target}")


def _judge_file(name: str, node: Node, attributes: dict[str, str]) -> Iterator[Fault]:
    if name == "link":
        if "stylesheet" in attributes.get("rel", "").lower().split() and not attributes.get("integrity"):
            yield ("integrity", f"style {attributes.get('href', '')} has no integrity")
    elif "src" not in attributes:
        if "json" not in attributes.get("type", ""):
            yield (
                "inline-script",
                f"{counted(len(node.get('children', ())), 'pieces')} of script in the page itself",
            )
    elif not attributes.get("integrity") and origin_of(attributes["src"]) == "":
        yield ("integrity", f"script {attributes['src']} has no integrity")


_LOADS = {
    "script": "src",
    "img": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "track": "src",
    "link": "href",
}
_INERT = frozenset({"alternate", "canonical", "author", "license", "help", "next", "prev", "search"})


def _judge_loading(name: str, attributes: dict[str, str], allowed: Allowed, base: str) -> Iterator[Fault]:
    """What the document asks the browser to load from elsewhere, whether or not a policy stops it."""
    address = attributes.get(_LOADS.get(name, ""), "")
    if not address or (name == "link" and set(attributes.get("rel", "").lower().split()) <= _INERT):
        return
    whole = urljoin(base, address)
    if whole.startswith(("data:", "blob:")):
        if name in {"script", "link"}:
            yield ("third-party", f"a {name} is made of a {whole.partition(':')[0]} address")
    elif origin_of(whole) != allowed.origin and whole != allowed.script:
        yield ("third-party", f"a {name} is loaded from {origin_of(whole)}")


def _judge_leading_away(
    name: str, attributes: dict[str, str], allowed: Allowed, base: str
) -> Iterator[Fault]:
    """Elements and attributes that run something, or lead the shopper to another host."""
    if any(attribute.startswith("on") for attribute in attributes):
        yield ("inline-script", f"a {name} has a handler in the page itself")
    if name == "base":
        yield ("leads-away", "a base element bends every address of the page")
    if name == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
        yield ("leads-away", "a meta element leads on by itself")
    if name in {"a", "area"} and "href" in attributes:
        target = urljoin(base, attributes["href"])
        if target.lower().startswith("javascript:"):
            yield ("inline-script", "a link holds script")
        elif target.startswith("http") and origin_of(target) not in {allowed.origin, *allowed.links}:
            yield ("leads-away", f"a link leads to {origin_of(target)}")


def _judge_forms(root: Node) -> Iterator[Fault]:
    """Forms as wholes: several short fields that take a number in parts; typed text that goes into the address."""
    for form in _nodes(root):
        if str(form["nodeName"]).lower() != "form":
            continue
        fields = [
            _attributes(node)
            for node in _nodes(form)
            if str(node["nodeName"]).lower() in {"input", "textarea"}
        ]
        texts = [each for each in fields if each.get("type", "text").lower() in _TEXT_KINDS]
        about = _attributes(form)
        if texts and about.get("method", "get").lower() == "get" and about.get("role") != "search":
            yield ("form-get", f"what is typed goes into the address: {about.get('action', 'this page')}")
        lengths = [_length(each) for each in texts if not card_fields.is_dialled(each)]
        if card_fields.is_split_number(lengths):
            yield ("card-field", "several short fields take a number in parts")


_TEXT_KINDS = frozenset({"text", "tel", "number", "password", "email", "url", ""})


def _length(attributes: dict[str, str]) -> int:
    given = attributes.get("maxlength", attributes.get("size", ""))
    return int(given) if given.isdigit() else 0


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


_BESIDE = 40
"""Characters: a caption is short, a sentence about cards near a field is none."""


def _texts_beside(root: Node) -> dict[int, str]:
    """For each field the short text right before it, which people read as its caption."""
    texts, last = dict[int, str](), ""
    for node in _in_order(root):
        name = str(node["nodeName"]).lower()
        if words := " ".join(_shown(node).split()):
            last = words
        elif name in {"input", "select", "textarea"} or "contenteditable" in _attributes(node):
            if _attributes(node).get("type", "").lower() != "hidden":
                texts[id(node)] = last if len(last) <= _BESIDE else ""
                last = ""
        elif name in {"form", "h1", "section", "main"}:
            last = ""
    return texts


def _in_order(root: Node) -> Iterator[Node]:
    """Every node in the order of the document, shadow roots first."""
    yield root
    for kind in ("shadowRoots", "children"):
        for child in root.get(kind, ()):
            yield from _in_order(child)


def _text(node: Node) -> str:
    return "".join(_shown(each) for each in _in_order(node))


def _shown(node: Node) -> str:
    """What a node shows as text: its own, or what stands for a picture."""
    if node["nodeName"] == "#text":
        return str(node.get("nodeValue", ""))
    is_picture = str(node["nodeName"]).lower() in {"img", "image", "svg"}
    return (
        next((value for key, value in _attributes(node).items() if key in {"alt", "aria-label"}), "")
        if is_picture
        else ""
    )


def _static_name(url: str, origin: str) -> str:
    own = origin + "/static/"
    return urlsplit(url).path.removeprefix("/static/") if url.startswith(own) else ""
