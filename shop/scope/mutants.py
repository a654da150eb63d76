"""`shop scope mutants`: small changes that must turn the static checks red, and neighbours that must not.

Each mutant is one small change, made by exact text anchors on a clean copy of the repository's files in memory; a
moved anchor is an error, not a pass. Caught means that one of the named rules fired in what was changed or in what
imports it, and that everything still parses.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from security.finding import Finding
from security.rules import config
from security.rules.run import Result, judge
from security.rules.run import run as run_rules
from security.rules.source import Module
from security.rules.suppress import Suppression
from shop.scope import patches
from shop.scope.judges import edited_judges
from shop.scope.loosened import LOOKED_AT, loosened
from shop.scope.patches import MutantError, git
from shop.screen import Screen

CATALOG = Path("tests/mutants")
CHECKED = ("shop", "payments", "security", "static", "deploy", "wsgi.py")
PATCHED = (*CHECKED, *LOOKED_AT)
"""What a patch may change."""
CONTROL = "C"


@dataclass(frozen=True)
class Edit:
    """Replace `find`, which stands once in the file, by `put`; without `find`, `put` is added at the file's end."""

    file: str
    put: str
    find: str = ""


@dataclass(frozen=True)
class Mutant:
    """`group`: N, S, P, or C for a control. `rules`: any of them must fire; none at all for a control."""

    id: str
    group: str
    title: str
    rules: tuple[str, ...]
    edits: tuple[Edit, ...]
    checks: tuple[str, ...] = ()
    """The verifier's checks that must look, where the change shows only in a running shop (`mutants_running`)."""


@dataclass(frozen=True)
class Outcome:
    """What the checks said: the rules that fired, and what could not be parsed (then nothing counts)."""

    mutant: Mutant
    fired: tuple[str, ...]
    broken: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """A mutant is caught for its reason; a control is green."""
        if self.broken:
            return False
        return (
            not self.fired if self.mutant.group == CONTROL else bool(set(self.fired) & set(self.mutant.rules))
        )


def load(path: Path = CATALOG) -> list[Mutant]:
    """The catalogue of a file, or of every TOML file of a folder. Raises MutantError."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    mutants = [mutant for file in files for mutant in _in_file(file)]
    if not mutants:
        raise MutantError(f"{path}: no catalogue here")
    if len({each.id for each in mutants}) != len(mutants):
        raise MutantError(f"{path}: an id stands twice")
    return mutants


def named(mutants: list[Mutant], ids: tuple[str, ...]) -> list[Mutant]:
    """Those of these ids, all of them without one. Raises MutantError when no mutant is called so."""
    if unknown := sorted(set(ids) - {each.id for each in mutants}):
        raise MutantError(f"no mutant is called {unknown[0]}")
    return [each for each in mutants if not ids or each.id in ids]


def _in_file(path: Path) -> list[Mutant]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        return [
            Mutant(
                entry["id"],
                entry["group"],
                entry["title"],
                tuple(entry.get("rules", ())),
                tuple(Edit(**edit) for edit in entry.get("edits", ()))
                or (Edit(entry["file"], entry["put"], entry.get("find", "")),),
                tuple(entry.get("checks", ())),
            )
            for entry in document["mutant"]
        ]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise MutantError(f"{path}: {error!r}") from error


def run_all(mutants: list[Mutant], tree: Clean | None = None) -> Iterator[Outcome]:
    """The outcome of each that rules can see, on the files of this folder, which are judged first unless whoever gives
    the `tree` knows them to be clean. Raises MutantError."""
    seen = [mutant for mutant in mutants if not mutant.checks]
    if seen:
        clean = tree or clean_tree()
        yield from (_outcome(mutant, clean) for mutant in seen)


@dataclass(frozen=True)
class Clean:
    """The tree as it is, parsed once: what is changed is judged against it."""

    texts: dict[str, str]
    modules: dict[str, Module]
    settings: config.Config

    def judged(self, changed: Mapping[str, str], *, with_importers: bool = True) -> Result:
        """The rules over the files that differ here, and those that import them."""
        return self._judged(changed, self._concerned(changed) if with_importers else self._touched(changed))

    def new_in(self, changed: Mapping[str, str]) -> Result:
        """The same without what the rules find in those files as they are."""
        concerned = self._concerned(changed)
        before, result = self._judged(self.texts, concerned), self._judged(changed, concerned)
        # A change that brings its own excuse is none the better for it.
        excused = _more(_excused(before), _excused(result))
        result.findings = [*_more(before.findings, result.findings), *excused]
        return result

    def _touched(self, changed: Mapping[str, str]) -> set[str]:
        return {path for path, text in changed.items() if self.texts.get(path) != text}

    def _concerned(self, changed: Mapping[str, str]) -> set[str]:
        touched = self._touched(changed)
        return touched | _importers(touched, self.modules)

    def _judged(self, texts: Mapping[str, str], concerned: set[str]) -> Result:
        result = Result()
        judge(texts, self.settings, result, concerned & texts.keys(), dict(self.modules))
        result.findings = [each for each in result.findings if self._counts(each, texts)]
        return result

    def _counts(self, finding: Finding, texts: Mapping[str, str]) -> bool:
        """The limit on suppressions is one for the whole tree, and what one of them takes away may be found by way of a
        file that is not looked at here: a part of the tree says nothing of them."""
        if finding.rule == "HK901":
            return texts.get(finding.path) != self.texts.get(finding.path)
        return finding.rule != "HK902"


def _excused(result: Result) -> list[Finding]:
    """What a comment took away; what the project's configuration allows stays allowed."""
    return [finding for finding, by in result.suppressed if isinstance(by, Suppression)]


