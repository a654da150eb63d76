"""The list of bugs that a storm must find: every entry can be put in today, and one of them is hunted here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks import seeded_bugs
from benchmarks.seeded_results import AS_IT_IS, BEGIN, END, Found, keep, merged, read, write
from benchmarks.servers import ROOT
from shop.scope.mutants import Edit, Mutant, edited, load
from shop.scope.patches import MutantError
from tests.storm.__main__ import reason_of

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


def _said(name: str, reason: str, *, title: str = "a bug", commit: str = "c0ffee") -> Found:
    return Found(name, title, "machine", reason, 1.0, commit)


def test_a_bug_that_is_found_and_a_project_that_passes_are_right_and_nothing_else() -> None:
    assert _said("B01", "money is lost").is_right
    assert not _said("B01", "").is_right
    assert _said(AS_IT_IS, "").is_right
    assert not _said(AS_IT_IS, "money is lost").is_right


def test_the_reason_is_the_fault_and_not_what_it_came_wrapped_in() -> None:
    wrapped = ExceptionGroup(
        "told twice", [ExceptionGroup("again", [AssertionError("money is lost\nof 2 orders")])]
    )
    assert reason_of(wrapped) == "AssertionError: money is lost"
    assert reason_of(KeyError()) == "KeyError: "


def test_results_of_several_runs_are_one_table_and_none_is_made_up(tmp_path: Path) -> None:
    kept, page = tmp_path / "kept.json", tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    wanted = [(name, "a bug", "machine") for name in ("B01", "B02", "B03", "B04")]
    assert read(kept) == []
    keep(kept, [_said("B01", ""), _said("B02", "lost"), _said("B03", "lost", title="another bug by then")])
    found = merged(wanted, read(kept), [_said("B01", "money is lost", commit="abcdef")])
    assert [(one.id, one.reason, one.commit) for one in found] == [
        ("B01", "money is lost", "abcdef"),
        ("B02", "lost", "c0ffee"),
    ]
    write(page, wanted, [*found, _said("B04", "")])
    lines = page.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert lines[4:8] == [
        "| B01 | a bug | machine | money is lost | abcdef |",
        "| B02 | a bug | machine | lost | c0ffee |",
        "| B03 | a bug | machine | not run |  |",
        "| B04 | a bug | machine | nothing (wrong) | c0ffee |",
    ]


def test_a_bug_is_found_in_a_copy() -> None:
    [bug] = [one for one in CATALOG if one.id == "B25"]
    [found] = list(seeded_bugs.hunt([bug]))
    assert "without a mail" in found.reason


def test_an_anchor_that_has_moved_is_an_error_and_no_find(tmp_path: Path) -> None:
    (tmp_path / "wsgi.py").write_text("app = None\n")
    moved = Mutant("T1", "M", "a bug", ("machine",), (Edit("wsgi.py", "", "no such text"),))
    with pytest.raises(MutantError, match="anchor stands 0 times"):
        seeded_bugs.put_in(moved, tmp_path)
