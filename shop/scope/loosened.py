"""What a change loosens around the code: locks and how they are installed, what CI runs, what the rules are told. Pure.

The rules read code; these files say whether anybody asks the rules, and what else gets in beside our code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from security.finding import Finding
from shop.scope.locks import install_faults, lock_faults
from shop.scope.triggers import runs_less
from shop.scope.workflows import workflow_faults

LOOKED_AT = ("scope.toml", "refusals.toml", "pyproject.toml", "requirements", "Makefile", ".github", ".ci")
RULE = "loosened"
_CHECKS = re.compile(
    r"check|verify|pytest|test|rules|bandit|scan|inventory|mypy|ruff|lint|require-hashes|audit"
)
_LETS_FAIL = re.compile(
    r"\|\|\s*(?:true|:|exit 0)|continue-on-error:\s*true|--exit-zero|--deselect|if:\s*false|\bset \+e"
)
_GOES_ON = re.compile(
    r"\|\||;\s*(?:true|:|exit 0)\b|(?<!\|)\|\s*(?:tee|cat|head|tail|grep)\b|^-\s*\$\(|&\s*$"
)
"""How a line goes on although what it asks said no: `make check || echo`, `… | tee log`, make's own `-`."""
_ASKS = re.compile(
    r"\b(?:make|pytest|verify|rules|bandit|mypy|ruff|lint-imports|pip-audit|scan|inventory)\b|require-hashes"
)
_LESS = re.compile(
    r"(?:^|\s)(?:-k|-m|-x|--ignore(?:-glob)?|--deselect|--collect-only|--co|--maxfail|--only|--skip\S*|--exclude\S*"
    r"|--lf|--last-failed|--sw|--stepwise|--setup-only|--setup-plan|--severity-level|--confidence-level|-l{1,3}|-b"
    r"|--baseline|--follow-imports)(?=[\s=]|$)"
)
"""What a check looks at less with: `pytest -k "not canary"`, `verify --only scan`, `bandit --baseline`."""
_MODULE = re.compile(r"\bpython[\d.]*\s+-m\s+\S+")
_WIDENS = (
    "exclude",
    "provider_hosts",
    "script_hosts",
    "script_sources",
    "own_addresses",
    "csrf_exempt",
    "tests",
)
_NARROWS = ("guards", "bounds", "reviewed", "refusals", "warnings", "seen", "paths")


def loosened(before: Mapping[str, str], after: Mapping[str, str]) -> list[Finding]:
    """What is looser in `after`; both are texts by path."""
    found = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, ""), after.get(path, "")
        if old != new:
            found += [
                Finding(path, None, RULE, message) for message in dict.fromkeys(_in_file(path, old, new))
            ]
    return found


def _in_file(path: str, old: str, new: str) -> Iterator[str]:
    if path.startswith("requirements/"):
        yield from _more(old, new, lambda text: [message for _rule, message in lock_faults(text)])
    elif path == "scope.toml":
        yield from _rules(_table(old), _table(new))
        yield from _looks_at(_table(old), _table(new))
    elif path == "refusals.toml":
        yield from _refusals(_table(old), _table(new))
    elif path == "pyproject.toml":
        yield from _project(_table(old), _table(new))
    else:
        yield from _more(old, new, lambda text: [message for _line, message in install_faults(text)])
        yield from _more(old, new, lambda text: list(workflow_faults(text)))
        yield from runs_less(old, new, _ASKS)
        yield from _commands(old, new)


def _more(old: str, new: str, faults: Any) -> Iterator[str]:
    known = set(faults(old))
    yield from (each for each in faults(new) if each not in known)


def _commands(old: str, new: str) -> Iterator[str]:
    """A line that checks something is gone, or may fail from now on. One that only says more is still there."""
    lines = [line.strip() for line in new.splitlines()]
    for line in map(str.strip, old.splitlines()):
        line = line.removeprefix("- ")  # of a workflow's list; another key may come to stand before it
        if (
            line
            and not line.startswith("#")
            and _CHECKS.search(line)
            and not any(line in each for each in lines)
        ):
            yield f"`{line[:80]}` is gone"
    for line in lines:
        if line not in old and (less := _looks_at_less(line, old)):
            yield f"`{line[:80]}` looks at less: {less}"
        if line not in old and (_LETS_FAIL.search(line) or (_GOES_ON.search(line) and _ASKS.search(line))):
            yield f"`{line[:80]}` may fail unnoticed"


def _looks_at_less(line: str, old: str) -> str:
    """The words of a new line that narrow what is checked; what it had before, or another line has, it may have."""
    is_setting = re.match(r"[A-Z_]+\s*[:?+]?=", line)
    if not (is_setting or _ASKS.search(line)):
        return ""
    before = [each.strip() for each in old.splitlines()]
    same = [each for each in before if each and each in line]
    had = [word for each in same or before for word in _narrowing(each)]
    return " ".join(each for each in dict.fromkeys(_narrowing(line)) if each not in had)


def _narrowing(line: str) -> list[str]:
    return [each.strip() for each in _LESS.findall(_MODULE.sub(" ", line))]