def _more(before: list[Finding], after: list[Finding]) -> list[Finding]:
    """Those that were not there before, or not as often; lines move, so they say nothing."""
    left = Counter((each.path, each.rule, each.message) for each in before)
    found = []
    for each in after:
        key = (each.path, each.rule, each.message)
        left[key] -= 1
        if left[key] < 0:
            found.append(each)
    return found


def parsed_tree() -> Clean:
    """The files of this folder, parsed and not judged. Raises MutantError."""
    tree = Clean(_tree(), {}, config.load(None))
    judge(tree.texts, tree.settings, Result(), (), tree.modules)
    return tree


def clean_tree() -> Clean:
    """The files of this folder. Raises MutantError when the rules find something in them as they are."""
    clean = Clean(_tree(), {}, config.load(None))
    result = Result()
    judge(clean.texts, clean.settings, result, modules=clean.modules)
    if result.status != 0:
        raise MutantError(f"the tree itself is not clean: {(result.findings or result.unreadable)[0]}")
    return clean


def listed(*paths: str) -> list[str]:
    """The files that git knows below these paths, all of them without one. Raises MutantError."""
    done = git("ls-files", "-z", *paths)
    if done.returncode:
        raise MutantError("this is no checkout of the repository, so there is no clean copy to change")
    return [name for name in done.stdout.decode().split("\0") if name]


def _tree() -> dict[str, str]:
    return _texts(*CHECKED)


def _texts(*paths: str) -> dict[str, str]:
    texts = {}
    for name in listed(*paths):
        try:
            texts[name] = Path(name).read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a picture or an archive: no rule reads it
        except OSError as error:
            raise MutantError(f"{name}: {error.strerror}") from error
    return texts


def _outcome(mutant: Mutant, clean: Clean) -> Outcome:
    changed = dict(clean.texts)
    for edit in mutant.edits:
        changed[edit.file] = edited(mutant, edit, changed)
    # Most are seen in what they change; then nobody need read those who import it. A control is green in all of them.
    alone = _told(mutant, clean.judged(changed, with_importers=False))
    return alone if alone.is_right != (mutant.group == CONTROL) else _told(mutant, clean.judged(changed))


def _told(mutant: Mutant, result: Result) -> Outcome:
    return Outcome(
        mutant, tuple(sorted({finding.rule for finding in result.findings})), tuple(result.unreadable)
    )


def edited(mutant: Mutant, edit: Edit, texts: Mapping[str, str]) -> str:
    """The text of a file with an edit in it. Raises MutantError when its anchor does not stand there once."""
    text = texts.get(edit.file, "")
    if not edit.find:
        return text + edit.put
    if text.count(edit.find) != 1:
        raise MutantError(f"{mutant.id}: the anchor stands {text.count(edit.find)} times in {edit.file}")
    return text.replace(edit.find, edit.put)


