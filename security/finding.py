"""One finding of any check in `security`: what every rule, scanner and walk reports. Standard library alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """Something that a check holds against a place.

    `rule` is a stable id of the form HKnnn or a name such as "card-number"; `path` is a file, a URL or another name
    of the place, `line` counts from 1 (None: unknown). `message` is one sentence for people and never holds a card
    number or any other value that was found.
    """

    path: str
    line: int | None
    rule: str
    message: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.rule}: {self.message}"
