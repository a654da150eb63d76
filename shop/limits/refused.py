"""Who was refused a moment ago, remembered in the process, so that asking again costs next to nothing.

It decides nothing: it repeats what a limit said, no longer than the limit said it. Forgetting costs one more question
to the counters, so it may be small, and need not be shared by processes.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections.abc import Callable, Iterable

from shop.limits.rules import Rule, Verdict

MOST = 10_000
"""Keys that are remembered, some 2 MB. Beyond that the oldest goes."""


class Refused:
    """One for each process. Thread-safe."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._until: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def note(
        self, verdict: Verdict, uses: Iterable[tuple[Rule, str]], *, longest: dt.timedelta = dt.timedelta.max
    ) -> None:
        """Remember the use whose rule said no, until its wait is over or for `longest`."""
        until = self._clock() + min(verdict.wait, longest).total_seconds()
        with self._lock:
            for rule, key in uses:
                if rule.name == verdict.rule:
                    self._until.pop((rule.name, key), None)
                    self._until[rule.name, key] = until
            while len(self._until) > self._most:
                del self._until[next(iter(self._until))]

    def wait_s(self, uses: Iterable[tuple[Rule, str]]) -> int:
        """Whole seconds for which one of these uses is still refused; 0 when the limit has to be asked."""
        now = self._clock()
        left = max((self._until.get((rule.name, key), now) - now for rule, key in uses), default=0.0)
        return math.ceil(left)

    def forget(self, rule: Rule, key: str) -> None:
        """It counts anew from zero."""
        with self._lock:
            self._until.pop((rule.name, key), None)

    def __len__(self) -> int:
        return len(self._until)
