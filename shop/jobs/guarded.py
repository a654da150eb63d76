"""Do pieces of work so that none keeps the others from being done, and a fault that stays is not told all day."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from payments.database import fault_of
from payments.provider import PaymentError

T = TypeVar("T")

_log = logging.getLogger("hitsuka.worker")

TOLD_AGAIN_S = 60.0
FIRST_REST_S, LONGEST_REST_S = 0.5, 60.0


@dataclass
class _Rest:
    """A step that failed rests until then; twice as long each time."""

    length_s: float
    until: float


class Guarded:
    """For one thread. `clock` is in seconds, and only its differences count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[tuple[str, str], tuple[float, int]] = {}
        self._rests: dict[str, _Rest] = {}

    def step(self, work: Callable[[], T], *, otherwise: T) -> T:
        """Do a step of every turn. One that fails by a fault of ours rests longer and longer, up to a minute."""
        name, now = _name(work), self._clock()
        rest = self._rests.get(name)
        if rest is not None and now < rest.until:
            return otherwise
        try:
            result = work()
        except PaymentError as error:
            self._wait_for_provider(error)
        except Exception as error:  # noqa: BLE001  (a worker that dies of one bad row serves nobody)
            length = min(LONGEST_REST_S, rest.length_s * 2) if rest is not None else FIRST_REST_S
            self._rests[name] = _Rest(length, now + length)
            self._tell(name, error)
        else:
            self._rests.pop(name, None)
            return result
        return otherwise

    def piece(self, work: Callable[..., T], *arguments: object, otherwise: T) -> T:
        """Do a piece of work on one thing; whatever it raises, `otherwise` comes back."""
        try:
            return work(*arguments)
        except PaymentError as error:
            self._wait_for_provider(error)
        except Exception as error:  # noqa: BLE001  (as above)
            self._tell(_name(work), error)
        return otherwise

    def _wait_for_provider(self, error: PaymentError) -> None:
        _log.warning("waits for the provider", extra={"reason": error.code})

    def _tell(self, name: str, error: Exception) -> None:
        """Once a minute for one kind of error of one piece of work, and how often it came since.

        With its traceback, unless the database failed: that is no mistake of the work, and the same for all of it.
        """
        fault = fault_of(error)
        key, now = ("", fault) if fault else (name, type(error).__name__), self._clock()
        told_at, untold = self._told.get(key, (-TOLD_AGAIN_S, 0))
        if now - told_at < TOLD_AGAIN_S:
            self._told[key] = (told_at, untold + 1)
            return
        self._told[key] = (now, 0)
        about = {"work": name, "untold": untold}
        if fault:
            _log.error("the database failed", extra=about | {"reason": fault})
        else:
            _log.error("a piece of work failed", exc_info=error, extra=about)


def _name(work: Callable[..., object]) -> str:
    return getattr(work, "__name__", type(work).__name__)
