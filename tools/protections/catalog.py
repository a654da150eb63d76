"""The catalogue of protections: what each does, the change that takes it out, and the tests that must notice."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shop.scope.mutants import Edit, Mutant, edited
from shop.scope.patches import MutantError

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "tests" / "protections" / "catalog.toml"


class BadCatalog(Exception):
    """The catalogue, or an entry of it, can't be used; the message is one line for a person."""


@dataclass(frozen=True)
class Protection:
    """`keeps`: what holds because of it, in one sentence. `tests`: each of them must turn red without it."""

    id: str
    keeps: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def load(path: Path = CATALOG) -> list[Protection]:
    """The catalogue. Raises BadCatalog."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        found = [_protection(entry) for entry in document["protection"]]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BadCatalog(f"{path.name}: {error!r}") from error
    if len({each.id for each in found}) != len(found):
        raise BadCatalog(f"{path.name}: an id stands twice")
    if empty := next((each.id for each in found if not (each.tests and each.edits)), None):
        raise BadCatalog(f"{path.name}: {empty} takes nothing out, or names no test")
    return found


def _protection(entry: dict[str, object]) -> Protection:
    edits = entry.get("edits", [{name: entry[name] for name in ("file", "find", "put") if name in entry}])
    tests = entry["tests"]
    assert isinstance(edits, list)
    assert isinstance(tests, list)
    return Protection(
        str(entry["id"]), str(entry["keeps"]), tuple(Edit(**edit) for edit in edits), tuple(tests)
    )


def without(protection: Protection, root: Path = ROOT) -> dict[str, str]:
    """The files of `root` that change when it is taken out, with their new text. Raises BadCatalog."""
    texts: dict[str, str] = {}
    change = Mutant(protection.id, "P", protection.keeps, (), protection.edits)
    for edit in protection.edits:
        try:
            before = texts.get(edit.file) or (root / edit.file).read_text("utf-8")
            texts[edit.file] = edited(change, edit, {edit.file: before})
        except (OSError, UnicodeDecodeError, MutantError) as error:
            raise BadCatalog(f"{protection.id}: {edit.file}: {error}") from error
        if texts[edit.file] == before:
            raise BadCatalog(f"{protection.id}: the change of {edit.file} changes nothing")
    return texts


def faults(protections: Iterable[Protection], root: Path = ROOT) -> Iterator[str]:
    """Why an entry says nothing about the tree of today: a moved anchor, a test that is gone. One line each."""
    for each in protections:
        try:
            without(each, root)
        except BadCatalog as error:
            yield str(error)
        yield from (f"{each.id}: there is no test {test}" for test in each.tests if not _exists(test, root))


def _exists(test: str, root: Path) -> bool:
    path, _, name = test.partition("::")
    try:
        text = (root / path).read_text("utf-8")
    except OSError:
        return False
    return f"\ndef {name.partition('[')[0]}(" in text
