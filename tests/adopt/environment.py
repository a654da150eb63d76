"""Environments that hold the wheel and nothing of this project, made without a network.

What a shop needs besides (Flask, say) is linked from the environment of the tests, where the lock with its hashes has
put it; only the named distributions and what these require are.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

HERE = Path(sysconfig.get_paths()["purelib"])


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own; `run` runs its Python in `folder`, with nothing else on the path."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    def run(self, folder: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            [str(self.python), *words],
            cwd=folder,
            env=clean | {"PATH": f"{self.root / 'bin'}:{clean['PATH']}"},
            input=given,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def add(self, *names: str) -> None:
        """Link distributions, and what they require, from the tests' own environment."""
        (target,) = self.root.glob("lib/python*/site-packages")
        for name in sorted(_closure(names)):
            for top in _tops(name):
                link = target / top
                if not link.exists():
                    link.symlink_to(HERE / top)


def make_environment(root: Path, wheel: Path) -> Environment:
    """An environment with the wheel alone. Fails with pip's own words when it cannot be installed."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(root)
    made = Environment(root)
    command = [sys.executable, "-m", "pip", "--python", str(made.python), "install", "--quiet"]
    done = subprocess.run(
        [*command, "--no-index", "--no-deps", str(wheel)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return made


def _closure(names: tuple[str, ...]) -> set[str]:
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += _required(name)
    return found


def _required(name: str) -> Iterator[str]:
    for line in distribution(name).requires or ():
        requirement, _, condition = line.partition(";")
        word = re.match(r"[\w.-]+", requirement)
        if word and not condition:
            yield word[0]
        elif word and "extra" not in condition:
            try:
                distribution(word[0])
            except PackageNotFoundError:
                continue  # for another system, or another Python
            yield word[0]


def _tops(name: str) -> set[str]:
    tops = {Path(str(file)).parts[0] for file in distribution(name).files or ()}
    return {top for top in tops if top not in {"..", "__pycache__"} and (HERE / top).exists()}
