"""Judge the corpus: every case by the finder, after decoding where it comes over a wire; the outcome by class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from security import pan
from security.decode import Budget, View, views

from . import binary, encoded, negatives, others, positives
from .case import CARD, MAYBE, NO, Case


@dataclass
class Tally:
    """The cases of one class: how many there are, and which got another verdict than the right one."""

    verdict: str
    cases: int = 0
    wrong: list[tuple[Case, str]] = field(default_factory=list)

    @property
    def right(self) -> int:
        return self.cases - len(self.wrong)


def cases() -> Iterator[Case]:
    """All of the corpus."""
    yield from positives.cases()
    yield from encoded.cases()
    yield from binary.cases()
    yield from negatives.cases()
    yield from others.cases()


def verdict_on(case: Case) -> str:
    """The finder's: for a card it counts only when exactly that number was found."""
    verdicts = {
        match.verdict.value if is_sure else MAYBE
        for match, digits, is_sure in _found(case)
        if case.verdict != CARD or digits == case.number
    }
    return min(verdicts, default=NO)  # "card" sorts before "maybe"


def _found(case: Case) -> Iterator[tuple[pan.Match, str, bool]]:
    """Each match, its digits, and whether the view in which it was found is more than a guess."""
    seen = views(case.data, Budget(), case.content_type) if case.wire else [View(str(case.data))]
    for view in seen:
        for match in pan.find(view.text):
            yield match, pan.digits_of(view.text, match), view.sure


def judge() -> dict[str, Tally]:
    """Every case, tallied by class."""
    tallies: dict[str, Tally] = {}
    for case in cases():
        tally = tallies.setdefault(case.kind, Tally(case.verdict))
        tally.cases += 1
        verdict = verdict_on(case)
        if verdict != case.verdict:
            tally.wrong.append((case, verdict))
    return tallies
