"""The list of bugs that a storm must find: every entry can be put in today, and one of them is hunted here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks import seeded_bugs
from benchmarks.servers import ROOT
from shop.scope.mutants import Edit, Mutant, MutantError, edited, load

CATALOG = load(ROOT / seeded_bugs.CATALOG)


def test_every_bug_can_be_put_in_and_still_parses() -> None:
    for bug in CATALOG:
        texts: dict[str, str] = {}
        for edit in bug.edits:
            before = texts.get(edit.file) or (ROOT / edit.file).read_text("utf-8")
            texts[edit.file] = edited(bug, edit, {edit.file: before})
            assert texts[edit.file] != before, bug.id
        for text in texts.values():
            ast.parse(text)
        assert set(bug.rules) <= seeded_bugs.STORMS.keys(), bug.id
        assert bug.rules, bug.id


def test_a_bug_that_is_found_and_a_project_that_passes_are_right_and_nothing_else() -> None:
    assert seeded_bugs.Found("B01", "a bug", "machine", "money is lost", 1.0).is_right
    assert not seeded_bugs.Found("B01", "a bug", "machine", "", 1.0).is_right
    assert seeded_bugs.Found(seeded_bugs.AS_IT_IS.id, "", "machine", "", 1.0).is_right
    assert not seeded_bugs.Found(seeded_bugs.AS_IT_IS.id, "", "machine", "money is lost", 1.0).is_right


def test_a_bug_is_found_in_a_copy() -> None:
    [bug] = [one for one in CATALOG if one.id == "B25"]
    [found] = list(seeded_bugs.hunt([bug]))
    assert "without a mail" in found.reason


def test_an_anchor_that_has_moved_is_an_error_and_no_find(tmp_path: Path) -> None:
    (tmp_path / "wsgi.py").write_text("app = None\n")
    moved = Mutant("T1", "M", "a bug", ("machine",), (Edit("wsgi.py", "", "no such text"),))
    with pytest.raises(MutantError, match="anchor stands 0 times"):
        seeded_bugs.put_in(moved, tmp_path)
