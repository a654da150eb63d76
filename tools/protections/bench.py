"""The runs: first every named test on the untouched copy, where it must be green; then each without its protection."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.protections.catalog import BadCatalog, Protection
from tools.protections.tree import Copy

_WARM = Path(__file__).parent / "warm.py"
# Plugins of libraries are imported before the fork: too early for pytest to rewrite assertions that nobody needs.
_QUIETLY = ("-q", "-n", "0", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
_IN_ONE_RUN = 40
"""A database server or a browser is started once a run, so a run has many tests."""


@dataclass(frozen=True)
class Result:
    """How each named test of a protection ended without it: "red", "green", or "broken" for anything else."""

    protection: Protection
    ended: dict[str, str]
    seconds: float

    @property
    def is_seen(self) -> bool:
        """Whether every named test turned red, by an assertion."""
        return set(self.ended.values()) == {"red"}


class Bench:
    """One copy and one warm process (`warm`), which runs tests in it. Close it."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._seen = copy.folder / "seen.json"
        self._warm = subprocess.Popen(
            [sys.executable, str(_WARM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """End the process."""
        with self._warm:  # closes its input, waits, and closes its output
            pass

    def control(self, protections: Iterable[Protection]) -> None:
        """Raises BadCatalog unless every named test is green while nothing is missing: else red would say nothing."""
        tests = sorted({test for each in protections for test in each.tests})
        ended: dict[str, str] = {}
        for start in range(0, len(tests), _IN_ONE_RUN):
            ended |= self._run(tests[start : start + _IN_ONE_RUN])
        wrong = sorted(test for test, how in ended.items() if how != "green")
        if wrong:
            raise BadCatalog(f"not green with every protection in place: {', '.join(wrong)}")

    def take_out(self, protections: Iterable[Protection]) -> Iterator[Result]:
        """What the tests say without each, one after the other. Raises BadCatalog for an entry that applies no more."""
        for each in protections:
            began = time.monotonic()
            with self._copy.without(each):
                ended = self._run(each.tests, *(["-x"] if len(each.tests) == 1 else []))
            yield Result(each, ended, time.monotonic() - began)

    def _run(self, tests: Iterable[str], *more: str) -> dict[str, str]:
        self._seen.unlink(missing_ok=True)
        words = [*_QUIETLY, "-p", "tools.protections.seen", *more, *tests]
        folder = str(self._copy.folder)
        environ = {"PYTHONPATH": folder, "SEEN_FILE": str(self._seen)}
        self._ask({"folder": folder, "words": words, "environ": environ})
        found = self._read()
        return {test: found.get(test, "broken") for test in tests}

    def _ask(self, wanted: dict[str, object]) -> None:
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write(json.dumps(wanted) + "\n")
        self._warm.stdin.flush()
        if not self._warm.stdout.readline():
            raise BadCatalog("the process that runs the tests has died")

    def _read(self) -> dict[str, str]:
        """Nothing at all where tests could not even be collected. Raises BadCatalog when they ran on another tree."""
        if not self._seen.exists():
            return {}
        document = json.loads(self._seen.read_text("utf-8"))
        if Path(document["root"]) != self._copy.folder.resolve():
            raise BadCatalog("the tests ran on another tree than the copy")
        return dict(document["tests"])
