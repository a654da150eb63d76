"""The storm can fail: each bug of a list is put into a copy of the project, and a storm must find it there.

    python -m benchmarks.seeded_bugs [--only B07] [--write docs/storm.md]

Exit 0 when every bug is found and the project as it is passes both storms; 1 when not; 2 when a bug can't be put in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.servers import ROOT
from shop.scope.mutants import Mutant, MutantError, edited, load
from tests.servers.processes import python

CATALOG = Path("tests/seeded_bugs")
COPIED = ("shop", "payments", "security", "static", "tests", "benchmarks", "tools", "wsgi.py")
AS_IT_IS = Mutant("as it is", "C", "no bug put in", ("machine", "sqlite", "postgres"), ())
BEGIN, END = "<!-- seeded bugs: begin -->", "<!-- seeded bugs: end -->"
PATIENCE_S = 900

_REAL = ("-m", "benchmarks.storm", "--json", "--checkouts=60", "--shoppers=24", "--seed=2016")
STORMS = {
    "machine": ("-m", "tests.storm", "--stories=150"),
    "sqlite": (*_REAL, "--database=sqlite", "--kills=2"),
    # Nobody is killed: then a traceback in a log or an answer of 500 is a fault too.
    "postgres": (*_REAL, "--database=postgres", "--kills=0", "--faults=0.05"),
}
"""What each is started by, in the copy."""


@dataclass(frozen=True)
class Found:
    """What a storm said of one bug: its reason, "" when it found nothing."""

    id: str
    title: str
    storm: str
    reason: str
    took_s: float

    @property
    def is_right(self) -> bool:
        """A bug is found; the project as it is passes."""
        return bool(self.reason) != (self.id == AS_IT_IS.id)


def hunt(bugs: Sequence[Mutant]) -> Iterator[Found]:
    """One bug after another, by the storm that its entry names. Raises MutantError."""
    for bug in bugs:
        with tempfile.TemporaryDirectory(prefix="hitsuka-bug-") as name:
            place = Path(name)
            copy(place)
            put_in(bug, place)
            for storm in bug.rules:
                began = time.monotonic()
                reason = _run(STORMS[storm], place)
                yield Found(bug.id, bug.title, storm, reason, round(time.monotonic() - began, 1))


def copy(place: Path) -> None:
    """The project's code as it lies here, with the compiled texts."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)


def put_in(bug: Mutant, place: Path) -> None:
    """Make its edits in a copy. Raises MutantError for an anchor that has moved."""
    for edit in bug.edits:
        path = place / edit.file
        path.write_text(edited(bug, edit, {edit.file: path.read_text("utf-8")}), "utf-8")


def _run(command: Sequence[str], place: Path) -> str:
    done = subprocess.run(
        python("-P", *command),
        cwd=place,
        env=_environ(place),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode == 0:
        return ""
    if done.returncode != 1:
        raise MutantError(f"a storm ended with {done.returncode}: {done.stderr[-500:]}")
    return _reason(done.stdout, done.stderr)


def _environ(place: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": str(place)}


def _reason(out: str, err: str) -> str:
    last = out.strip().splitlines()[-1] if out.strip() else ""
    if last.startswith("FOUND"):
        return last.removeprefix("FOUND ").removeprefix("AssertionError: ")
    try:
        return str(json.loads(last)["faults"][0])
    except (ValueError, KeyError, IndexError):
        raise MutantError(f"a storm broke down: {err[-500:]}") from None


def table(found: Sequence[Found]) -> str:
    """For the page."""
    rows = [f"| {one.id} | {one.title} | {one.storm} | {_short(one.reason) or 'nothing'} |" for one in found]
    return "\n".join(
        ["| | Bug put in | Found by | First thing that did not hold |", "|---|---|---|---|", *rows]
    )


def _short(reason: str) -> str:
    """Ids and amounts are others in every run."""
    words = [
        "…" if len(word) > 20 and any(letter.isdigit() for letter in word) else word
        for word in reason.split()
    ]
    return " ".join(words)[:110].replace("|", "/")


def write(page: Path, found: Sequence[Found]) -> None:
    """Put the table between its marks."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{after}", "utf-8")


def _chosen(only: Sequence[str]) -> list[Mutant]:
    catalog = load(ROOT / CATALOG)
    if unknown := set(only) - {bug.id for bug in catalog}:
        raise MutantError(f"no such bug: {', '.join(sorted(unknown))}")
    return [bug for bug in catalog if bug.id in only] if only else [AS_IT_IS, *catalog]


@click.command()
@click.option("--only", multiple=True, help="An id of the catalogue; repeatable.")
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--write", "page", type=click.Path(exists=True, path_type=Path), help="A page to put the table into."
)
def main(only: tuple[str, ...], *, as_json: bool, page: Path | None) -> None:
    """Put each bug in, and see whether a storm finds it."""
    found: list[Found] = []
    try:
        for one in hunt(_chosen(only)):
            found.append(one)
            click.echo(
                f"{len(found):3}  {one.id:8} {'ok ' if one.is_right else 'NOT'}  {one.took_s:6.1f} s  {one.storm:8} "
                f"{one.title}: {one.reason or 'nothing found'}",
                err=as_json,
            )
    except (MutantError, subprocess.TimeoutExpired) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps([asdict(one) | {"right": one.is_right} for one in found], ensure_ascii=False))
    if page is not None:
        write(page, found)
    sys.exit(0 if all(one.is_right for one in found) else 1)


if __name__ == "__main__":
    main()
