"""HK201, HK202, HK206, HK208, HK501, HK601, HK602: how a process is started. Pure.

Units of systemd, Dockerfiles, compose and `.env` files.
"""

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
_WORDS = (
    (
        "HK201",
        re.compile(
            r"access[_-]?log[_-]?format\W+[^#]*%\((?:r|q|U|f|\{[^}]*\}[ie])\)|access[_-]?log(?:file)?[\s=\"',\[]+-(?=[\s\"',\]]|$)"
            r"|--(?:access-log|log-access)(?=[\s\"',\]]|$)|--log-http-access\b|--log-format[\s=\"',]+[^#]*%\(uri\)"
        ),
        "the server's own log has addresses in it, with all that was typed into them",
    ),
    (
        "HK206",
        re.compile(r"\bSTRIPE_LOG\s*[=:]\s*[\"']?(?:debug|info)|--log-level[\s=\"',]+(?:debug|trace)\b"),
        "debug logging writes bodies or parameters",
    ),
    (
        "HK208",
        re.compile(
            r"^\s*LimitCORE\s*=\s*(?:infinity|[1-9])|\bulimit\s+-c\s+(?:unlimited|[1-9])|--ulimit[\s=\"',]+core=-?[1-9]"
            r"|^\s*core:\s*-?[1-9]|-X[\s\"',]*faulthandler|flask\b[^#\n]*--debug\b|--reload\b|\bpython3?\b[^#\n]*\s-i\s"
        ),
        "a crash, or a debugger, writes down what the process has in memory",
    ),
    (
        "HK202",
        re.compile(r"\b(?:tcpdump|tshark|ngrep|mitmdump|mitmproxy|strace|ltrace)\b"),
        "what goes over the line, or through the process, is written down",
    ),
)


def is_start(path: str) -> bool:
    """Whether a file says how a process is started: a unit, a container, a script of a shell."""
    return bool(_FILES.search(Path(path).name)) or _is_script(path)


def _is_script(path: str) -> bool:
    return Path(path).suffix in {".sh", ".bash"}


def check_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    """The findings of one file."""
    if config.is_test(path) or Path(path).name.endswith((".example", ".sample", ".template")):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", ";")):
            continue
        for match in _GIVEN.finditer(line) if not _is_script(path) else ():
            yield from _judged(path, number, match[1], match[2].strip("\"'"))
        for rule, pattern, message in _WORDS:
            if pattern.search(line):
                yield Finding(path, number, rule, message)
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
