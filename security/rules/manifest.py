"""HK108, HK109, HK404: the manifest of a web application: where what is shared goes, and what is loaded. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..finding import Finding
from .config import Config

_TAKES = {
    "share_target": "action",
    "protocol_handlers": "url",
    "file_handlers": "action",
    "note_taking": "new_note_url",
}
"""Members by which the browser hands something over, with the key of the address that gets it."""
_LOADS = {"icons": "src", "screenshots": "src", "shortcuts": "url", "serviceworker": "src"}


def is_manifest(path: str) -> bool:
    """Whether a file is one, by its name."""
    name = Path(path).name.lower()
    return name.endswith(".webmanifest") or bool(re.fullmatch(r"(?:site|app)?\.?manifest\.json", name))


def check_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    """The findings of one manifest; one that is no JSON does nothing in a browser."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(given, dict):
        return
    for key, address in _addresses(given, _TAKES):
        if host := _away(address, config):
            yield Finding(path, _line(text, address), "HK108", f"{key}: what is handed over goes to {host}")
    for key, address in [
        *_addresses(given, _LOADS),
        *((key, given[key]) for key in ("start_url", "scope") if key in given),
    ]:
        if host := _away(address, config):
            yield Finding(path, _line(text, address), "HK404", f"{key} is at {host}, which is not listed")
    shared = given.get("share_target")
    if (
        isinstance(shared, dict)
        and shared.get("params")
        and str(shared.get("method", "GET")).upper() == "GET"
    ):
        yield Finding(
            path, _line(text, "share_target"), "HK109", "what is shared stands in an address, and so in logs"
        )


def _addresses(given: dict[str, Any], keys: dict[str, str]) -> Iterator[tuple[str, object]]:
    for name, key in keys.items():
        held = given.get(name)
        for each in held if isinstance(held, list) else [held]:
            if isinstance(each, dict) and key in each:
                yield name, each[key]


def _away(address: object, config: Config) -> str | None:
    """The host of an address that is not this site's, nor the provider's."""
    plain = str(address).strip().replace("\\", "/")
    host = (
        urlsplit(plain).hostname or "" if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", plain, re.IGNORECASE) else ""
    )
    return None if not host or config.is_provider(host) or host in config.script_hosts else host


def _line(text: str, words: object) -> int:
    return text.count("\n", 0, max(text.find(str(words)), 0)) + 1
