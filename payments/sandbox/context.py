"""What one running sandbox consists of. Made by `app`, handed to every part that needs more than one
piece."""

from __future__ import annotations

import threading

from .cards import CardBook
from .config import Config
from .faults import Faults
from .ids import Ids
from .keys import KeyRing
from .limits import RateLimits
from .store import Store
from .tripwire import Tripwire


class Sandbox:
    """The pieces of one sandbox and its clock, which a test may move forward."""

    def __init__(self, config: Config) -> None:
        self.config = config
        # Refuses what is wrong with the settings, so before the store is opened.
        self.keys = KeyRing(config.accounts, config.restricted_keys)
        self.store = Store(config.store)
        self.ids = Ids(config.seed)
        self.cards = CardBook()
        self.faults = Faults(config.seed)
        self.limits = RateLimits(config.rate_limit)
        self.tripwire = Tripwire(self.cards.knows)
        self.work_waiting = threading.Event()
        """Set when a delivery was queued, so that the delivery threads need not wait for their next look."""
        self.ticking = threading.Lock()
        """Held by `clockwork` while it does what time does."""
        self._clock_offset = 0.0
        self._frozen_at = config.frozen_at

    def new_id(self, prefix: str, length: int = 24) -> str:
        """A fresh id such as `pi_…`; with a seed the same in every run."""
        return self.ids.new(prefix, length)

    def now(self) -> float:
        """Seconds since the epoch on the sandbox's clock."""
        running = self.config.clock() if self._frozen_at is None else self._frozen_at
        return running + self._clock_offset

    @property
    def is_frozen(self) -> bool:
        return self._frozen_at is not None

    def advance_clock(self, seconds: float) -> None:
        self._clock_offset += seconds
        self.work_waiting.set()

    def freeze_clock(self, at: float | None = None) -> None:
        """Stops the clock now, or at the given moment. It may still be moved forward."""
        self._frozen_at, self._clock_offset = (self.now() if at is None else at), 0.0

    def thaw_clock(self) -> None:
        """Lets the clock run on from where it stands."""
        if self._frozen_at is not None:
            self._clock_offset = self.now() - self.config.clock()
            self._frozen_at = None

    def reset(self, seed: int | None = None) -> None:
        """Back to the state after a first start: no objects, faults, registered cards; the clock is right and ids
        begin anew, from `seed` when given."""
        with self.ticking:  # what time has begun to do to an object is done before the object goes
            self.store.empty()
            self.ids.restart(self.config.seed if seed is None else seed)
            self.faults.restart(self.ids.seed)
            self.keys.forget_restricted()
            self.faults.clear()
            self.cards.forget_registered()
            self.tripwire.reset()
            self._clock_offset = 0.0
            self._frozen_at = self.config.frozen_at
