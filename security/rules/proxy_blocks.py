"""HK305, HK308, HK502, HK601, HK603: what an nginx before a shop serves, block by block. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .config import GUARD, Config, matches, parsed
from .policy import Fault

PASSES = re.compile(r"(?:^|[;{}])\s*(?:proxy|uwsgi|scgi|fastcgi|grpc)_pass\s", re.MULTILINE)
_LARGEST = 64 << 20  # bytes: far above any upload of a shop
_SIZE = re.compile(r"(?:^|[;{}])\s*client_max_body_size\s+(\d+)([kmg]?)\s*;", re.MULTILINE | re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_LISTENS = re.compile(r"(?:^|[;{}])\s*listen\s+([^;]+);", re.MULTILINE)
_LOCAL = re.compile(r"^(?:127\.|localhost|\[::1\]|unix:)")
_FOLDER = re.compile(r"(?:^|[;{}])\s*(?:root|alias)\s+([^;]+);", re.MULTILINE)
_PUBLIC = re.compile(
    r"(?:^|/)(?:static|assets|public|media|html|www|htdocs|\.well-known|certbot|acme)(?:/|$)"
)


class Block(NamedTuple):
    """One `server { … }` with where its text begins in the file."""

    start: int
    text: str


def faults(plain: str) -> Iterator[tuple[int, Fault]]:
    """What is wrong, with where. `plain` is a configuration without comments."""
    if not PASSES.search(plain):
        return
    yield from _sizes(plain)
    for block in blocks(plain, "server"):
        yield from _led_by_host(block)
        if not PASSES.search(block.text):
            continue
        if in_the_open(block.text):
            yield block.start, Fault("HK502", "what is typed is passed on from a port without encryption")
        for match in _FOLDER.finditer(block.text):
            folder = match[1].strip().strip("\"'")
            if not _PUBLIC.search(folder):
                yield (
                    block.start + match.start(1),
                    Fault("HK308", f"the files of {folder} are served beside the shop"),
                )


_UNNAMED = re.compile(r"\bserver_name\s+(?:[^;]*\s)?(?:_|\"\"|''|\$hostname)\s*[;\s]")
_LED = re.compile(
    r"(?:^|[;{}])\s*(?:return\s+(?:30\d\s+)?|rewrite\s+\S+\s+)(\S*?\$\{?(?:http_)?host\b[^;]*);", re.MULTILINE
)


def _led_by_host(block: Block) -> Iterator[tuple[int, Fault]]:
    """A server for whatever host is asked leads on to that host: the visitor's word, with path and query behind it."""
    is_any = "default_server" in block.text or _UNNAMED.search(block.text) or "server_name" not in block.text
    for match in _LED.finditer(block.text) if is_any else ():
        yield block.start + match.start(1), Fault("HK305", "whoever asks says by the Host where this leads")


def blocks(plain: str, name: str) -> Iterator[Block]:
    """Each block of this name, from its opening bracket to its end."""
    for match in re.finditer(rf"(?:^|[;{{}}])\s*{name}\s*\{{", plain, re.MULTILINE):
        depth, at = 1, match.end()
        while at < len(plain) and depth:
            depth += (plain[at] == "{") - (plain[at] == "}")
            at += 1
        yield Block(match.end(), plain[match.end() : at])


def _sizes(plain: str) -> Iterator[tuple[int, Fault]]:
    """Without a word nginx takes a mebibyte; what is given may not be endless."""
    for match in _SIZE.finditer(plain):
        size = int(match[1]) * _UNITS[match[2].lower()]
        if not 0 < size <= _LARGEST:
            yield match.start(1), Fault("HK603", "bodies of any size are taken")


def missing(path: str, plain: str, config: Config) -> Iterator[Fault]:
    """Directives that the project lists among its guards, and that are not there."""
    for stands in parsed(config.guards, GUARD):
        name = stands["name"]
        if matches(path, (stands["path"],)) and not re.search(
            rf"(?:^|[;{{}}])\s*{name}\s", plain, re.MULTILINE
        ):
            yield Fault("HK601", f"{name} is not used here any more")


def in_the_open(text: str) -> bool:
    """Whether a server says that it is reached without TLS by others than this machine."""
    said = [match[1].split() for match in _LISTENS.finditer(text)]
    return any(
        not ({"ssl", "quic"} & set(words)) and not _LOCAL.match(words[0]) and not words[0].endswith("443")
        for words in said
    )