def _table(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _rules(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before, now = old.get("rules", {}), new.get("rules", {})
    yield from (f"{key} of the rules grows by {each}" for key in _WIDENS for each in _grown(before, now, key))
    yield from (f"{key} of the rules loses {each}" for key in _NARROWS for each in _grown(now, before, key))
    if now.get("max_suppressions", 25) > before.get("max_suppressions", 25):
        yield "more suppressions are allowed"
    known = {(each["path"], rule) for each in before.get("allow", ()) for rule in each.get("rules", ())}
    for each in now.get("allow", ()):
        if more := sorted(rule for rule in each.get("rules", ()) if (each.get("path"), rule) not in known):
            yield f"{', '.join(more)} no longer hold for {each.get('path')}"
    for key in ("exclude", "allow_test_numbers"):
        yield from (
            f"{key} of the scan grows by {each}"
            for each in _grown(old.get("scan", {}), new.get("scan", {}), key)
        )


def _looks_at(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """What the search for numbers reads, and which scripts are held against the inventory."""
    yield from (
        f"the scan looks at {each} no more"
        for each in _grown(new.get("scan", {}), old.get("scan", {}), "paths")
    )
    before, now = old.get("inventory", {}), new.get("inventory", {})
    yield from (f"{key} of the inventory is another" for key in before if before[key] != now.get(key))


def _refusals(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Functions of which less is listed than before."""
    yield from (f"refusals are listed of {each} no more" for each in _grown(new, old, "files"))
    yield from (f"refusals are not listed of {each}" for each in _grown(old, new, "without"))
    for path, table in old.items():
        now = new.get(path, {})
        if isinstance(table, dict) and isinstance(now, dict):
            less = [name for name in table if len(now.get(name, ())) < len(table[name])]
            yield from (f"{path}: fewer refusals of {name} are listed" for name in less if name != "-")


def _project(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before, now = old.get("tool", {}).get("bandit", {}), new.get("tool", {}).get("bandit", {})
    for key in ("skips", "exclude_dirs"):
        yield from (f"{key} of bandit grows by {each}" for each in _grown(before, now, key))
    for each in new.get("project", {}).get("dependencies", ()):
        if "@" in each and each not in old.get("project", {}).get("dependencies", ()):
            yield f"{each} is loaded from an address and not by name and hash"
    yield from _tools(old.get("tool", {}), new.get("tool", {}))


def _tools(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Other tools that look at the code, and what they look away from."""
    contracts = [each.get("importlinter", {}).get("contracts", ()) for each in (old, new)]
    if len(contracts[1]) < len(contracts[0]):
        yield "a rule about who imports whom is gone"
    before = {each.get("name"): each for each in contracts[0]}
    for each in contracts[1]:
        known = before.get(each.get("name"), each)
        yield from (f"{more} may be imported" for more in _grown(known, each, "ignore_imports"))
        for key in ("forbidden_modules", "source_modules", "layers"):
            yield from (f"{less} is in no rule about imports" for less in _grown(each, known, key))
    lint = [each.get("ruff", {}).get("lint", {}) for each in (old, new)]
    yield from (f"ruff looks away from {each}" for each in _grown(lint[0], lint[1], "ignore"))
    yield from (f"ruff looks at {each} no more" for each in _grown(lint[1], lint[0], "select"))
    yield from _spared(old, new)
    if old.get("mypy", {}).get("strict") and not new.get("mypy", {}).get("strict"):
        yield "types are not looked at strictly"
    tests = [each.get("pytest", {}).get("ini_options", {}) for each in (old, new)]
    more = set(str(tests[1].get("addopts", "")).split()) - set(str(tests[0].get("addopts", "")).split())
    if skipped := sorted(each for each in more if _LESS.match(each) or each.startswith(("-k", "-m"))):
        yield f"tests are left out: {' '.join(skipped)}"
    yield from (f"tests may warn of {each}" for each in _grown(tests[0], tests[1], "filterwarnings"))


def _spared(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Files of ours that ruff, mypy or pytest look away from."""
    files = [each.get("ruff", {}).get("lint", {}).get("per-file-ignores", {}) for each in (old, new)]
    for path in files[1]:
        if more := _grown(files[0], files[1], path):
            yield f"ruff looks away from {', '.join(more)} in {path}"
    for tool, key in (("ruff", "exclude"), ("ruff", "extend-exclude"), ("mypy", "exclude")):
        before, now = (_listed(each.get(tool, {}).get(key)) for each in (old, new))
        yield from (f"{tool} looks away from {each}" for each in now if each not in before)
    for each in _listed(new.get("mypy", {}).get("overrides")):
        lenient = [
            key for key in each if key not in {"module", "ignore_missing_imports", "follow_untyped_imports"}
        ]
        if lenient and each not in _listed(old.get("mypy", {}).get("overrides")):
            yield f"{', '.join(lenient)}: types of {each.get('module')} are not looked at strictly"
    less = [_listed(each.get("pytest", {}).get("ini_options", {}).get("testpaths")) for each in (old, new)]
    yield from (f"the tests of {each} are left out" for each in less[0] if each not in less[1])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _grown(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> list[str]:
    return [each for each in new.get(key, ()) if each not in old.get(key, ())]
