"""Read, check and update the script inventory. Standard library alone; used by `headers` and the command line."""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

DEFAULT = Path(__file__).with_name("inventory.toml")
# In place of an address: the provider's script, whose origin is configuration.
PROVIDER = "provider"
APPROVAL_DAYS = 366
_EVERGREEN = "evergreen"
_KEYS = frozenset({"path", "url", "owner", "reason", "pages", "hash", "evergreen", "approved"})


class InventoryError(Exception):
    """The inventory itself cannot be read or breaks its own rules; the message is one line for its author."""


@dataclass(frozen=True)
class Script:
    """One entry: a file of ours (`path`, below the static folder) or one from elsewhere (`url`).

    `hash` is an integrity value, or "evergreen" with the reason in `evergreen`. `approved` is the day on which a
    person approved exactly this hash, None while nobody has.
    """

    owner: str
    reason: str
    pages: Literal["all", "payment"]
    hash: str
    path: str = ""
    url: str = ""
    evergreen: str = ""
    approved: date | None = None

    def is_stale(self, today: date | None = None) -> bool:
        """Whether the approval is older than a year: a person must look again."""
        if self.approved is None:
            return True
        return ((today or datetime.now(UTC).date()) - self.approved).days > APPROVAL_DAYS

    @property
    def name(self) -> str:
        """The path or address by which people know it."""
        return self.path or self.url


@dataclass(frozen=True)
class Finding:
    """What is wrong with one script: `rule` is stable, `message` is for people."""

    rule: Literal["unlisted", "changed", "unapproved", "stale"]
    script: str
    message: str


def load(path: Path = DEFAULT) -> list[Script]:
    """The inventory's entries. Raises InventoryError when the file is missing, malformed or breaks a rule."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InventoryError(f"{path.name}: {error}") from error
    scripts = [_script(entry) for entry in document.get("script", [])]
    names = [script.name for script in scripts]
    if len(names) != len(set(names)):
        raise InventoryError("a script is listed twice")
    return scripts


def _script(entry: dict[str, object]) -> Script:
    name = entry.get("path") or entry.get("url") or "an entry without path or url"
    unknown = entry.keys() - _KEYS
    if unknown:
        raise InventoryError(f"{name}: unknown key {min(unknown)}")
    approved = entry.get("approved") or None
    if approved is not None and not isinstance(approved, date):
        raise InventoryError(f"{name}: approved must be a date")
    texts = {key: value for key, value in entry.items() if key != "approved"}
    if not all(isinstance(value, str) for value in texts.values()):
        raise InventoryError(f"{name}: every value but approved must be a text")
    missing = {"owner", "reason", "pages", "hash"} - {key for key, value in texts.items() if value}
    if missing:
        raise InventoryError(f"{name}: {min(missing)} is missing")
    script = Script(**texts, approved=approved)  # type: ignore[arg-type]  # checked above
    _require(bool(script.path) != bool(script.url), name, "give either path or url")
    _require(
        not script.url or script.url == PROVIDER or _is_one_address(script.url),
        name,
        "url must be one https address, or the provider",
    )
    _require(script.pages in {"all", "payment"}, name, 'pages must be "all" or "payment"')
    _require(
        script.hash != _EVERGREEN or bool(script.evergreen and script.url),
        name,
        "evergreen needs a url, and why",
    )
    _require(
        script.hash == _EVERGREEN or script.hash.startswith("sha384-"),
        name,
        "hash must be sha384-… or evergreen",
    )
    return script


def _is_one_address(url: str) -> bool:
    """Whether it names one script: a pattern would stand for what nobody has read."""
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not set("*?[]{} ,|") & set(url)


def _require(rule: bool, name: object, message: str) -> None:
    if not rule:
        raise InventoryError(f"{name}: {message}")


def integrity_of(data: bytes) -> str:
    """The integrity value of a file's bytes (W3C Subresource Integrity)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def check(static: Path, scripts: Iterable[Script]) -> list[Finding]:
    """What the inventory and the scripts below `static` disagree on; empty when all is well.

    Reads the files. Raises InventoryError when `static` is no folder.
    """
    if not static.is_dir():
        raise InventoryError(f"{static}: no such folder")
    files = {path.relative_to(static).as_posix(): path for path in _script_files(static)}
    listed = {script.path: script for script in scripts if script.path}
    unlisted = [
        Finding("unlisted", name, "not in the inventory") for name in sorted(files.keys() - listed.keys())
    ]
    compared = [_compared(script, files.get(script.path)) for script in listed.values()]
    unapproved = [
        Finding("unapproved", s.name, "nobody has approved it") for s in scripts if s.approved is None
    ]
    return [*unlisted, *filter(None, compared), *unapproved]


def _compared(script: Script, file: Path | None) -> Finding | None:
    if file is None:
        return Finding("stale", script.name, "in the inventory, but there is no such file")
    if integrity_of(file.read_bytes()) != script.hash:
        return Finding("changed", script.name, "differs from the hash that was approved")
    return None


def updated(static: Path, scripts: Iterable[Script]) -> list[Script]:
    """The entries with the hashes of the files as they are; a changed one loses its approval. Adds nothing."""
    return [_refreshed(static, script) for script in scripts]


def _refreshed(static: Path, script: Script) -> Script:
    path = static / script.path
    if not script.path or not path.is_file():
        return script
    digest = integrity_of(path.read_bytes())
    return script if digest == script.hash else replace(script, hash=digest, approved=None)


def save(scripts: Iterable[Script], path: Path = DEFAULT) -> None:
    """Write the entries below the comment that heads the file."""
    head = path.read_text(encoding="utf-8").partition("[[script]]")[0]
    path.write_text(head + "\n".join(map(_entry, scripts)), encoding="utf-8")


def _entry(script: Script) -> str:
    texts = {
        key: getattr(script, key) for key in ("path", "url", "owner", "reason", "pages", "hash", "evergreen")
    }
    # TOML's basic strings are JSON's, but for DEL, which no entry holds.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in texts.items() if value]
    approval = [f"approved = {script.approved.isoformat()}"] if script.approved else []
    return "\n".join(["[[script]]", *lines, *approval]) + "\n"


def _script_files(static: Path) -> list[Path]:
    return [path for suffix in ("*.js", "*.mjs") for path in static.rglob(suffix) if path.is_file()]
