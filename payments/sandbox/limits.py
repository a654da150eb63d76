"""Stripe's rate limits: so many calls a second for one endpoint, and overall. Imported by `api`."""

from __future__ import annotations

import threading
import time
from collections import deque

from .errors import ApiError


class RateLimits:
    """Counts calls of the last second, per account. `per_second` None lets everything pass."""

    def __init__(self, per_second: float | None) -> None:
        self.per_second = per_second
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def check(self, account: str, operation: str) -> None:
        """Counts one call. Raises ApiError 429 with the reason header when a limit is reached."""
        if self.per_second is None:
            return
        now = time.monotonic()
        with self._lock:
            if self._full(account, operation, now):
                raise too_many("endpoint-rate")
            if self._full(account, "", now):
                raise too_many("global-rate")
            self._calls[account, operation].append(now)
            self._calls[account, ""].append(now)

    def _full(self, account: str, operation: str, now: float) -> bool:
        calls = self._calls.setdefault((account, operation), deque())
        while calls and calls[0] <= now - 1:
            calls.popleft()
        return len(calls) >= (self.per_second or 0)


def too_many(reason: str) -> ApiError:
    """The answer to a call over a limit (Stripe, rate limits: status 429 and the reason in a header)."""
    return ApiError(
        429,
        "Request rate limit exceeded. Slow down and try again, waiting longer each time.",
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": reason},
    )