def _importers(touched: set[str], modules: Mapping[str, Module]) -> set[str]:
    names = {modules[path].name for path in touched if path in modules}
    return {
        path
        for path, module in modules.items()
        if any(
            target == name or target.startswith(name + ".")
            for target in module.imports.values()
            for name in names
        )
    }


def run_patch(patch: Path) -> Result:
    """The rules on a copy of the repository with an assessor's patch applied. Raises MutantError."""
    around, tree = _texts(*LOOKED_AT), _tree()
    with _patched(patch, tree | around) as folder:
        result = run_rules([str(folder / each) for each in CHECKED], config.load(None))
        result.findings += loosened(around, _below(folder, *LOOKED_AT))
        result.findings += edited_judges(tree, _below(folder, *CHECKED))
    return result


def judge_patch(patch: Path, clean: Clean) -> Result:
    """What the patch brings that the rules find, by the files it changes alone: fast. Raises MutantError."""
    around = _texts(*LOOKED_AT)
    with _patched(patch, clean.texts | around) as folder:
        changed = _below(folder, *CHECKED)
        result = clean.new_in(changed)
        result.findings += edited_judges(clean.texts, changed)
        result.findings += loosened(around, _below(folder, *LOOKED_AT))
    return result


def _below(folder: Path, *names: str) -> dict[str, str]:
    """The texts below a copy that these names, of files or folders, lead to."""
    paths = [folder / name for name in names]
    files = [file for path in paths for file in (path, *path.rglob("*")) if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8", "replace") for file in files}


@contextlib.contextmanager
def _patched(patch: Path, texts: Mapping[str, str]) -> Iterator[Path]:
    """A copy of the tree with the patch in it."""
    with tempfile.TemporaryDirectory() as name:
        for path, text in texts.items():
            file = Path(name) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        patches.apply(patch, Path(name), PATCHED)
        yield Path(name)


def told(outcomes: Iterator[Outcome], of: int) -> Iterator[Outcome]:
    """The same, with a line on standard error when one is there, and the time that may be left."""
    started = time.monotonic()
    for number, outcome in enumerate(outcomes, 1):
        left = (time.monotonic() - started) / number * (of - number)
        result = "as it should" if outcome.is_right else "NOT as it should"
        print(f"{number} of {of}: {outcome.mutant.id} {result}, some {left:.0f} s left", file=sys.stderr)  # noqa: T201  (progress)
        yield outcome


def report(outcomes: list[Outcome], *, as_json: bool) -> int:
    """Print the outcomes; 0 when every mutant is caught for its reason and no control is red."""
    wrong = [each for each in outcomes if not each.is_right]
    if as_json:
        print(json.dumps(_document(outcomes), ensure_ascii=False, indent=2))  # noqa: T201  (the command's output)
        return 1 if wrong else 0
    table = Table("id", "class", "change", "fired", "caught")
    for each in outcomes:
        said = "yes" if each.is_right else "broken" if each.broken else "NO"
        is_control = each.mutant.group == CONTROL
        table.add_row(
            each.mutant.id,
            each.mutant.group,
            each.mutant.title,
            " ".join(each.fired) or "-",
            ("green" if each.is_right else "RED") if is_control else said,
        )
    console = Screen()
    console.print(table)
    for group, (caught, total) in _rates(outcomes).items():
        console.print(f"{group}: {caught} of {total} {'green' if group == CONTROL else 'caught'}")
    return 1 if wrong or not outcomes else 0


def _rates(outcomes: list[Outcome]) -> dict[str, tuple[int, int]]:
    groups = sorted({each.mutant.group for each in outcomes})
    parts = {group: [each.is_right for each in outcomes if each.mutant.group == group] for group in groups}
    return {group: (sum(rights), len(rights)) for group, rights in parts.items()}


def _document(outcomes: list[Outcome]) -> dict[str, object]:
    return {
        "rates": {group: {"right": right, "of": total} for group, (right, total) in _rates(outcomes).items()},
        "outcomes": [
            {
                "id": each.mutant.id,
                "class": each.mutant.group,
                "title": each.mutant.title,
                "wanted": each.mutant.rules,
                "fired": each.fired,
                "broken": each.broken,
                "right": each.is_right,
            }
            for each in outcomes
        ],
    }
