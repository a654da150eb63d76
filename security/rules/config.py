"""What a project tells the rules about itself: the table `[rules]` of a TOML file. Standard library alone."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from .catalog import RULES
from .refusals.listed import BadListError, listed

DEFAULT_FILE = "scope.toml"
GUARD = re.compile(
    r"\s*(?P<path>\S+)\s*:\s*(?P<name>[\w.]+)"
    r"(?:\((?P<given>[^()\s]+)\))?(?P<maybe>\??)(?:\s+x(?P<times>[2-9]))?(?:\s+in\s+(?P<where>\w+))?\s*"
)
BOUND = re.compile(
    r"\s*(?P<path>\S+)\s*:\s*(?P<name>\w+)(?:\[(?P<part>\w+)\])?\s*(?P<way><=|>=)\s*(?P<number>[\d_.]+)"
    r"(?:\s*(?P<unit>seconds|minutes|hours|days))?\s*"
)

REVIEWED = re.compile(r"\s*(?P<path>\S+)\s*:\s*(?P<name>\*|[\w.]+)\s*=\s*(?P<fingerprint>[0-9a-f]{12})\s*")
"""`*` stands for all of a file."""
WARNING = re.compile(r"\s*(?P<path>\S+)\s*:\s*(?P<name>[\w-]+)\s*")


class ConfigError(Exception):
    """The configuration cannot be read or says something unknown; the message is one line for its author."""


@dataclass(frozen=True)
class Allow:
    """Rules that do not hold for some files, with the reason; counted and listed like a suppression."""

    path: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Config:
    """All lists are globs of paths, but where said."""

    paths: tuple[str, ...] = ()
    """Files and folders to look at where the command line names none."""
    exclude: tuple[str, ...] = ()
    """Not looked at."""
    tests: tuple[str, ...] = (
        "tests/*",
        "*/tests/*",
        "test_*.py",
        "*/test_*.py",
        "conftest.py",
        "*/conftest.py",
    )
    """Where providers' test keys and literal settings may stand."""
    provider_hosts: tuple[str, ...] = (
        "js.stripe.com",
        "*.js.stripe.com",
        "hooks.stripe.com",
        "checkout.stripe.com",
    )
    """Hosts of the payment provider's own script and frames."""
    script_hosts: tuple[str, ...] = ()
    """Hosts of other listed scripts and styles; these need integrity."""
    script_sources: tuple[str, ...] = ()
    """Template expressions that stand for a listed script's address."""
    own_addresses: tuple[str, ...] = (
        "url_for",
        "root",
        "request.path",
        "request.script_root",
        "path",
        "static",
        "reverse",
    )
    """Names that begin template expressions for addresses of this site."""
    csrf_exempt: tuple[str, ...] = ()
    """Names of view functions, beside webhooks and CSP reports, that may go without a token."""
    guards: tuple[str, ...] = ()
    """What must be used, and where: "shop/app.py: PANGuard"; "path: name?" where it may be under a condition,
    "path: name(keyword=value)" or "path: name(argument)" with what makes it one, "path: name in function" where a
    file uses it elsewhere too."""
    bounds: tuple[str, ...] = ()
    """Numbers that a protection rests on, and how far they may go: "shop/lock.py: MOST <= 10", "path: IDLE <= 15
    minutes", "path: RULE[1] <= 60" for an argument of the call that makes it."""
    reviewed: tuple[str, ...] = ()
    """Small functions and tables that decide alone, with a fingerprint of what they do: "shop/networks.py: is_allowed =
    0123456789ab". A finding says the new one."""
    refusals: tuple[str, ...] = ()
    """Files with what the functions of the project refuse (`python -m security refusals` writes them), from the folder
    of the configuration on: "refusals.toml"."""
    warnings: tuple[str, ...] = ()
    """Frames of pages, with the id of the warning that their own guard fills; its script has the same name:
    "shop/templates/base.html: card-guard"."""
    seen: tuple[str, ...] = ()
    """Selectors of that warning, which no style may hide: "#card-guard", ".toast", "[role=alert]"."""
    max_suppressions: int = 25
    """How many suppressions in the code are too many."""
    allow: tuple[Allow, ...] = ()

    def excludes(self, path: str) -> bool:
        return matches(path, self.exclude)

    def is_test(self, path: str) -> bool:
        return matches(path, self.tests)

    def allowed(self, path: str, rule: str) -> Allow | None:
        return next((each for each in self.allow if rule in each.rules and matches(path, (each.path,))), None)

    def is_provider(self, host: str) -> bool:
        return any(fnmatch.fnmatch(host.lower(), pattern) for pattern in self.provider_hosts)


