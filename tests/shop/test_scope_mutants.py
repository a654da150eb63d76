"""The catalogue of harmful changes: all that rules over the source see, as by `shop scope mutants`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from shop.scope import mutants
from shop.scope.mutants import Edit, Mutant, Outcome
from shop.scope.patches import MutantError

SOME = Mutant("T1", "N", "a change", ("HK105",), (Edit("shop/nothing.py", "x = 1\n"),))


MOVED = replace(SOME, id="T2", edits=(Edit("wsgi.py", "", "no such text anywhere"),))
BROKEN = replace(SOME, id="T3", edits=(Edit("shop/web.py", "\n\ndef (:\n"),))


def test_every_mutant_is_caught_every_control_green_and_what_does_not_parse_or_apply_is_no_catch() -> None:
    """That the tree itself is clean, `make rules` looks at."""
    seen = [each for each in mutants.load() if not each.checks]  # the others only a running shop shows
    outcomes = mutants.run_all([*seen, BROKEN, MOVED], mutants.parsed_tree())

    wrong = [(each.mutant.id, each.fired) for each in (next(outcomes) for _ in seen) if not each.is_right]
    assert wrong == []
    broken = next(outcomes)
    assert broken.broken
    assert not broken.is_right
    with pytest.raises(MutantError, match="anchor stands 0 times"):
        next(outcomes)


def test_a_tree_that_is_not_clean_is_no_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        mutants, "_tree", lambda: {"shop/a.py": "from flask import request\nprint(request.form)\n"}
    )
    with pytest.raises(MutantError, match="the tree itself is not clean"):
        next(mutants.run_all([SOME]))


@pytest.mark.parametrize("file", sorted(mutants.CATALOG.glob("*.toml")), ids=lambda file: file.stem)
def test_every_edit_of_the_catalogue_finds_its_place(file: Path) -> None:
    """Those too that only a running shop shows."""
    for mutant in mutants.load(file):
        for edit in mutant.edits:
            path = Path(edit.file)
            texts = {edit.file: path.read_text("utf-8")} if path.is_file() else {}
            assert edit.put in mutants.edited(mutant, edit, texts)


def test_another_rule_than_the_named_one_is_no_catch() -> None:
    assert not Outcome(SOME, ("HK404",)).is_right
    assert Outcome(SOME, ("HK105", "HK404")).is_right
    assert not Outcome(replace(SOME, group="C"), ("HK105",)).is_right


def test_the_report_fails_when_one_gets_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.report([Outcome(SOME, ("HK105",))], as_json=True) == 0
    assert mutants.report([Outcome(SOME, ("HK105",)), Outcome(SOME, ())], as_json=True) == 1
    document = json.loads(capsys.readouterr().out.partition("}\n{")[2].join(["{", ""]))
    assert document["rates"]["N"] == {"right": 1, "of": 2}


def test_a_patch_of_ones_own_is_judged(tmp_path: Path) -> None:
    patch = tmp_path / "a.diff"
    patch.write_text(
        '--- /dev/null\n+++ b/shop/templates/x.html\n@@ -0,0 +1 @@\n+<input autocomplete="cc-number">\n'
    )
    assert {finding.rule for finding in mutants.run_patch(patch).findings} == {"HK105"}
    patch.write_text("no patch\n")
    with pytest.raises(MutantError):
        mutants.run_patch(patch)
