"""How many digits a pattern takes, told without running it."""

from __future__ import annotations

import pytest

from security.rules.python.digit_patterns import finds_cards

CARDS = (
    r"\d{16}",
    r"\b(?:\d[ -]*?){13,16}\b",
    r"\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}",
    r"(?P<n>[0-9]{4}(?:[ -]?[0-9]{4}){3})",
    r"(?i)card\D{0,9}(\d{13,19})",
    r"[0-9 -]{13,19}",
    r"\d{15}|\d{16}",
    r"(?<!\d)4\d{15}(?!\d)",
    r"4[0-9]{12}(?:[0-9]{3})?",
)
OTHERS = (
    r"\d+",
    r"\d{8}",
    r"\d{12}",
    r"\d{3}-?\d{4}",
    r"\d{4}-\d{4}-\d{4}",
    r"\d{8,16}",
    r"(?=\d{16})x",
    r"[^0-9]{16}",
    r"\d{40}",
    r"((((\d+)+)+)+)+x",
    r"\d*" * 60 + "x",
    "(" * 150 + r"\d{8}" + ")" * 40,
    "[0-9",
    r"\d{16" + "\\",
)


@pytest.mark.parametrize("pattern", CARDS)
def test_a_cards_digits_are_taken_whole(pattern: str) -> None:
    assert finds_cards(pattern)


@pytest.mark.parametrize("pattern", OTHERS)
def test_other_numbers_and_patterns_that_would_never_end(pattern: str) -> None:
    assert not finds_cards(pattern)
