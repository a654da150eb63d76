"""Run checks: the groups side by side, each check's fault caught and told as missing evidence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from security.canary.sinks import MissingEvidence
from shop.scope.lab import Lab
from shop.scope.registry import Check
from shop.scope.result import Notes, NotExercised, Result

Say = Callable[[str], None]


def run(checks: list[Check], lab: Lab, say: Say = lambda _line: None) -> list[Result]:
    """The results, in the order of `checks`. `say` hears one line after each, with the time that may be left."""
    progress = _Progress(checks, say)
    groups = {check.group: [each for each in checks if each.group is check.group] for check in checks}
    with ThreadPoolExecutor(max_workers=max(1, len(groups))) as pool:
        running = [pool.submit(_run_group, group, lab, progress) for group in groups.values()]
        finished = {result.id: result for each in running for result in each.result()}
    return [finished[check.id] for check in checks]


def _run_group(checks: list[Check], lab: Lab, progress: _Progress) -> list[Result]:
    results = []
    try:
        for check in checks:
            results.append(run_one(check, lab))
            progress.finished(check, results[-1])
    finally:
        lab.close_browser()  # it belongs to the thread that opened it
    return results


def run_one(check: Check, lab: Lab) -> Result:
    """One check. Whatever goes wrong in it is missing evidence, never silence."""
    notes, started = Notes(), time.monotonic()
    try:
        check.look(lab, notes)
    except NotExercised as reason:
        notes.not_exercised.append(str(reason))
    except MissingEvidence as reason:
        notes.lack(str(reason))
    except Exception as error:  # noqa: BLE001  (a check that breaks has seen nothing; the run must say so and go on)
        notes.lack(f"the check itself failed: {type(error).__name__}: {str(error)[:300]}")
    return Result(
        id=check.id,
        title=check.title,
        title_ja=check.title_ja,
        notes=notes,
        supports=check.supports,
        command=f"shop scope verify --only {check.id}",
        seconds=time.monotonic() - started,
    )


class _Progress:
    """Counts what is done and guesses what is left, from how long each check typically takes."""

    def __init__(self, checks: list[Check], say: Say) -> None:
        self._left = {check.id: check for check in checks}
        self._total, self._say, self._lock = len(checks), say, threading.Lock()
        self._pace = [1.0]

    def finished(self, check: Check, result: Result) -> None:
        """Tell of one check."""
        with self._lock:
            del self._left[check.id]
            if check.typical_s >= 3:
                self._pace.append(result.seconds / check.typical_s)
            done = self._total - len(self._left)
            line = f"[{done} of {self._total}] {check.id} {result.status}: {result.line}"
            self._say(f"{line} ({result.seconds:.1f} s; about {self._seconds_left():.0f} s left)")

    def _seconds_left(self) -> float:
        by_group: dict[str, float] = {}
        for check in self._left.values():
            by_group[check.group] = by_group.get(check.group, 0.0) + check.typical_s
        return max(by_group.values(), default=0.0) * sum(self._pace) / len(self._pace)
