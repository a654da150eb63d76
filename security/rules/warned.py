"""HK601: the warning that a page's own guard shows: on every page of a frame, with its script, and seen. Pure.

Which frames have it stands in `warnings` of the configuration, what must be seen of it in `seen`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from ..finding import Finding
from .config import WARNING, Config, matches, parsed

_COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
_STATEMENT = re.compile(r"\{%[-+]?\s*(\w+)\b(.*?)[-+]?%\}", re.DOTALL)
_HELD = frozenset({"if", "for", "block", "macro", "call", "filter", "set", "raw", "trans"})
"""Statements whose body a page shows sometimes, elsewhere, or not as it is written."""
_UNSEEN_IN = frozenset({"template", "noscript", "details", "dialog", "script", "style", "select", "title"})
_VOID = frozenset({"base", "br", "hr", "img", "input", "link", "meta", "path", "circle", "source", "wbr"})
_UNSEEN_CLASS = re.compile(
    r"(?<![\w-])(?:unseen|hidden|invisible|visually-hidden|sr-only|screen-reader\S*|d-none|is-hidden)(?![\w-])"
)
_HIDES = frozenset({"hidden", "inert", "aria-hidden", "style", "popover"})

_FAR = r"-?(?:\d{4,}px|[89]\d(?:\.\d+)?(?:vh|vw|dvh|%)|\d{3,}(?:\.\d+)?(?:r?em|ch|d?vh|vw|%))|-\d{3,}px"
_HIDDEN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    r"|opacity\s*:\s*(?:0*\.[0-3]\d*|0+|[0-2]?\d%)\s*(?:!|;|$)|filter\s*:[^;]*opacity\(\s*0|clip-path\s*:\s*(?!none)"
    r"|clip\s*:\s*rect|(?:font-size|(?:max-)?(?:height|width|block-size|inline-size))\s*:\s*[01](?:px|r?em|%)?\s*(?:!|;|$)"
    r"|z-index\s*:\s*-|(?:color|-webkit-text-fill-color)\s*:\s*transparent"
    rf"|(?:transform|scale)\s*:[^;]*(?:scale\w*\(\s*0?\.?0*\s*[,)]|:\s*0\s*(?:;|$))"
    rf"|(?:transform|translate|left|right|top|bottom|inset[\w-]*|margin[\w-]*|text-indent)\s*:[^;]*(?<![\w.])(?:{_FAR}))",
    re.IGNORECASE,
)
_NESTED = r"\((?:[^()]|\([^()]*\))*\)"
_ASIDE = re.compile(rf":(?:not|has){_NESTED}")
_LISTS = re.compile(r",(?![^()]*\))")
_COMBINED = re.compile(r"(?:\s*[>+~]\s*|\s+)(?![^(\[]*[)\]])")
_TOKENS = re.compile(r"[#.][\w-]+|\[[^\]]*\]")


def check_page(path: str, text: str, config: Config) -> Iterator[Finding]:
    """What a frame that the configuration names lacks."""
    for entry in parsed(config.warnings, WARNING):
        if matches(path, (entry["path"],)):
            page = _Frame(entry["name"])
            page.feed(_always(_COMMENT.sub("", text)))
            page.close()
            if not page.is_shown:
                yield Finding(
                    path, 1, "HK601", f"the warning #{entry['name']} is not on every page, or not seen"
                )
            if not page.is_loaded:
                yield Finding(path, 1, "HK601", f"{entry['name']}.js is not loaded on every page")


def _always(text: str) -> str:
    """What a template writes under no condition, and in no block that another may fill."""
    kept, depth, at = [], 0, 0
    for match in _STATEMENT.finditer(text):
        if not depth:
            kept.append(text[at : match.start()])
        name, rest = match[1], match[2]
        if name in _HELD and not (name == "set" and "=" in rest):
            depth += 1
        elif name.startswith("end") and name[3:] in _HELD and depth:
            depth -= 1
        at = match.end()
    return "".join([*kept, "" if depth else text[at:]])


class _Frame(HTMLParser):
    """Looks for one warning and its script, outside of what nobody sees."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.is_shown = self.is_loaded = False
        self._name = name
        self._open: list[tuple[str, bool]] = []
        file = rf"['\"](?:[^'\"]*/)?{re.escape(name)}\.js['\"]"
        self._call = re.compile(rf"\{{\{{[-+]?\s*[\w.]+\(\s*{file}[^}}]*\)\s*[-+]?\}}\}}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name.lower(): value or "" for name, value in attrs}
        is_off = tag in _UNSEEN_IN or bool(
            _HIDES & given.keys() or _UNSEEN_CLASS.search(given.get("class", ""))
        )
        if given.get("id") == self._name:
            said = given.get("role") in {"alert", "status"} or given.get("aria-live") in {
                "assertive",
                "polite",
            }
            self.is_shown |= said and bool(given.get("data-text", "").strip()) and not is_off and self._is_on
        source = given.get("src", "")
        if tag == "script" and self._is_on and re.search(rf"(?:^|/){re.escape(self._name)}\.js\b", source):
            self.is_loaded = True
        if tag not in _VOID:
            self._open.append((tag, is_off))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == each for each, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.is_loaded |= self._is_on and bool(self._call.search(data))

    @property
    def _is_on(self) -> bool:
        return not any(is_off for _, is_off in self._open)


def check_style(plain: str, config: Config) -> Iterator[tuple[int, str]]:
    """Where a style, without its comments, hides what must be seen, and which selector."""
    if not config.seen:
        return
    wanted = {_even(each) for each in config.seen}
    for at, heads, body in _rules(plain):
        if any(re.match(r"@(?:media\s+print\b|(?:-\w+-)?keyframes|page|font-face)", each) for each in heads):
            continue
        if not _HIDDEN.search(body):
            continue
        for each in _LISTS.split(heads[-1] if heads else ""):
            if _is_meant(each.strip(), wanted):
                yield at, each.strip()


def _is_meant(selector: str, wanted: set[str]) -> bool:
    """Whether a selector may be the warning with words in it: `.toast`, not `.toast:empty` or `.toast--small`."""
    last = _COMBINED.split(_ASIDE.sub("", selector))[-1]
    named = {_even(each) for each in _TOKENS.findall(last)}
    return bool(named) and named <= wanted and ":empty" not in last and "::" not in last


def _even(token: str) -> str:
    return re.sub(r"['\"\s]|(?<=[\w-])[~^$*|](?==)", "", token)


def _rules(plain: str) -> Iterator[tuple[int, list[str], str]]:
    """Each run of declarations with the heads that it stands below, from the outermost on."""
    heads: list[str] = []
    at = 0
    for match in re.finditer(r"[{}]", plain):
        text = plain[at : match.start()]
        if match[0] == "{":
            body, _, head = text.rpartition(";")
            if heads and body.strip():
                yield at, list(heads), body
            heads.append(head.strip())
        else:
            if text.strip():
                yield at, list(heads), text
            if heads:
                heads.pop()
        at = match.end()
