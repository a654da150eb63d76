"""Waiting when the provider says "too fast": for work that nobody waits for, which would be lost if it gave up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from payments.provider import ProviderBusy

TRIES = 8
FIRST_WAIT_S = 0.25
"""Doubled each time, so 32 s in all before it gives up (docs.stripe.com/rate-limits asks for exponential steps)."""

T = TypeVar("T")


def patiently(call: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Call, and call again after a while as long as the provider refuses for its rate, `TRIES` times at most.

    For calls that may be repeated. Raises the last ProviderBusy; anything else goes through at once.
    """
    for attempt in range(TRIES - 1):
        try:
            return call()
        except ProviderBusy:
            sleep(FIRST_WAIT_S * 2**attempt * random.uniform(0.8, 1.2))  # noqa: S311  (jitter, not a secret)
    return call()
