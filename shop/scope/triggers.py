"""When a workflow of CI runs, and what keeps it from running. Pure.

A check that is asked on a schedule alone, or under a condition, says nothing of the change that comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ON = re.compile(r"^[\"']?on[\"']?:[^\n]*(?:\n(?:[ \t#-][^\n]*)?)*", re.MULTILINE)
_EVENTS = ("push", "pull_request")
_FILTERS = ("paths", "paths-ignore", "branches", "branches-ignore", "tags", "tags-ignore")
_IF = re.compile(r"^\s*(?:- )?if:")
_WHATEVER_HAPPENS = re.compile(
    r"if:\s*(?:\$\{\{\s*)?(?:always\(\)|!cancelled\(\)|success\(\) \|\| failure\(\))"
)


def runs_less(old: str, new: str, asks: re.Pattern[str]) -> Iterator[str]:
    """What makes a workflow run less often than it did, where its steps check something (`asks`)."""
    if not asks.search(old):
        return
    before, now = _on(old), _on(new)
    for event in _EVENTS:
        if _named(event, before) and not _named(event, now):
            yield f"it no longer runs on {event}"
    for name in _FILTERS:
        if _named(name, now) and not _named(name, before):
            yield f"it runs for some changes only: {name}"
    for line in _conditions(new, asks) - _conditions(old, asks):
        yield f"`{line[:80]}`: what checks runs under a condition"


def _on(text: str) -> str:
    found = _ON.search(text)
    return found[0] if found else ""


def _named(word: str, block: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){word}(?![\w-])", block))


def _conditions(text: str, asks: re.Pattern[str]) -> set[str]:
    """The conditions of jobs and steps that check something."""
    lines = text.splitlines()
    places = [at for at, line in enumerate(lines) if _IF.match(line) and not _WHATEVER_HAPPENS.search(line)]
    return {lines[at].strip().removeprefix("- ") for at in places if asks.search(_block_round(lines, at))}


def _block_round(lines: list[str], at: int) -> str:
    """The job or step that a line belongs to: what is indented as far as it is, or further."""
    depth = _depth(lines[at])
    first, last = at, at + 1
    while first > 0 and not lines[first].lstrip().startswith("- ") and _depth(lines[first - 1]) >= depth:
        first -= 1
    while last < len(lines) and (
        _depth(lines[last]) > depth
        or (_depth(lines[last]) == depth and not lines[last].lstrip().startswith("- "))
    ):
        last += 1
    return "\n".join(lines[first:last])


def _depth(line: str) -> int:
    """How far a line is indented; the dash of a list counts as a blank, and an empty line as any."""
    return len(line) - len(line.lstrip(" -")) if line.strip() else 99
