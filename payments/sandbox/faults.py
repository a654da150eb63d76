"""Faults to rehearse: set over the control API, met by `api` and `webhooks`."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import ApiError

API_KINDS = ("429", "500", "timeout", "lost_answer", "refuse")
WEBHOOK_KINDS = ("drop", "delay", "duplicate", "tamper", "reorder")


@dataclass
class Fault:
    """One fault: `times` None means until removed; `probability` is rolled for every call it could meet."""

    operation: str
    kind: str
    times: int | None = 1
    probability: float = 1.0
    delay_s: float = 30.0
    met: int = 0
    id: int = field(default=0)


class Faults:
    """The list of faults in force. Thread-safe."""

    def __init__(self, seed: int | None = None) -> None:
        self._lock = threading.Lock()
        self.restart(seed)

    def restart(self, seed: int | None) -> None:
        """No faults; the dice begin anew, from the seed when there is one."""
        with self._lock:
            self._faults: list[Fault] = []
            self._asked: Counter[str] = Counter()
            self._last_id = 0
            self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - dice, not secrets

    def add(self, operation: str, kind: str, times: int | None, probability: float, delay_s: float) -> Fault:
        """Raises ApiError when the kind does not fit the operation or a number is out of range."""
        kinds = WEBHOOK_KINDS if operation == "webhook" else API_KINDS
        if kind not in kinds:
            raise ApiError(400, f"kind must be one of {', '.join(kinds)}.", param="kind")
        if (times is not None and times < 1) or not 0 < probability <= 1 or not 0 <= delay_s <= 3600:
            raise ApiError(400, "times is 1 or more, probability above 0 to 1, delay_s 0 to 3600.")
        with self._lock:
            self._last_id += 1
            fault = Fault(operation, kind, times, probability, delay_s, id=self._last_id)
            self._faults.append(fault)
        return fault

    def meet(self, operation: str) -> Fault | None:
        """The fault that this call meets, counted, or None. An operation `*` meets every API call."""
        with self._lock:
            self._asked[operation] += 1
            for fault in self._faults:
                fits = fault.operation == operation or (fault.operation == "*" and operation != "webhook")
                spent = fault.times is not None and fault.met >= fault.times
                if fits and not spent and self._random.random() < fault.probability:
                    fault.met += 1
                    return fault
        return None

    def asked(self) -> dict[str, int]:
        """How often each operation came here since the last reset, fault or not."""
        with self._lock:
            return dict(self._asked)

    def list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
