"""The floors of the corpus: what the finder must find, and what it must not call a card."""

from __future__ import annotations

from security import pan

from .case import CARD, MAYBE, NO
from .judged import Tally, cases, judge, verdict_on


def _of(tallies: dict[str, Tally], verdict: str) -> list[Tally]:
    return [tally for tally in tallies.values() if tally.verdict == verdict]


def test_the_corpus_is_large_and_judged_as_it_should_be() -> None:
    tallies = judge()
    cards, doubtful, others = (_of(tallies, verdict) for verdict in (CARD, MAYBE, NO))

    assert sum(tally.cases for tally in cards) >= 1_000
    recall = sum(tally.right for tally in cards) / sum(tally.cases for tally in cards)
    assert recall >= 0.99, {kind: tally.right / tally.cases for kind, tally in tallies.items() if tally.wrong}
    assert all(tally.right / tally.cases >= 0.75 for tally in cards)  # no class is given up for another
    assert not [each for tally in doubtful + others for each in tally.wrong if each[1] == CARD]
    assert sum(len(tally.wrong) for tally in others) <= 0.01 * sum(tally.cases for tally in others)
    assert sum(len(tally.wrong) for tally in doubtful) <= 0.05 * sum(tally.cases for tally in doubtful)


def test_no_match_holds_a_whole_number() -> None:
    for case in cases():
        if case.verdict == CARD and not case.wire:
            assert all(case.number not in repr(match) for match in pan.find(str(case.data)))


def test_the_floor_can_fall() -> None:
    (first,) = (case for _, case in zip(range(1), cases(), strict=False))

    assert verdict_on(first) == CARD
    assert verdict_on(first._replace(data=str(first.data)[:-1])) != CARD
