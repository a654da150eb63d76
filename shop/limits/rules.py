"""Rules as data, and the port that counts. It decides nothing about what happens without an answer: callers fail
closed (a new card attempt, a sign-in) or open (everything else), and say which."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Rule:
    """At most `most` uses of one key in any `window`. `name` is stable: counters are kept under it."""

    name: str
    most: int
    window: dt.timedelta

    @property
    def seconds(self) -> int:
        return math.ceil(self.window.total_seconds())


@dataclass(frozen=True)
class Verdict:
    """Whether it may happen; else the first rule that says no, and how long until it may again (at the latest)."""

    allowed: bool
    rule: str | None = None
    wait: dt.timedelta = dt.timedelta()


class LimitsDown(Exception):
    """The counters can't be reached: nothing is known about how often it happened."""


class Limits(Protocol):
    """Counts uses. A key is any text that names who uses it (an address, a session); it is kept as a keyed hash."""

    def hit(self, *uses: tuple[Rule, str], now: float | None = None) -> Verdict:
        """Count one use under each (rule, key), all or none. What is refused is not counted, so that waiting helps.

        `now` is in seconds since the epoch, for tests. Raises LimitsDown.
        """

    def peek(self, *uses: tuple[Rule, str], now: float | None = None) -> Verdict:
        """What `hit` would say, without counting. Raises LimitsDown."""

    def forget(self, rule: Rule, key: str) -> None:
        """Count anew from zero, for who has proved who they are. Raises LimitsDown."""

    def sweep(self) -> int:
        """Delete what counts no more, some at a time. How many went. Raises LimitsDown."""


@dataclass(frozen=True)
class Window:
    """Where a moment lies: the number of its fixed window, and how much of the one before still counts."""

    number: int
    before_counts: float
    left_s: float

    @classmethod
    def of(cls, rule: Rule, now: float) -> Window:
        number, into = divmod(now, rule.seconds)
        return cls(int(number), 1 - into / rule.seconds, rule.seconds - into)


def judge(rule: Rule, window: Window, before: int, with_this: int) -> Verdict:
    """One rule's verdict from two fixed windows, weighed as if they slid: `with_this` counts the present use too."""
    if before * window.before_counts + with_this <= rule.most:
        return Verdict(True)
    return Verdict(False, rule.name, dt.timedelta(seconds=math.ceil(_wait(rule, window, before, with_this))))


def _wait(rule: Rule, window: Window, before: int, with_this: int) -> float:
    """Seconds until the same use would be allowed, if nothing else happens meanwhile."""
    room = rule.most - with_this
    if room >= 0 and before:
        return max(1.0, (window.before_counts - room / before) * rule.seconds)
    # The present window alone is full: in the next one it counts as the one before.
    full = with_this - 1
    share = (rule.most - 1) / full if full else 1.0
    return max(1.0, window.left_s + (1 - share) * rule.seconds)
