"""docs/asvs.md names tests that exist, in words of a closed list, and counts what is open."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATUSES = {"tested", "organisational", "not applicable", "open"}
LEVELS_1_AND_2 = {"6": 35, "7": 18, "8": 7}
"""How many requirements ASVS 5.0.0 has in V6, V7 and V8 at levels 1 and 2."""


def _rows(section: str) -> list[list[str]]:
    text = (ROOT / "docs" / "asvs.md").read_text("utf-8")
    part = re.split(r"^## ", text.split(f"## {section}\n", 1)[1], flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| Id")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _status(row: list[str]) -> str:
    return next(cell for cell in row if cell in STATUSES)


def test_every_line_has_a_status_and_a_tested_one_names_a_test_that_exists() -> None:
    for row in _rows("Staff"):
        named = [cell.strip("`") for cell in row if cell.startswith("`tests/")]
        assert bool(named) == (_status(row) == "tested"), row[0]
        for test in named:
            path, _, name = test.partition("::")
            assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8"), test


def test_no_line_of_the_three_chapters_is_left_out() -> None:
    ids = [row[0] for row in _rows("Staff") if re.fullmatch(r"\d+\.\d+\.\d+", row[0])]
    assert len(ids) == len(set(ids))
    assert Counter(one.partition(".")[0] for one in ids) == LEVELS_1_AND_2


def test_the_count_of_open_lines_is_right() -> None:
    text = (ROOT / "docs" / "asvs.md").read_text("utf-8").split("## Staff\n", 1)[1]
    stated = re.search(r"Open lines: (\d+)\.", text)
    assert stated is not None
    assert int(stated[1]) == [_status(row) for row in _rows("Staff")].count("open")