def matches(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a path, or its end, fits a glob; `*` goes over folders."""
    plain = path.replace("\\", "/").removeprefix("./")
    return any(
        fnmatch.fnmatch(plain, each.replace("**", "*"))
        or fnmatch.fnmatch(plain, "*/" + each.replace("**", "*"))
        if any(sign in each for sign in "*?[")
        else plain == each or plain.endswith("/" + each)
        for each in globs
    )


@cache
def parsed(entries: tuple[str, ...], pattern: re.Pattern[str]) -> tuple[re.Match[str], ...]:
    """The entries of `guards`, `bounds` or `reviewed`, taken apart by their pattern."""
    return tuple(match for each in entries if (match := pattern.fullmatch(each)) is not None)


def load(path: Path | None) -> Config:
    """The configuration of a file; the defaults when none is given and `scope.toml` is not here.

    Raises ConfigError when the file is missing, malformed or has unknown keys.
    """
    file = path or Path(DEFAULT_FILE)
    if path is None and not file.is_file():
        return Config()
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    return _config(document.get("rules", {}), str(file))


def _config(table: Any, file: str) -> Config:
    if not isinstance(table, dict):
        raise ConfigError(f"{file}: rules must be a table")
    unknown = table.keys() - {each.name for each in fields(Config)}
    if unknown:
        raise ConfigError(f"{file}: unknown key {min(unknown)} in [rules]")
    values: dict[str, Any] = {key: _value(key, value, file) for key, value in table.items() if key != "allow"}
    if "refusals" in values:
        # By whole paths: what was read of a list is remembered by its path.
        folder = Path(file).parent.resolve()
        values["refusals"] = tuple((folder / each).as_posix() for each in values["refusals"])
        _require_lists(values["refusals"])
    return Config(**values, allow=tuple(_allow(entry, file) for entry in table.get("allow", ())))


def _require_lists(paths: tuple[str, ...]) -> None:
    try:
        for path in paths:
            listed(path)
    except BadListError as error:
        raise ConfigError(str(error)) from error


def _value(key: str, value: object, file: str) -> object:
    if key == "max_suppressions":
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise ConfigError(f"{file}: max_suppressions must be a whole number")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        if key == "guards" and any(not GUARD.fullmatch(each) for each in value):
            raise ConfigError(f"{file}: each of guards is a path, a colon and a name")
        if key == "bounds" and any(not BOUND.fullmatch(each) for each in value):
            raise ConfigError(f"{file}: each of bounds is a path, a colon, a name, <= or >=, and a number")
        if key == "warnings" and any(not WARNING.fullmatch(each) for each in value):
            raise ConfigError(f"{file}: each of warnings is a path, a colon and an id")
        if key == "reviewed" and any(not REVIEWED.fullmatch(each) for each in value):
            raise ConfigError(f"{file}: each of reviewed is a path, a colon, a name, = and twelve hex digits")
        return tuple(value)
    raise ConfigError(f"{file}: {key} must be a list of texts")


def _allow(entry: Any, file: str) -> Allow:
    if not isinstance(entry, dict) or entry.keys() != {"path", "rules", "reason"}:
        raise ConfigError(f"{file}: each rules.allow needs path, rules and reason, nothing else")
    path, rules, reason = entry["path"], entry["rules"], entry["reason"]
    if not isinstance(path, str) or not isinstance(reason, str) or len(reason.split()) < 2:
        raise ConfigError(f"{file}: rules.allow needs a path and a reason in words")
    if not isinstance(rules, list) or not rules or any(rule not in RULES for rule in rules):
        raise ConfigError(f"{file}: rules.allow of {path}: rules must be ids of rules")
    return Allow(path, tuple(rules), reason)
