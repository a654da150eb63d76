"""HK108, HK404, HK405, HK408, HK410: what one element of a page does by itself, where it leads, what it loads. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from . import jinja, loaded, policy, weak_headers
from .config import Config
from .policy import Fault

_HANDLER = re.compile(r"^on[a-z]{3,}$")
_CODE_ADDRESS = re.compile(r"[\x00-\x20]*(?:javascript|vbscript|data:text/html)", re.IGNORECASE)
_UNREAD = re.compile(r"[\t\n\r]")
"""What browsers take out of an address before they read it (URL Standard, 4.4)."""
_ADDRESSES = frozenset({"href", "src", "action", "formaction", "xlink:href", "data"})
_WRITES_HTML = frozenset({"v-html", "ng-bind-html", "x-html", "dangerouslysetinnerhtml"})
FRAMES = {
    "iframe": "src",
    "frame": "src",
    "object": "data",
    "embed": "src",
    "portal": "src",
    "fencedframe": "src",
}
_LINKS = frozenset({"stylesheet", "preload", "modulepreload", "prefetch", "import", "manifest", "prerender"})

_COPY = re.compile(
    r"(?:^|/)(?:stripe|payjp|square|braintree|adyen)(?:[.-]v\d+|-js)?(?:\.min)?\.m?js(?:$|\?)", re.IGNORECASE
)
_FILLED_IN = re.compile(r"(?:\{\w*\}|%s|%\(\w+\)s)")
_SCRIPT_SOURCES = frozenset({"src", "href", "xlink:href"})
"""SVG has its own scripts, and loads them by another name."""
_REFRESH = re.compile(r"[;,]\s*(?:url\s*=\s*)?['\"]?\s*([^\s'\"]+)", re.IGNORECASE)
_FOREIGN = re.compile(r"['\"]\s*(?:https?:)?//", re.IGNORECASE)
Attributes = Mapping[str, str]


def faults(tag: str, attributes: Attributes, template: jinja.Template, config: Config) -> Iterator[Fault]:
    """What is wrong with an element, whatever stands round it."""
    yield from _code_in(tag, attributes)
    judge = _Element(template, config)
    yield from loaded.faults(tag, attributes, template, judge.stranger)
    if tag == "form" or "formaction" in attributes:
        yield from judge.target(
            tag, attributes.get("action", "") if tag == "form" else attributes["formaction"]
        )
    if tag == "script":
        for key in _SCRIPT_SOURCES & attributes.keys():
            yield from judge.source("script", attributes[key], attributes)
    elif tag == "link":
        yield from judge.link(attributes)
    elif tag == "base" and judge.away(attributes.get("href", "")):
        yield Fault("HK404", "every relative address of the page leads elsewhere (base)")
    elif tag == "meta":
        yield from judge.meta(attributes)
    elif tag in FRAMES:
        yield from judge.source("frame", attributes.get(FRAMES[tag], ""), attributes)


def _code_in(tag: str, attributes: Attributes) -> Iterator[Fault]:
    for name, value in attributes.items():
        if _HANDLER.match(name):
            yield Fault("HK405", f"{tag} has the inline handler {name}")
        elif name in _ADDRESSES and _CODE_ADDRESS.match(_UNREAD.sub("", value)):
            yield Fault("HK405", f"{tag} runs a script by its address")
        elif name in _WRITES_HTML:
            yield Fault("HK408", f"{tag} writes HTML that is not constant")


def loads_provider(tag: str, attributes: Attributes, template: jinja.Template, config: Config) -> bool:
    """Whether a script comes from the provider, by its host or by what the configuration calls its address."""
    if tag != "script":
        return False
    source = attributes.get("src", "").strip()
    if any(each in config.script_sources for each in template.expressions_in(source)):
        return True
    host = urlsplit(source).hostname or ""
    return bool(host) and config.is_provider(host)


class _Element:
    """Judges addresses by what the configuration vouches for."""

    def __init__(self, template: jinja.Template, config: Config) -> None:
        self._template, self._config = template, config

    def target(self, tag: str, target: str) -> Iterator[Fault]:
        """Where a form leads."""
        away = self.away(target)
        if away:
            yield Fault("HK108", f"{tag} leads to {away}")

    def away(self, address: str) -> str | None:
        """Where an address leads if not surely to this site: a host, or an expression that nobody vouches for."""
        plain = address.strip()
        if re.match(r"^(?:[a-z][a-z0-9+.-]*:)?//", plain, re.IGNORECASE) or re.match(r"^[\\/]{2}", plain):
            return urlsplit(plain.replace("\\", "/")).netloc or "another origin"
        if plain.startswith(jinja.MARK):
            expression = next(iter(self._template.expressions_in(plain)), "a value")
            if _FOREIGN.search(expression):
                return f"{{{{ {expression} }}}}"
            return None if self._is_own(expression) else f"{{{{ {expression} }}}}"
        return None

    def stranger(self, address: str) -> str | None:
        """The same for what is no code: hosts that the configuration lists may be asked."""
        away, host = self.away(address), urlsplit(address.replace("\\", "/")).hostname or ""
        return None if host in self._config.script_hosts or self._config.is_provider(host) else away

    def _is_own(self, expression: str) -> bool:
        if re.match(r"^['\"]/(?!/)", expression):
            return True
        first = re.match(r"^[\w.]+", expression)
        return first is not None and (
            first[0] in self._config.own_addresses or first[0].split(".")[0] == "assets"
        )

    def source(self, what: str, source: str, attributes: Attributes) -> Iterator[Fault]:
        """Where a script, style or frame comes from."""
        plain = source.strip()
        expressions = self._template.expressions_in(plain)
        if plain.startswith(jinja.MARK) and expressions and expressions[0] in self._config.script_sources:
            return
        away = self.away(source)
        is_hashed = bool(expressions) and expressions[0].startswith("assets.")
        if (
            what in {"script", "style"}
            and (_FILLED_IN.match(plain) or is_hashed)
            and not attributes.get("integrity")
        ):
            yield Fault("HK404", f"a {what} from an address that a program fills in, without integrity")
        if what == "script" and _COPY.search(plain) and not plain.lower().startswith("https://"):
            yield Fault("HK404", "the provider's script is served by us; it must come from the provider")
        if away is None:
            if plain.startswith("data:") and what != "style":
                yield Fault("HK404", f"a {what} stands in a data: address")
            return
        if not self._is_vouched_for(plain, has_digest=bool(attributes.get("integrity"))):
            lacks = "" if attributes.get("integrity") else ", without integrity"
            yield Fault("HK404", f"a {what} from {away}, which is not listed{lacks}")

    def _is_vouched_for(self, address: str, *, has_digest: bool) -> bool:
        if not address.lower().startswith("https://"):
            return False
        host = urlsplit(address).hostname or ""
        return self._config.is_provider(host) or (has_digest and host in self._config.script_hosts)

    def link(self, attributes: Attributes) -> Iterator[Fault]:
        """What a link element loads."""
        kinds = set(attributes.get("rel", "").lower().split())
        if kinds & _LINKS:
            what = "style" if "stylesheet" in attributes.get("rel", "") else "file"
            yield from self.source(what, attributes.get("href", ""), attributes)

    def meta(self, attributes: Attributes) -> Iterator[Fault]:
        """A policy or a redirect that stands in the page."""
        kind, content = attributes.get("http-equiv", "").lower(), attributes.get("content", "")
        named = {"referrer": "referrer-policy"}.get(attributes.get("name", "").lower(), kind)
        if fault := weak_headers.fault_of(named, content):
            yield Fault("HK412", fault)
        if kind == "content-security-policy":
            yield from policy.judge_text(content, self._config)
        elif kind == "refresh" and (found := _REFRESH.search(content)) and (away := self.away(found[1])):
            yield Fault("HK410", f"the page leads to {away} by itself")
