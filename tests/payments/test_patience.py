"""Who is told "too fast" waits longer each time, and gives up in the end."""

from __future__ import annotations

import pytest

from payments.patience import FIRST_WAIT_S, TRIES, patiently
from payments.provider import OutcomeUnknown, ProviderBusy


def test_it_waits_longer_each_time_until_there_is_an_answer() -> None:
    answers = iter([ProviderBusy("429"), ProviderBusy("429"), ProviderBusy("429"), None])
    waits: list[float] = []

    def call() -> str:
        error = next(answers)
        if error is not None:
            raise error
        return "the list"

    assert patiently(call, waits.append) == "the list"
    assert len(waits) == 3
    assert waits == sorted(waits)
    assert waits[0] >= FIRST_WAIT_S * 0.8


def test_a_provider_that_is_never_free_is_given_up() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise ProviderBusy("429")

    with pytest.raises(ProviderBusy):
        patiently(call, lambda _seconds: None)
    assert len(calls) == TRIES


def test_any_other_error_goes_through_at_once() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise OutcomeUnknown("no answer")

    with pytest.raises(OutcomeUnknown):
        patiently(call, lambda _seconds: None)
    assert len(calls) == 1
