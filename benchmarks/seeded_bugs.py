"""The storm can fail: each bug of a list is put into a copy of the project, and a storm must find it there.

    python -m benchmarks.seeded_bugs [--only B07] [--left] [--write docs/storm.md]

Results are kept in benchmarks/results/seeded_bugs.json, so the list can be run in pieces; `--left` runs what has no
right result of the commit that lies here. Exit 0 when every bug that was looked at is found and the project as it is
passes; 1 when not; 2 when a bug can't be put in or a storm breaks down.
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
from dataclasses import asdict, replace
from pathlib import Path

import click

from benchmarks.seeded_results import AS_IT_IS, Found, Wanted, commit_of, keep, merged, read, write
from benchmarks.servers import ROOT
from shop.scope.mutants import Mutant, edited, load
from shop.scope.patches import MutantError
from tests.servers.processes import python

CATALOG = Path("tests/seeded_bugs")
KEPT = ROOT / "benchmarks/results/seeded_bugs.json"
COPIED = ("shop", "payments", "security", "static", "tests", "benchmarks", "tools", "wsgi.py")
UNCHANGED = Mutant(AS_IT_IS, "C", "no bug put in", ("machine", "sqlite", "postgres"), ())
PATIENCE_S = 1800

_REAL = ("-m", "benchmarks.storm", "--json", "--checkouts=60", "--shoppers=24", "--seed=2016")
STORMS = {
    "machine": ("-m", "tests.storm", "--stories=150"),
    "sqlite": (*_REAL, "--database=sqlite", "--kills=2"),
    # Nobody is killed: then a traceback in a log or an answer of 500 is a fault too.
    "postgres": (*_REAL, "--database=postgres", "--kills=0", "--faults=0.05"),
}
"""What each is started by, in the copy."""


def hunt(bugs: Sequence[Mutant]) -> Iterator[Found]:
    """One bug after another, by the storm that its entry names. Raises MutantError."""
    for bug in bugs:
        with tempfile.TemporaryDirectory(prefix="hitsuka-bug-") as name:
            place, commit = Path(name), commit_of(COPIED)
            copy(place)
            put_in(bug, place)
            for storm in bug.rules:
                began = time.monotonic()
                reason = _run(STORMS[storm], place)
                yield Found(bug.id, bug.title, storm, reason, round(time.monotonic() - began, 1), commit)


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


def wanted_of(bugs: Sequence[Mutant]) -> list[Wanted]:
    """What must be looked at, in the order of the table."""
    return [(bug.id, bug.title, storm) for bug in bugs for storm in bug.rules]


def _all() -> list[Mutant]:
    return [UNCHANGED, *load(ROOT / CATALOG)]


def _chosen(only: Sequence[str], *, left: bool) -> list[Mutant]:
    bugs = _all()
    if unknown := set(only) - {bug.id for bug in bugs}:
        raise MutantError(f"no such bug: {', '.join(sorted(unknown))}")
    bugs = [bug for bug in bugs if not only or bug.id in only]
    return _left(bugs) if left else bugs


def _left(bugs: Sequence[Mutant]) -> list[Mutant]:
    """Those without a right result of this commit, each with the storms that are left."""
    commit = commit_of(COPIED)
    done = {one.about for one in read(KEPT) if one.is_right and one.commit == commit}
    left = [
        replace(bug, rules=tuple(storm for storm in bug.rules if (bug.id, bug.title, storm) not in done))
        for bug in bugs
    ]
    return [bug for bug in left if bug.rules]


@click.command()
@click.option("--only", multiple=True, help="An id of the catalogue; repeatable.")
@click.option("--left", is_flag=True, help="Only what has no right result of this commit.")
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--write",
    "page",
    type=click.Path(exists=True, path_type=Path),
    help="A page to put the table of all results into, kept ones included.",
)
def main(only: tuple[str, ...], *, left: bool, as_json: bool, page: Path | None) -> None:
    """Put each bug in, and see whether a storm finds it."""
    found: list[Found] = []
    try:
        wanted = wanted_of(_all())
        for one in hunt(_chosen(only, left=left)):
            found.append(one)
            keep(KEPT, merged(wanted, read(KEPT), [one]))
            _say(one, len(found), err=as_json)
    except (MutantError, subprocess.TimeoutExpired) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps([asdict(one) | {"right": one.is_right} for one in found], ensure_ascii=False))
    if page is not None:
        write(page, wanted, merged(wanted, read(KEPT)))
    sys.exit(0 if all(one.is_right for one in found) else 1)


def _say(one: Found, number: int, *, err: bool) -> None:
    click.echo(
        f"{number:3}  {one.id:8} {'ok ' if one.is_right else 'NOT'}  {one.took_s:6.1f} s  {one.storm:8} "
        f"{one.title}: {one.reason or 'nothing found'}",
        err=err,
    )


if __name__ == "__main__":
    main()
