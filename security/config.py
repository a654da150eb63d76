"""One TOML file tells every command about a project: `scope.toml`. Standard library alone.

Its tables are `[scan]`, `[rules]` (read by `rules.config`), `[inventory]`, `[site]` and `[[site.searched]]`;
docs/adopt.md explains them. Unknown keys are errors: a misspelt one must not switch a check off in silence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from .rules import config as rules
from .rules.config import ConfigError

__all__ = ["ConfigError", "InventoryTable", "ScanTable", "ScopeConfig", "Searched", "SiteTable", "load"]

_TABLES = frozenset({"scan", "rules", "inventory", "site"})


@dataclass(frozen=True)
class ScanTable:
    """What `scan` looks at, and what it may find there."""

    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    allow_test_numbers: tuple[str, ...] = ()
    baseline: str = ""


@dataclass(frozen=True)
class InventoryTable:
    """Where the script inventory and the scripts are."""

    file: str = "scripts.toml"
    static: str = "static"


@dataclass(frozen=True)
class Searched:
    """A file or folder that is searched after numbers were sent; `witness` is a text that must be found in it."""

    path: str
    witness: str


@dataclass(frozen=True)
class SiteTable:
    """A running shop. `start` is the command that starts it, where `verify` shall do so."""

    url: str
    pages: tuple[str, ...] = ("/",)
    payment_pages: tuple[str, ...] = ()
    provider_script: str = ""
    provider_frames: tuple[str, ...] = ()
    provider_checkout: str = ""
    links: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    most_pages: int = 40
    searched: tuple[Searched, ...] = ()


@dataclass(frozen=True)
class ScopeConfig:
    """A project's file. Without `inventory` or `site` that part has nothing to look at; the others see the folder."""

    folder: Path = field(default_factory=Path)
    """The file's own folder: its paths are relative to it."""
    scan: ScanTable = field(default_factory=ScanTable)
    rules: rules.Config = field(default_factory=rules.Config)
    inventory: InventoryTable | None = None
    site: SiteTable | None = None


def load(path: Path) -> ScopeConfig:
    """The configuration in a file. Raises ConfigError with one line for its author."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if unknown := document.keys() - _TABLES:
        raise ConfigError(f"{path}: unknown table [{min(unknown)}]")
    scan, listed = document.get("scan", {}), document.get("inventory")
    return ScopeConfig(
        path.parent,
        cast(ScanTable, _table(ScanTable, scan, f"{path}: [scan]")),
        rules.load(path),
        None
        if listed is None
        else cast(InventoryTable, _table(InventoryTable, listed, f"{path}: [inventory]")),
        _site(document["site"], str(path)) if "site" in document else None,
    )


def _site(table: Any, file: str) -> SiteTable:
    place = f"{file}: [site]"
    if not isinstance(table, dict):
        raise ConfigError(f"{place} must be a table")
    searched = table.get("searched", [])
    if not isinstance(searched, list):
        raise ConfigError(f"{file}: searched is written [[site.searched]]")
    entries = tuple(cast(Searched, _table(Searched, one, f"{file}: [[site.searched]]")) for one in searched)
    if any(not entry.witness for entry in entries):
        raise ConfigError(f"{file}: [[site.searched]]: without a witness a search proves nothing")
    site = cast(SiteTable, _table(SiteTable, {**table, "searched": entries}, place))
    parts = urlsplit(site.url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ConfigError(f"{place}: url is scheme and host, such as https://shop.example")
    if not all(each.startswith("/") for each in (*site.pages, *site.payment_pages)):
        raise ConfigError(f"{place}: pages are paths that begin with /")
    if not site.pages and not site.payment_pages:
        raise ConfigError(f"{place}: no page to look at")
    return site


def _table(kind: type[Any], table: Any, place: str) -> object:
    if not isinstance(table, dict):
        raise ConfigError(f"{place} must be a table")
    known = {each.name: each for each in fields(kind)}
    if unknown := table.keys() - known.keys():
        raise ConfigError(f"{place}: unknown key {min(unknown)}")
    for name, each in known.items():
        if name not in table and each.default is MISSING and each.default_factory is MISSING:
            raise ConfigError(f"{place}: {name} is missing")
    return kind(
        **{name: _value(known[name].type, value, f"{place}: {name}") for name, value in table.items()}
    )


_KINDS: Mapping[str, tuple[type, str]] = {"str": (str, "a text"), "int": (int, "a whole number")}


def _value(kind: object, value: object, place: str) -> object:
    if isinstance(value, tuple):
        return value  # it was read before
    if str(kind).startswith("tuple"):
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise ConfigError(f"{place} must be a list of texts")
    wanted, words = _KINDS[str(kind)]
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise ConfigError(f"{place} must be {words}")
    return value
