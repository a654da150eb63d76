"""The catalogue of protections fits today's tree, its reader is strict, and docs/asvs.md names every entry."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from shop.scope.mutants import Edit
from tools.protections import __main__ as command
from tools.protections.bench import Bench, Result
from tools.protections.catalog import ROOT, BadCatalog, Protection, faults, load
from tools.protections.tree import Copy

PAGE = ROOT / "docs" / "asvs.md"
SOME = Protection(
    "some",
    "a thing",
    (Edit("thing.py", "    return number > 3\n", "    return number > 2\n"),),
    ("tests/test_thing.py::test_two_is_few",),
)
TREE = {
    "thing.py": "def is_many(number: int) -> bool:\n    return number > 2\n",
    "shop/__init__.py": "",
    "tests/test_thing.py": "import thing\n\ndef test_two_is_few():\n    assert not thing.is_many(2)\n"
    "\ndef test_three_is_many():\n    assert thing.is_many(3)\n"
    "\ndef test_it_can_be_asked():\n    thing.is_many(0)\n",
}


def test_every_entry_applies_to_todays_tree_and_names_tests_that_exist() -> None:
    assert list(faults(load())) == []


def test_the_page_names_every_entry_and_no_other() -> None:
    assert set(_named()) == {each.id for each in load()}


def test_every_line_of_the_page_that_names_a_test_names_what_is_taken_out() -> None:
    text = PAGE.read_text("utf-8")
    lines = [
        line for line in text.splitlines() if line.startswith("| ") and re.search(r"`(tests/|test_)", line)
    ]
    bare = [line for line in lines if not line.rstrip(" |").endswith("`") or "::" in line.split("|")[-2]]
    assert len(lines) > 80
    assert bare == []


def _named() -> list[str]:
    """The entries in the last column of the page's tables."""
    tables = re.split(r"\n(?!\|)", PAGE.read_text("utf-8"))
    rows = [row for table in tables if "| Taken out |" in table for row in table.splitlines()[3:]]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[-2])]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (replace(SOME, edits=(Edit("thing.py", "x", "no such text"),)), "anchor stands 0 times"),
        (replace(SOME, edits=(Edit("thing.py", "x", "number"),)), "anchor stands 2 times"),
        (replace(SOME, edits=(Edit("gone.py", "x", "y"),)), "gone.py"),
        (replace(SOME, edits=(Edit("thing.py", "number > 2", "number > 2"),)), "changes nothing"),
        (replace(SOME, tests=("tests/test_thing.py::test_gone",)), "there is no test"),
    ],
)
def test_an_entry_that_no_longer_fits_is_said(tmp_path: Path, changed: Protection, said: str) -> None:
    _plant(tmp_path)
    assert any(said in line for line in faults([changed], tmp_path))
    assert list(faults([SOME], tmp_path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[protection]]\nid = 'a'\n",
        "[[protection]]\nid='a'\nkeeps='b'\ntests=[]\nfile='c'\nput='d'\n",
        "[[protection]]\nid='a'\nkeeps='b'\ntests=['c']\nfile='c'\nput='d'\n" * 2,
        "\0",
    ],
)
def test_a_faulty_catalogue_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    with pytest.raises(BadCatalog) as refused:
        load(path)
    assert "\n" not in str(refused.value)


def _plant(folder: Path) -> None:
    for name, text in TREE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


class _Planted(Copy):
    """A copy of the small tree above; the runner itself comes from the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _plant(folder)
        (folder / "tools").symlink_to(ROOT / "tools")


def test_red_counts_by_assertion_alone_and_the_copy_is_as_before(tmp_path: Path) -> None:
    """Taken out and noticed; taken out and not noticed; an error that has nothing to do with an assertion."""
    bench = Bench(_Planted(tmp_path))
    dead = Edit("thing.py", "    return numbr > 2\n", "    return number > 2\n")
    take_it_out = Edit("thing.py", "    return number > 1\n", "    return number > 2\n")
    noticed = replace(SOME, edits=(take_it_out,))
    missed = replace(noticed, tests=("tests/test_thing.py::test_three_is_many",))
    broken = replace(SOME, edits=(dead,), tests=("tests/test_thing.py::test_it_can_be_asked",))
    bench.control([noticed, missed, broken])
    ended = [list(each.ended.values()) for each in bench.take_out([noticed, missed, broken])]
    assert ended == [["red"], ["green"], ["broken"]]
    assert (tmp_path / "thing.py").read_text() == TREE["thing.py"]
    (tmp_path / "thing.py").write_text(TREE["thing.py"].replace("> 2", "> 1"))
    with pytest.raises(BadCatalog, match="not green with every protection in place"):
        bench.control([SOME])
    bench.close()


def test_the_commands_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    results = [Result(SOME, {SOME.tests[0]: "red"}, 0.1)]
    monkeypatch.setattr(command, "_chosen", lambda _catalog, _only: [SOME])
    monkeypatch.setattr(command, "_run", lambda _chosen, _jobs: results)
    assert command.main(["--json"]) == 0
    results.append(Result(SOME, {SOME.tests[0]: "green"}, 0.1))
    assert command.main([]) == 1
    results[1] = Result(SOME, {SOME.tests[0]: "broken"}, 0.1)
    assert command.main([]) == 1
    monkeypatch.undo()
    assert command.main(["--only", "nothing-of-that-name"]) == 2
    assert "not in the catalogue: nothing-of-that-name" in capsys.readouterr().err
