"""Ids of API objects. Imported by `context`; everybody else asks the `Sandbox`.

Without a seed they come from the system and cannot be guessed. With one they are the same in every run. Each
prefix has a stream of its own, so that what a delivery thread draws does not change the next payment's id.
"""

from __future__ import annotations

import random
import string
import threading

_ALPHABET = string.ascii_letters + string.digits


class Ids:
    """Draws ids and small numbers. Thread-safe."""

    def __init__(self, seed: int | None) -> None:
        self._lock = threading.Lock()
        self.restart(seed)

    def restart(self, seed: int | None) -> None:
        """Begins the streams anew."""
        with self._lock:
            self.seed = seed
            self._streams: dict[str, random.Random] = {}

    def new(self, prefix: str, length: int = 24) -> str:
        """A fresh id such as `pi_…`."""
        with self._lock:
            stream = self._stream(prefix)
            return prefix + "_" + "".join(stream.choice(_ALPHABET) for _ in range(length))

    def number(self, name: str, below: int) -> int:
        """A number from 0 up to, not including, `below`, from the stream of that name."""
        with self._lock:
            return self._stream(name).randrange(below)

    def _stream(self, name: str) -> random.Random:
        if self.seed is None:
            return random.SystemRandom()
        return self._streams.setdefault(name, random.Random(f"{self.seed}:{name}"))  # noqa: S311 - to be foreseen is what a seed is for
