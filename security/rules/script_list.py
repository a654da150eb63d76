"""HK404: a script inventory that lets in what nobody can have read: a pattern, or a stranger's script that may change.

Only the provider's own script may be evergreen: it is approved by its host. Pure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from urllib.parse import urlsplit

from ..finding import Finding
from .config import Config

_PROVIDER = "provider"


def check_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    """The findings of a TOML file, if it is such an inventory."""
    if "[[script]]" not in text:
        return
    try:
        entries = tomllib.loads(text).get("script", [])
    except tomllib.TOMLDecodeError as error:
        yield Finding(path, None, "HK404", f"the script inventory cannot be read: {error}")
        return
    for entry in entries:
        url = str(entry.get("url", "")) if isinstance(entry, dict) else ""
        if url and url != _PROVIDER and (fault := _fault(url, entry, config)):
            yield Finding(path, _line(text, url), "HK404", f"the script inventory lists {url}: {fault}")
        elif isinstance(entry, dict) and (lack := _lack(entry)):
            name = url or str(entry.get("path", "a script"))
            yield Finding(path, _line(text, name), "HK404", f"the script inventory lists {name}: {lack}")


def _fault(url: str, entry: dict[str, object], config: Config) -> str | None:
    parts = urlsplit(url)
    if set("*?[]{}") & set(parts.netloc + parts.path) or parts.scheme != "https":
        return "that is not one script over https"
    if entry.get("hash") == "evergreen" and not config.is_provider(parts.hostname or ""):
        return "it may change, and is not the provider's"
    if not (config.is_provider(parts.hostname or "") or parts.hostname in config.script_hosts):
        return "its host is neither the provider's nor among the project's script_hosts"
    return None


def _lack(entry: dict[str, object]) -> str | None:
    """What an entry does not say that a person needs who approves it."""
    if missing := [key for key in ("owner", "reason") if not str(entry.get(key, "")).strip()]:
        return f"nobody says its {missing[0]}"
    digest = str(entry.get("hash", ""))
    if not entry.get("url") and not re.fullmatch(r"sha(?:256|384|512)-[A-Za-z0-9+/]+=*", digest):
        return "an own file has no hash"
    return None if entry.get("pages") in {"all", "payment"} else "no such pages"


def _line(text: str, url: str) -> int:
    return text.count("\n", 0, text.index(url)) + 1 if url in text else 1
