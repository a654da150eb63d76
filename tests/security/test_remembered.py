"""What was clean is remembered, within bounds."""

from __future__ import annotations

from security.remembered import Remembered


def test_what_was_noted_is_known_and_no_more_than_so_many_are() -> None:
    remembered = Remembered(most=3)
    for value in ("a", "b", "c"):
        remembered.note(value)
    assert all(value in remembered for value in ("a", "b", "c"))
    assert "d" not in remembered

    remembered.note("d")

    assert [value in remembered for value in ("a", "b", "c", "d")] == [False, False, False, True]
