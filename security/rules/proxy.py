"""HK201, HK202, HK209, HK305, HK401 to HK404, HK412, HK502, HK601, HK602: what an nginx before a shop does. Pure.

It sees whatever is typed before any guard does, so its logs and files are sinks like others. Here a configuration as a
whole; its directives one by one in `proxy_directives`, its blocks in `proxy_blocks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding
from . import proxy_blocks
from .config import Config
from .proxy_directives import TYPED, faults_of

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")
_DIRECTIVE = re.compile(r"([a-z_]+)((?:\s+(?:\"[^\"]*\"|'[^']*'|[^\s;{}\"']+))*)\s*[;{]")
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s;{}\"']+)")


def is_proxy(text: str) -> bool:
    """Whether a text is a configuration of nginx that serves or passes on."""
    return bool(re.search(r"(?:^|[;{}])\s*(?:server|http|location\s[^;\n]*)\s*\{", text, re.MULTILINE))


def check_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    """The findings of one configuration."""
    plain = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    plain = _told_apart(plain)
    passes = proxy_blocks.PASSES.search(plain)
    for match in _DIRECTIVE.finditer(plain):
        words = ["".join(each) for each in _WORD.findall(match[2])]
        for fault in faults_of(match[1], words, config):
            line = plain.count("\n", 0, match.start(1)) + 1
            yield Finding(path, line, fault.rule, fault.message)
    yield from _away(path, plain, config)
    yield from _kept_by_browsers(path, plain)
    for fault in proxy_blocks.missing(path, plain, config):
        yield Finding(path, 1, fault.rule, fault.message)
    for at, fault in proxy_blocks.faults(plain):
        yield Finding(path, plain.count("\n", 0, at) + 1, fault.rule, fault.message)
    if passes and not re.search(r"(?:^|[;{}])\s*\w+_request_buffering\s+off\s*;", plain, re.MULTILINE):
        yield Finding(path, 1, "HK202", "bodies are written to a disk before they are passed on")
    if passes and not re.search(r"(?:^|[;{}])\s*access_log\s", plain, re.MULTILINE):
        yield Finding(path, 1, "HK201", "the default log has path, query and Referer in it")


_SET = re.compile(r"^\s*set\s+\$(\w+)\s+([^;]+);", re.MULTILINE)
_MAP = re.compile(r"^\s*map\s+(\S+)\s+\$(\w+)\s*\{([^}]*)\}", re.MULTILINE)
_CAUGHT = re.compile(r"\(\?P?<(\w+)>")


def _told_apart(plain: str) -> str:
    """The configuration with variables of its own that hold what was typed written as what they stand for."""
    given = [(match[1], match[2]) for match in _SET.finditer(plain)]
    maps = [(match[2], match[1], match[3]) for match in _MAP.finditer(plain)]
    # A map hands on what it looks at by naming it, or by a piece that its pattern caught.
    given += [
        (name, f"{values} {source if re.search(r'[$][0-9]', values) else ''}")
        for name, source, values in maps
    ]
    held = set(_CAUGHT.findall(plain))
    while True:
        names = "|".join(map(re.escape, sorted(held))) or "(?!)"
        own = re.compile(rf"\$(?:\{{(?:{names})\}}|(?:{names})\b)")
        more = {name for name, value in given if TYPED.search(value) or own.search(value)}
        if more <= held:
            return own.sub("$request_uri", plain) if held else plain
        held |= more


_LEADS = re.compile(r"return|error_page|rewrite|proxy_redirect|try_files|set|default")


def _away(path: str, plain: str, config: Config) -> Iterator[Finding]:
    """Visitors who are sent to a host for which no server of the file stands."""
    given = [(match, match[2].split()) for match in _DIRECTIVE.finditer(plain)]
    own = {name.lower() for match, words in given if match[1] == "server_name" for name in words}
    for match, words in given:
        if _LEADS.fullmatch(match[1]):
            for host in filter(None, map(_named_host, words)):
                if not (_is_own(host, own) or config.is_provider(host)):
                    line = plain.count("\n", 0, match.start(1)) + 1
                    yield Finding(path, line, "HK410", f"the proxy leads visitors to {host}")


def _is_own(host: str, own: set[str]) -> bool:
    return host in own or any(host.endswith(name.lstrip("*")) for name in own if name.startswith(("*.", ".")))


def _named_host(word: str) -> str:
    """The host of a whole address; one in a variable is the shop's own name, which the visitor asked for."""
    found = re.match(r"[\"']?(?:https?:|\$scheme:)?//(\$?[^/?#:$\"']+)", word, re.IGNORECASE)
    host = found[1].lower() if found else ""
    return "" if host.startswith("$") and "." not in host else host


_EXPIRES = re.compile(
    r"(?:^|(?<=[;{}]))\s*(?:expires\s+(?:modified\s+)?(?!off|epoch|0\s*;|-)[^;]+"
    r"|(?:add_header\s+|more_set_headers\s+[\"'])Cache-Control\b"
    r"[^;]*\b(?:public|(?:s-maxage|max-age)=[1-9])[^;]*);",
    re.MULTILINE | re.IGNORECASE,
)
_FILES = re.compile(
    r"location\s+[^{]*(?:/(?:static|assets|pictures|images|img|fonts|icons)\b|\\\.|\.\w{2,5}\b)[^{]*$"
)


def _kept_by_browsers(path: str, plain: str) -> Iterator[Finding]:
    """`expires` and the like write a Cache-Control of their own over the shop's no-store; files may be kept."""
    if not proxy_blocks.PASSES.search(plain):
        return
    for match in _EXPIRES.finditer(plain):
        start, depth = match.start(), 0
        while start > 0 and depth < 1:
            start -= 1
            depth += (plain[start] == "{") - (plain[start] == "}")
        head = re.split(r"[;{}]", plain[:start])[-1]
        if not _FILES.search(head.rstrip()):
            line = plain.count("\n", 0, match.end()) + 1
            yield Finding(path, line, "HK412", "browsers keep pages that the shop lets nobody keep")
