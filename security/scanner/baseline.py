"""Findings that somebody has answered for: by place and rule, with owner, reason and an end. For the command `scan`.

A file in TOML:

    [[accepted]]
    path = "old/import.log"     # a glob
    rule = "card-number"
    place = "12:8"              # may be left out: any place in the file
    owner = "payments team"
    reason = "test data of the old provider, deleted with the migration"
    expires = 2027-03-31
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..scan import Finding

_NEEDED = ("path", "rule", "owner", "reason", "expires")


class BaselineError(Exception):
    """The baseline cannot be used; the message is one line for its reader."""


@dataclass(frozen=True)
class Accepted:
    """One entry."""

    path: str
    rule: str
    owner: str
    reason: str
    expires: date
    place: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether the entry is about this finding."""
        return (
            fnmatch.fnmatch(Path(finding.path).as_posix(), self.path)
            and self.rule == finding.rule
            and self.place in {None, finding.place}
        )


def load(file: Path, today: date) -> list[Accepted]:
    """The entries of a file. Raises BaselineError, also when one of them has ended."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BaselineError(f"{file} could not be read: {error}") from error
    entries = document.get("accepted", [])
    if not isinstance(entries, list):
        raise BaselineError(f"{file}: accepted is a list of tables")
    accepted = [_entry(file, number, entry) for number, entry in enumerate(entries, 1)]
    for entry in accepted:
        if entry.expires < today:
            raise BaselineError(
                f"{file}: the entry for {entry.path} of {entry.owner} ended on {entry.expires}"
            )
    return accepted


def _entry(file: Path, number: int, entry: object) -> Accepted:
    if not isinstance(entry, dict) or not set(_NEEDED) <= entry.keys() <= {*_NEEDED, "place"}:
        raise BaselineError(f"{file}: entry {number} needs {', '.join(_NEEDED)}, and may have place")
    texts = {name: value for name, value in entry.items() if name != "expires"}
    if not all(isinstance(value, str) and value.strip() for value in texts.values()):
        raise BaselineError(f"{file}: entry {number} has a value that is no text")
    if type(entry["expires"]) is not date:
        raise BaselineError(f"{file}: entry {number}: expires is a date such as 2027-03-31")
    return Accepted(**entry)


def new_of(findings: Iterable[Finding], accepted: Iterable[Accepted]) -> list[Finding]:
    """The findings that no entry covers."""
    entries = list(accepted)
    return [finding for finding in findings if not any(entry.covers(finding) for entry in entries)]
