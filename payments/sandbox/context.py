"""What one running sandbox consists of. Made by `app`, handed to every part that needs more than one
piece."""

from __future__ import annotations

import threading

from .cards import CardBook
from .config import Config
from .faults import Faults
from .keys import KeyRing
from .limits import RateLimits
from .store import Store
from .tripwire import Tripwire


class Sandbox:
    """The pieces of one sandbox and its clock, which a test may move forward."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.store)
        self.keys = KeyRing(config.accounts)
        self.cards = CardBook()
        self.faults = Faults()
        self.limits = RateLimits(config.rate_limit)
        self.tripwire = Tripwire(self.cards.knows)
        self.work_waiting = threading.Event()
        """Set when a delivery was queued, so that the delivery threads need not wait for their next look."""
        self._clock_offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch on the sandbox's clock."""
        return self.config.clock() + self._clock_offset

    def advance_clock(self, seconds: float) -> None:
        self._clock_offset += seconds
        self.work_waiting.set()

    def reset(self) -> None:
        """Back to the state after a first start: no objects, faults, registered cards; the clock is right."""
        self.store.empty()
        self.faults.clear()
        self.cards.forget_registered()
        self.tripwire.reset()
        self._clock_offset = 0.0
