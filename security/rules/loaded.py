"""HK109, HK404, HK405, HK409, HK412: what an element loads, tells or hands over besides code. Pure.

A picture, a hint for a connection or a ping tells another host as much as a script's address does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from . import jinja
from .policy import Fault

Attributes = Mapping[str, str]
Away = Callable[[str], str | None]

_ONE = ("src", "poster", "background", "codebase", "classid", "data", "icon", "lowsrc", "attributionsrc")
_SEVERAL = {"srcset": ",", "imagesrcset": ",", "ping": " ", "archive": " "}
_SHAPES = frozenset(
    {"use", "image", "feimage", "mpath", "pattern", "lineargradient", "radialgradient", "filter"}
)
"""Elements of SVG whose `href` loads something, where a link's only leads there."""
_JUDGED_APART = frozenset({"script", "iframe", "frame", "portal", "fencedframe"})
_SAYS = frozenset(
    {
        "canonical",
        "alternate",
        "author",
        "license",
        "help",
        "me",
        "next",
        "prev",
        "search",
        "bookmark",
        "nofollow",
    }
    | {
        "noopener",
        "noreferrer",
        "external",
        "tag",
        "privacy-policy",
        "terms-of-service",
        "pingback",
        "opener",
    }
)
"""What a link element may be without anything being loaded or connected to."""
_ANIMATED = re.compile(r"^(?:(?:xlink:)?href|src|action|formaction|on\w+)$", re.IGNORECASE)
_TYPED = re.compile(
    r"\bform\w*\.\w+\.data\b|\brequest\.(?:form|values|args|json|cookies|POST|GET|get_json|get_data)\b",
    re.IGNORECASE,
)


def faults(tag: str, attributes: Attributes, template: jinja.Template, away: Away) -> Iterator[Fault]:
    """What is wrong with what an element loads; `away` says where an address leads, None when to this site."""
    for name, address in _addresses(tag, attributes):
        host = away(address)
        if host is not None and not address.startswith(jinja.MARK):
            yield Fault("HK404", f"{tag} {name} asks {host}, which is not listed")
        if any(map(_TYPED.search, template.expressions_in(address))):
            yield Fault("HK109", f"{tag} {name}: what is typed stands in an address")
    is_animation = tag.startswith("animate") or tag == "set"
    if is_animation and _ANIMATED.match(attributes.get("attributename", "").strip()):
        yield Fault("HK405", f"{tag} changes an address or a handler while the page is shown")
    yield from _windows(tag, attributes)


def _addresses(tag: str, attributes: Attributes) -> Iterator[tuple[str, str]]:
    if tag in _JUDGED_APART:
        return
    yield from ((name, attributes[name].strip()) for name in _ONE if attributes.get(name))
    for name, separator in _SEVERAL.items():
        for part in attributes.get(name, "").split(separator):
            if words := part.split():
                yield name, words[0]
    if tag in _SHAPES:
        yield from (
            (name, attributes[name].strip()) for name in ("href", "xlink:href") if attributes.get(name)
        )
    if tag == "link" and set(attributes.get("rel", "").lower().split()) - _SAYS:
        yield "href", attributes.get("href", "").strip()


def _windows(tag: str, attributes: Attributes) -> Iterator[Fault]:
    """A page that keeps a hold of the one that opened it; a frame to which any origin gets what the browser guards."""
    if "opener" in attributes.get("rel", "").lower().split():
        yield Fault("HK409", f"{tag}: what is opened keeps a hold of this page")
    for allowed in attributes.get("allow", "").split(";"):
        feature, *origins = allowed.split() or [""]
        if "*" in origins:
            yield Fault("HK412", f"{tag}: {feature} is handed to any origin")
