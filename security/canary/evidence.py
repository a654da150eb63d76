"""Look for every number in every sink, and judge. No evidence is not green."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..counted import counted
from ..forms import forms_of
from ..scanner.memory import MemoryUnreadableError
from .sinks import MissingEvidence, Place, Sink


class Hit(NamedTuple):
    """Number `label` (never the number itself) lies in `sink`."""

    sink: str
    label: str
    place: Place

    def __str__(self) -> str:
        return f"{self.sink}: number '{self.label}' as {self.place.form} in {self.place.where}"


@dataclass
class Evidence:
    """What a search found. `faults` say what could not be looked at, `searched` which sinks were, wholly."""

    hits: list[Hit] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """0 nothing found and everything seen, 1 found, 2 nothing found but evidence is missing."""
        if self.hits:
            return 1
        return 2 if self.faults or not self.searched else 0

    @property
    def red(self) -> list[str]:
        """The sinks with hits, each once, in order."""
        return list(dict.fromkeys(hit.sink for hit in self.hits))

    def __str__(self) -> str:
        lines = [*map(str, self.hits), *(f"missing: {fault}" for fault in self.faults)]
        return "\n".join(lines) or f"nothing found in {counted(len(self.searched), 'places')}"


def gather(sinks: Iterable[Sink], numbers: Mapping[str, str]) -> Evidence:
    """Search each sink for every form of each number (label to digits). Must run in a process that is no sink."""
    evidence = Evidence()
    if not numbers:
        evidence.faults.append("no number to look for")
        return evidence
    needles = _needles(numbers)
    for sink in sinks:
        fault = _look(sink, needles, evidence)
        if fault is None:
            evidence.searched.append(sink.name)
        else:
            evidence.faults.append(f"{sink.name}: {fault}")
    return evidence


class _Needle(NamedTuple):
    label: str
    form: str
    text: bytes


def _needles(numbers: Mapping[str, str]) -> dict[str, _Needle]:
    """All forms of all numbers by a name of their own, so that a sink is gone through once."""
    return {
        f"{label}, {form}": _Needle(label, form, text)
        for label, number in numbers.items()
        for form, text in forms_of(number).items()
    }


def _look(sink: Sink, needles: Mapping[str, _Needle], evidence: Evidence) -> str | None:
    """Add the hits; why the sink was not seen wholly, or None."""
    try:
        for place in sink.search({name: needle.text for name, needle in needles.items()}):
            needle = needles[place.form]
            evidence.hits.append(Hit(sink.name, needle.label, Place(place.where, needle.form)))
        if not sink.witness or not any(True for _ in sink.search({"witness": sink.witness})):
            return "its witness was not found, so it was not seen"
    except (OSError, MissingEvidence, MemoryUnreadableError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None
