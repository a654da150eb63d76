"""HK105, HK210, HK404, HK601: styles that label a field, load from elsewhere, tell what was typed, or hide. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ..finding import Finding
from .config import Config
from .warned import check_style
from .words import card_label, is_short_label

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))")
_LOADED = re.compile(
    r"(?:url|src)\(\s*['\"]?\s*([^'\")\s]+)|@import\s+['\"]([^'\"]+)|image-set\(\s*['\"]([^'\"]+)",
    re.IGNORECASE,
)
_WRITES = re.compile(r"(?:(?<![\w-])content|--[\w-]+)\s*:([^;{}]*)", re.IGNORECASE)
"""A text that a style puts into the page, by itself or by a property of ours."""
_STRING = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")
_LABEL = 40
_AWAY = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?[\\/]{2}", re.IGNORECASE)
_READS = re.compile(r"\[\s*value\s*[\^$*~|]?=[^\]]*\][^{}]*\{[^{}]*(?:url|src|image-set)\(", re.IGNORECASE)

_UNSEEN = re.compile(
    r"(?<![\w-])i?frame\b[^{}]*\{[^{}]*(?:opacity\s*:\s*0?(?:\.0\d*)?\s*[;}!]|pointer-events\s*:\s*none|visibility\s*:\s*hidden"
    r"|clip-path\s*:\s*(?!none)|transform\s*:\s*scale\(0)",
    re.IGNORECASE,
)


def check_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    """The findings of one style sheet."""
    plain = _ESCAPE.sub(_character, _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text))
    for match in _LOADED.finditer(plain):
        address = next(filter(None, match.groups()), "")
        host = urlsplit(address.replace("\\", "/")).netloc if _AWAY.match(address) else ""
        if host and host not in config.script_hosts and not config.is_provider(host):
            yield Finding(
                path, _line(plain, match), "HK404", f"a style loads from {host}, which is not listed"
            )
    for match in _WRITES.finditer(plain):
        words = "".join("".join(each) for each in _STRING.findall(match[1]))
        card = card_label(words) if is_short_label(words, _LABEL) else None
        if card and not card.may_be_stored:
            yield Finding(
                path, _line(plain, match), "HK105", f"a style writes '{words}' beside what is typed into"
            )
    for match in _READS.finditer(plain):
        yield Finding(path, _line(plain, match), "HK210", "a style asks for a file by what stands in a field")
    for at, selector in check_style(plain, config):
        line = plain.count("\n", 0, at) + 1
        yield Finding(path, line, "HK601", f"a style hides {selector}, by which the page's guard warns")
    for match in _UNSEEN.finditer(plain):
        yield Finding(
            path,
            _line(plain, match),
            "HK210",
            "a frame is there and not seen: something else may lie over it",
        )


def _character(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2] or ""
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 else ""


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
