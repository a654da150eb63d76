"""How much work one input may cause. Used by `decode`, `judge` and the scanner; standard library alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_LONG = 64 << 10
_GROUP_WORK = 40


@dataclass
class Budget:
    """What is left of it. `over` turns True when a lack of it left something undecoded, and stays so.

    `depth` counts layers, `characters` and `tokens` are spent by all layers together. `seconds` are of this thread's
    CPU, so that a busy machine refuses nobody; None is no limit.
    """

    depth: int = 6
    characters: int = 16 << 20
    tokens: int = 50_000
    seconds: float | None = None
    over: bool = field(default=False, init=False)
    _deadline: float = field(default=0.0, init=False)
    _unwatched: int = field(default=0, init=False)
    _look_after: int = field(default=100_000, init=False)

    def __post_init__(self) -> None:
        if self.seconds is not None:
            self._deadline = time.thread_time() + self.seconds

    def spend(self, characters: int, tokens: int = 0) -> bool:
        """Whether this much is still allowed; once it is not, `over` stays True."""
        self.characters -= characters
        self.tokens -= tokens
        if self.over:
            return False
        if self.characters < 0 or self.tokens < 0:
            self.over = True
        elif self.seconds is not None:
            # The clock is a system call, looked at once in so much work. Nor is it asked before there was much of it:
            # what little work took is no fault of the input (the collector of garbage ran, say).
            self._unwatched += 100 + characters + 20 * tokens
            if self._unwatched > self._look_after:
                self._unwatched, self._look_after = 0, 4_000
                self.over = time.thread_time() > self._deadline
        return not self.over

    def has_time(self, size: int) -> bool:
        """Whether one more pass over `size` characters may begin: asked between passes, none of which stops halfway."""
        if size >= _LONG and self.seconds is not None and not self.over:
            self.over = time.thread_time() > self._deadline
        return not self.over

    def spend_groups(self, groups: int) -> bool:
        """The finder's share: groups of digits that look like parts of a card number."""
        self._unwatched += _GROUP_WORK * groups
        return self.spend(0, groups // 8 + 1)
