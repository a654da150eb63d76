"""What a check says: its status, what it found, what it could not see, and what it counted. Standard library alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from .counted import counted
from .finding import Finding

Row = tuple[str, ...]


class Status(StrEnum):
    """How a piece of evidence stands, the worst first."""

    FINDING = "finding"
    MISSING = "missing"
    NOT_EXERCISED = "not exercised"
    GREEN = "green"


class NotExercised(Exception):
    """The check has nothing to look at here, or nobody to ask; the message says why. Never green."""


@dataclass
class Table:
    """Something measured that the report shows whole: every route, field, column, script."""

    title: str
    head: Row
    rows: list[Row] = field(default_factory=list)


@dataclass
class Notes:
    """What a check writes down while it looks. A check that wrote down no figure has seen nothing."""

    findings: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    not_exercised: list[str] = field(default_factory=list)
    figures: dict[str, int | str] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    """PNG by caption."""
    files: dict[str, str] = field(default_factory=dict)
    """Further files of the report by name."""

    def found(self, path: str, rule: str, message: str, line: int | None = None) -> None:
        """Hold something against a place."""
        finding = Finding(path, line, rule, message)
        if finding not in self.findings:
            self.findings.append(finding)

    def expect(self, holds: bool, path: str, rule: str, message: str) -> None:
        """Count one look; hold `message` against the place when it does not hold."""
        self.add("looks")
        if not holds:
            self.found(path, rule, message)

    def control(self, holds: bool, what: str) -> None:
        """A thing that must turn the check red (or be allowed by it). Where it does not, the check proves nothing."""
        self.add("controls")
        if not holds:
            self.lack(f"its control failed: {what}")

    def lack(self, what: str) -> None:
        """Evidence that could not be had: one line."""
        line = " ".join(what.split())
        if line not in self.missing:
            self.missing.append(line)

    def add(self, figure: str, by: int = 1) -> None:
        """Count something."""
        self.figures[figure] = int(self.figures.get(figure, 0)) + by

    @property
    def status(self) -> Status:
        if self.findings:
            return Status.FINDING
        if self.missing or not (self.figures or self.not_exercised):
            return Status.MISSING
        return Status.NOT_EXERCISED if self.not_exercised else Status.GREEN


@dataclass(frozen=True)
class Result:
    """A finished check."""

    id: str
    title: str
    title_ja: str
    notes: Notes
    supports: dict[str, tuple[str, ...]]
    command: str
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        return self.notes.status

    @property
    def line(self) -> str:
        """The outcome for people, one line."""
        notes = self.notes
        if notes.findings:
            return counted(len(notes.findings), "findings")
        if self.status is Status.MISSING:
            return "; ".join(notes.missing) or "it looked at nothing"
        if notes.not_exercised:
            return "; ".join(notes.not_exercised)
        return ", ".join(counted(count, what) for what, count in notes.figures.items())

    def document(self) -> dict[str, Any]:
        """For report.json."""
        return {
            "id": self.id,
            "title": self.title,
            "status": self.status.value,
            "findings": [asdict(finding) for finding in self.notes.findings],
            "missing": self.notes.missing,
            "not_exercised": self.notes.not_exercised,
            "figures": self.notes.figures,
            "tables": [asdict(table) for table in self.notes.tables],
            "supports": self.supports,
            "command": self.command,
            "seconds": round(self.seconds, 2),
        }


def exit_status(results: list[Result]) -> int:
    """0: every check that could look found nothing. 1: a finding. 2: evidence is missing, or none was green."""
    statuses = {result.status for result in results}
    if Status.FINDING in statuses:
        return 1
    return 2 if Status.MISSING in statuses or Status.GREEN not in statuses else 0
