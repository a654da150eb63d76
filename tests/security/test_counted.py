"""One thing is one thing in what a report says."""

from __future__ import annotations

import pytest

from security.counted import counted
from security.result import Notes, Result


@pytest.mark.parametrize(
    ("what", "one"),
    [
        ("controls", "1 control"),
        ("cross-site posts", "1 cross-site post"),
        ("addresses", "1 address"),
        ("processes", "1 process"),
        ("entries of the configuration", "1 entry of the configuration"),
        ("columns of models", "1 column of models"),
        ("purchases", "1 purchase"),
        ("suppressed, each with its reason", "1 suppressed, each with its reason"),
    ],
)
def test_one_and_several(what: str, one: str) -> None:
    assert counted(1, what) == one
    assert counted(2, what) == f"2 {what}"
    assert counted(0, what) == f"0 {what}"
    assert counted(21, what) == f"21 {what}"


def test_a_checks_line() -> None:
    notes = Notes()
    notes.control(True, "")
    result = Result("E0", "", "", notes, {}, "")
    assert result.line == "1 control"
    notes.found("a", "b", "c")
    assert result.line == "1 finding"
