"""HK208, HK501, HK601, HK602: how a process is started: units of systemd, Dockerfiles, compose, `.env` files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..finding import Finding
from .config import Config

_FILES = re.compile(
    r"\.(?:service|timer|socket)$|^(?:Dockerfile|Containerfile|Procfile)|(?:^|\.)(?:dockerfile|containerfile)$"
    r"|^\.env|\.env$|^(?:docker-)?compose[\w.-]*\.ya?ml$",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"\b([A-Z][A-Z0-9_]{2,})\s*[=:]\s*(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',]*)")
"""`SHOP_ENV=demo`, `- SHOP_ENV=demo`, `SHOP_ENV: demo`, several of them in one line."""
_SECRET = re.compile(r"(?:^|_)(?:SECRET|KEY|KEYS|TOKEN|PASSWORD|PASSWD|PASSPHRASE)(?:_[A-Z]+)?$")
_ELSEWHERE = re.compile(r"(?:_FILE|_PATH|_NAME|_ID|_URL)$|^SSL_|^PUBLIC|PUBLISHABLE")
_REFERENCE = re.compile(r"^$|^[$%/<]|^(?:changeme|change-me|none|null|true|false|\.\.\.|…)", re.IGNORECASE)
_MODE = re.compile(r"(?:^|_)(?:ENV|ENVIRONMENT|MODE)$")
_REHEARSES = frozenset({"demo", "dev", "development", "test", "testing", "local", "debug"})
_DEBUG = re.compile(r"(?:^|_)(?:DEBUG|DEBUGGER|TESTING|PYTHONINSPECT|PYTHONFAULTHANDLER)$")
_WHOM = re.compile(r"NETWORKS?$|ALLOW(?:ED)?_|TRUST(?:ED)?_|FORWARDED_ALLOW_IPS$")
_ANYBODY = frozenset({"*", "0.0.0.0/0", "::/0", "all"})
_ALL_RIGHTS = re.compile(
    r"^\s*(?:User\s*=|USER\s+|user:\s*)[\"']?(?:root|0)(?::\S*)?[\"']?\s*$|^\s*privileged:\s*true\b",
    re.MULTILINE,
)


def is_start(path: str) -> bool:
    """Whether a file says how a process is started."""
    return bool(_FILES.search(Path(path).name))


def check_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    """The findings of one file."""
    if config.is_test(path) or Path(path).name.endswith((".example", ".sample", ".template")):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", ";")):
            continue
        for match in _GIVEN.finditer(line):
            yield from _judged(path, number, match[1], match[2].strip("\"'"))
        if _ALL_RIGHTS.search(line):
            yield Finding(path, number, "HK601", "the process may do everything on its machine")


def _judged(path: str, number: int, name: str, value: str) -> Iterator[Finding]:
    plain = value.strip().lower()
    if (
        _SECRET.search(name)
        and not _ELSEWHERE.search(name)
        and not _REFERENCE.search(value)
        and len(value) >= 8
    ):
        yield Finding(path, number, "HK501", f"'{name}' is a literal")
    elif _MODE.search(name) and plain in _REHEARSES:
        yield Finding(path, number, "HK601", f"{name}={plain}: what customers use runs as a rehearsal")
    elif _DEBUG.search(name) and plain in {"1", "true", "on", "yes"}:
        yield Finding(path, number, "HK208", f"{name}: debugging is on")
    elif _WHOM.search(name) and _ANYBODY & set(plain.replace(",", " ").split()):
        yield Finding(path, number, "HK602", f"{name}: everybody is let in or believed")
