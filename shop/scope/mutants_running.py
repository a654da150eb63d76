"""Harmful changes that only a running shop shows: applied to a copy of the tree, in which the verifier's checks look.

A mutant of this kind names the checks that must turn red and the rules by which. The copy is what git knows, with
the compiled texts; the checks run in it as a process of their own, so that nothing of the changed code comes here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from security.rules import report
from shop.scope import patches
from shop.scope.mutants import PATCHED, Mutant, Outcome, edited, listed, run_patch
from shop.scope.patches import MutantError
from shop.scope.registry import CHECKS, Group

TIMEOUT_S = 1800
_APART = {"E5": "its rules look first", "E17": "asks a service outside", "E25": "is this"}
STAGES = tuple(
    tuple(
        check.id
        for check in CHECKS
        if check.is_built and check.id not in _APART and (check.group is Group.BROWSER) is in_browser
    )
    for in_browser in (False, True)
)
"""Every check that can look at a changed copy, the quick ones first."""


def run_running(mutants: list[Mutant], folder: Path) -> Iterator[Outcome]:
    """The outcome of each, one after the other, in copies below `folder`. Raises MutantError."""
    for mutant in mutants:
        copy = copy_tree(folder / mutant.id)
        for edit in mutant.edits:
            file = copy / edit.file
            texts = {edit.file: file.read_text("utf-8")} if file.is_file() else {}
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(edited(mutant, edit, texts), "utf-8")
        yield outcome(mutant, verified(copy, mutant.checks))
        drop(copy)


def in_copies(mutants: list[Mutant]) -> Iterator[Outcome]:
    """The same in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="hitsuka-mutants-") as folder:
        yield from run_running(mutants, Path(folder))


def judge_patch(patch: Path, checks: tuple[str, ...], *, as_json: bool) -> int:
    """An assessor's change: the rules over it, and these checks of the verifier in a copy that has it.

    Without checks, all of them look at what the rules do not see, until one notices it. Prints both; the exit status is
    the worse one, a finding before missing evidence. Raises MutantError.
    """
    rules = run_patch(patch)
    results: list[dict[str, Any]] = []
    if checks or rules.status == 0:
        with tempfile.TemporaryDirectory(prefix="hitsuka-patch-") as folder:
            results = looked_at(patch, checks, Path(folder))
    if as_json:
        click.echo(
            json.dumps({"rules": json.loads(report.as_json(rules)), "checks": results}, ensure_ascii=False)
        )
    else:
        _tell(results)
        click.echo(report.as_text(rules))
    found = any(result["findings"] for result in results)
    missing = any(result["missing"] for result in results)
    return 1 if found or rules.status == 1 else 2 if missing or rules.status else 0


def _tell(results: list[dict[str, Any]]) -> None:
    for result in results:
        for each in result["findings"]:
            click.echo(f"{result['id']}: {each['path']}: {each['rule']}: {each['message']}")
        for line in result["missing"]:
            click.echo(f"{result['id']}: evidence missing: {line}")
        click.echo(f"{result['id']} {result['status']}")


def looked_at(patch: Path, checks: tuple[str, ...], folder: Path) -> list[dict[str, Any]]:
    """What the verifier says in a copy below `folder` that has the change. Raises MutantError.

    Without checks: the quick ones, then those that need a browser, and no further when one has found something.
    """
    copy = copy_tree(folder / "tree")
    try:
        patches.apply(patch, copy, PATCHED)
        results: list[dict[str, Any]] = []
        for stage in [checks] if checks else STAGES:
            click.echo(f"{patch.name}: {', '.join(stage)} look at a copy with it …", err=True)
            results += verified(copy, stage)
            if any(each["findings"] for each in results):
                break
        return results
    finally:
        drop(copy)


def outcome(mutant: Mutant, results: list[dict[str, Any]]) -> Outcome:
    """What the checks said. One that saw nothing is broken, for a catch is for the right reason."""
    fired = sorted({finding["rule"] for result in results for finding in result["findings"]})
    unseen = [f"{result['id']}: {line}" for result in results for line in result["missing"]]
    return Outcome(mutant, tuple(fired), () if fired else tuple(unseen))


def copy_tree(target: Path) -> Path:
    """The files that git knows, and the compiled texts, which it does not."""
    names = [name for name in listed() if not name.startswith("tests/")]
    names += [path.as_posix() for path in Path("shop/translations").rglob("*.mo")]
    for name in names:
        if Path(name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, target / name)
    return target


def drop(copy: Path) -> None:
    """Throw a copy away."""
    shutil.rmtree(copy)


def verified(tree: Path, checks: tuple[str, ...]) -> list[dict[str, Any]]:
    """The results of these checks in a tree, by its own verifier. Raises MutantError when that does not answer."""
    words = [word for check in checks for word in ("--only", check)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "shop.cli", "scope", "verify", "--json", *words],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MutantError(f"the verifier was not done in the changed tree in {TIMEOUT_S} s") from error
    try:
        results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    except (ValueError, KeyError) as error:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MutantError(f"the verifier did not answer in the changed tree: {last}") from error
    return results
