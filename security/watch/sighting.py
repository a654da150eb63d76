"""What one visitor was shown on one page, and how two such pictures differ. Pure.

Compared is what decides where a card number could go: scripts and styles with their hashes, frames, forms and their
fields, headers, workers, hosts, and the kinds of elements that pages are made of. Texts, prices and pictures are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..canary.page import Node
from ..finding import Finding

HEADERS = (
    "content-security-policy",
    "content-security-policy-report-only",
    "strict-transport-security",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "cross-origin-embedder-policy",
    "access-control-allow-origin",
    "service-worker-allowed",
    "reporting-endpoints",
    "report-to",
    "nel",
    "link",
    "speculation-rules",
    "refresh",
    "x-frame-options",
)
_KEPT = ("type", "name", "autocomplete", "rel", "http-equiv", "role", "method", "class", "inputmode")
_PUBLIC_KEY = "pk_"  # as the provider's begin, which stand on the page


@dataclass(frozen=True)
class Sighting:
    """One page as one visitor saw it. Addresses are without their query; every list is sorted and holds each once."""

    page: str
    """The page's kind: its path, with what stands for one thing among many replaced."""
    visitor: str
    status: int
    scripts: tuple[tuple[str, str], ...] = ()
    """Address ("" for one without) and hash of the source as the browser had it."""
    styles: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    loads: tuple[str, ...] = ()
    """Tag, relation and origin of what the document asks for from other hosts."""
    hosts: tuple[str, ...] = ()
    """Origins that requests went to."""
    workers: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    elements: tuple[str, ...] = ()
    """Kinds of elements: tag and the attributes that say what an element is for."""

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"headers": dict(self.headers)}


def of_document(root: Node) -> dict[str, tuple[str, ...]]:
    """Styles, frames, forms, loads and kinds of elements in a browser's tree, ready for a Sighting."""
    base = str(root.get("documentURL", ""))
    own, found = (
        origin_of(base),
        {name: set[str]() for name in ("styles", "frames", "forms", "loads", "elements")},
    )
    for tag, about in _elements(root):
        found["elements"].add(kind_of(tag, about))
        address = urljoin(base, about.get("src") or about.get("href") or about.get("data") or "")
        if tag == "form":
            found["forms"].add(
                f"{about.get('method', 'get').lower()} {_place(urljoin(base, about.get('action', '')))}"
            )
        elif tag in {"iframe", "frame", "object", "embed"}:
            found["frames"].add(f"{tag} {origin_of(address) or 'no address'}")
        elif tag == "link" and "stylesheet" in about.get("rel", ""):
            found["styles"].add(f"{_place(address)} {about.get('integrity', 'no integrity')}")
        if tag in {"script", "link", "img", "source", "video", "audio"} and origin_of(address) not in {
            own,
            "",
        }:
            found["loads"].add(f"{tag} {about.get('rel', '')} {origin_of(address)}")
    return {name: tuple(sorted(values)) for name, values in found.items()}


def kind_of(tag: str, about: Mapping[str, str]) -> str:
    """What an element is for: its tag and telling attributes. Two products in a list are of one kind."""
    said = [f"{name}={' '.join(_words(name, about[name]))}" for name in _KEPT if about.get(name)]
    # With another account's key the provider's own fields pay somebody else.
    said += [f"{name}={value}" for name, value in sorted(about.items()) if value.startswith(_PUBLIC_KEY)]
    names = sorted(name for name in about if name not in _KEPT and not name.startswith(("data-", "aria-")))
    return " ".join([tag, *said, *names])


def _words(name: str, value: str) -> list[str]:
    """The words of an attribute; of classes without their variants (`stock--out`), which tell of a state."""
    words = value.split()
    return sorted({word.partition("--")[0] for word in words} if name == "class" else set(words))


def differences(seen: Iterable[Sighting], approved: Iterable[Sighting]) -> list[Finding]:
    """What was seen and is in no approved sighting of the same page, or of any page where kinds are shared."""
    known = list(approved)
    return list(dict.fromkeys(finding for each in seen for finding in _differ(each, known)))


def _differ(seen: Sighting, known: list[Sighting]) -> Iterator[Finding]:
    same = [each for each in known if each.page == seen.page]
    place = f"{seen.page} as {seen.visitor}"
    if not same:
        yield Finding(place, None, "watch-page", "a page of a kind that was never approved")
    for name in ("scripts", "frames", "forms", "loads", "hosts", "workers"):
        approved = {value for each in same or known for value in getattr(each, name)}
        for value in getattr(seen, name):
            if value not in approved:
                yield Finding(place, None, f"watch-{name}", f"not approved: {_text(value)}")
    for name in ("styles", "elements"):
        approved = {value for each in known for value in getattr(each, name)}
        for value in getattr(seen, name):
            if value not in approved:
                yield Finding(place, None, f"watch-{name}", f"not approved: {_text(value)}")
    yield from _headers_differ(seen, same or known, place)
    if same and seen.status not in {each.status for each in same}:
        yield Finding(place, None, "watch-status", f"answers {seen.status}")


def _headers_differ(seen: Sighting, known: list[Sighting], place: str) -> Iterator[Finding]:
    for name in HEADERS:
        allowed = {each.headers.get(name, "") for each in known}
        if seen.headers.get(name, "") not in allowed:
            yield Finding(
                place, None, "watch-headers", f"{name} is now: {seen.headers.get(name) or 'not there'}"[:300]
            )


def read(document: Mapping[str, Any]) -> Sighting:
    """A sighting from its document. Raises KeyError or TypeError when it is none."""
    lists = {
        name: tuple(document[name])
        for name in ("styles", "frames", "forms", "loads", "hosts", "workers", "elements")
    }
    scripts = tuple((str(url), str(digest)) for url, digest in document["scripts"])
    return Sighting(
        str(document["page"]),
        str(document["visitor"]),
        int(document["status"]),
        scripts,
        headers={str(name): str(value) for name, value in document["headers"].items()},
        **lists,
    )


def origin_of(url: str) -> str:
    """Scheme, host and port; empty for an address without a host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


_ONE_OF_MANY = (
    (re.compile(r"/orders/[^/]+"), "/orders/*"),
    (re.compile(r"/products/[^/]+"), "/products/*"),
    (re.compile(r"/categories/[^/]+"), "/categories/*"),
)


def page_kind(path: str) -> str:
    """A path with what names one thing among many replaced, and without its language."""
    for pattern, instead in _ONE_OF_MANY:
        path = pattern.sub(instead, path)
    return path


def _place(url: str) -> str:
    return origin_of(url) + page_kind(urlsplit(url).path)


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _elements(root: Node) -> Iterator[tuple[str, dict[str, str]]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        flat = node.get("attributes", [])
        if node.get("nodeType", 1) == 1 or flat:
            pairs = zip(flat[::2], flat[1::2], strict=True)
            yield str(node["nodeName"]).lower(), {str(name).lower(): str(value) for name, value in pairs}
        for kind in ("children", "shadowRoots"):
            waiting.extend(node.get(kind, ()))
        if "templateContent" in node:
            waiting.append(node["templateContent"])
