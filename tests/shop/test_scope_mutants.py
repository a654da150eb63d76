"""The catalogue of harmful changes: a sample of it and every second control here, the whole by `shop scope mutants`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from shop.scope import mutants
from shop.scope.mutants import Edit, Mutant, Outcome
from shop.scope.patches import MutantError

SAMPLE = {
    "M01",
    "M02e",
    "M10",
    "M13d",
    "M18",
    "M24d",
    "M29",
    "M46d",
    "M52",
    "M54",
    "M58a",
    "M59",
    "J03",
    "X01",
}
SOME = Mutant("T1", "N", "a change", ("HK105",), (Edit("shop/nothing.py", "x = 1\n"),))


MOVED = replace(SOME, id="T2", edits=(Edit("wsgi.py", "", "no such text anywhere"),))
BROKEN = replace(SOME, id="T3", edits=(Edit("shop/web.py", "\n\ndef (:\n"),))


def test_a_sample_is_caught_controls_are_green_and_what_does_not_parse_or_apply_is_no_catch() -> None:
    catalog = mutants.load()
    seen = [each for each in catalog if not each.checks]  # the others only a running shop shows
    controls = [each for each in seen if each.group == mutants.CONTROL]
    chosen = [each for each in seen if each.id in SAMPLE] + controls[::2]
    assert {each.id for each in chosen} >= SAMPLE
    outcomes = mutants.run_all([*chosen, BROKEN, MOVED])

    wrong = [(each.mutant.id, each.fired) for each in (next(outcomes) for _ in chosen) if not each.is_right]
    assert wrong == []
    broken = next(outcomes)
    assert broken.broken
    assert not broken.is_right
    with pytest.raises(MutantError, match="anchor stands 0 times"):
        next(outcomes)


@pytest.mark.parametrize("file", sorted(mutants.CATALOG.glob("*.toml")), ids=lambda file: file.stem)
def test_every_edit_of_the_catalogue_finds_its_place(file: Path) -> None:
    """Most of them run by `shop scope mutants` alone."""
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
