"""Each piece of evidence that is gathered automatically is turned red by something that is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.scope import mutants
from shop.scope.registry import CHECKS

ROOT = Path(__file__).parents[2]
BY_TESTS = {
    "E1": ("tests/evidence/test_controls_passthrough.py", "def test_"),
    "E2": ("tests/evidence/test_page_rules.py", "card-field"),
    "E3": ("tests/evidence/test_walk.py", "def test_"),
    "E6": ("tests/evidence/test_walk.py", "def test_"),
    "E15": ("tests/e2e/test_stored_xss.py", "def test_the_watch_sees_what_runs"),
    "E17": ("tests/scope/test_checks_turn_red.py", "def test_e17_"),
    "E25": ("tests/scope/test_checks_turn_red.py", "def test_e25_"),
    "E18": ("tests/scope/test_checks_turn_red.py", "def test_e18_"),
}
"""What needs a browser or a tree of its own is turned red by a test and not by a mutant."""

BUILT = [check.id for check in CHECKS if check.is_built]


@pytest.mark.parametrize("row", BUILT)
def test_a_mutant_or_a_test_turns_it_red(row: str) -> None:
    catalog = mutants.load(ROOT / mutants.CATALOG)
    by_running = {check for each in catalog for check in each.checks if each.group != mutants.CONTROL}
    by_rules = {"E5"} if any(each.rules and not each.checks for each in catalog) else set()
    if row in by_running | by_rules:
        return
    path, words = BY_TESTS[row]
    assert words in (ROOT / path).read_text()


def test_no_row_of_the_table_is_forgotten() -> None:
    assert BY_TESTS.keys() <= set(BUILT)
