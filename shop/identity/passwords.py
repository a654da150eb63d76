"""Passwords: kept as Argon2id hashes, checked at a bounded price.

A hash costs some 50 ms and 19 MiB on purpose (OWASP Password Storage Cheat Sheet, 2025: Argon2id, 19 MiB, t=2, p=1).
So each process computes one at a time, lets one more wait, and spends a bounded share of its time on it: 200 sign-in
attempts a second must not take the processors from people who buy. The share is divided into lanes, so that strangers
who use theirs up keep out neither a known browser nor the staff.
"""

from __future__ import annotations

import math
import threading
import time
import unicodedata
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

LONGEST = 1000
"""Characters. Longer ones are refused before any hash; nothing is ever cut off (ASVS 5.0, 6.2.8 and 6.2.9)."""
HASHES_PER_S = 5.0
HASHES_AT_ONCE = 10.0
"""A process's allowance for whoever comes: a quarter of one processor, and a short rush."""
RESERVED = 0.4
"""So much of that again for each of the other lanes."""
PATIENCE_S = 0.5
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Lane(Enum):
    """Who wants a password looked at."""

    ANYONE = "anyone"
    PROVED = "proved"
    """Who has shown what no stranger has: a browser that is known, a session, a link from a mail."""
    STAFF = "staff"
    """Members, and who tries to be one: that is counted in all, not by address alone (`shop.staff.signing_in`)."""


class Busy(Exception):
    """Too many are being checked at this moment; nothing was checked. The caller says: try again shortly."""


class Passwords:
    """One for each process. Thread-safe."""

    def __init__(self, *, per_second: float = HASHES_PER_S, at_once: float = HASHES_AT_ONCE) -> None:
        self._hasher, self._nobody = _HASHER, _hash_of_nobody()
        self._one = threading.Semaphore(1)
        self._lines = {lane: threading.BoundedSemaphore(2) for lane in Lane}
        self._allowances = {lane: _Allowance(RESERVED * per_second, max(1, at_once / 2)) for lane in Lane}
        self._allowances[Lane.ANYONE] = _Allowance(per_second, at_once)

    def hash(self, password: str, lane: Lane = Lane.ANYONE) -> str:
        """The hash to keep. Raises Busy; ValueError when it is longer than LONGEST."""
        if len(password) > LONGEST:
            raise ValueError("a password of more than a thousand characters")
        return self._in_turn(lane, lambda: self._hasher.hash(_canonical(password)))

    def matches(self, kept: str | None, password: str, lane: Lane = Lane.ANYONE) -> bool:
        """Whether it is the password of `kept`. With None (nobody has that name) it costs the same and is False.

        Raises Busy, so that a rush does not tell either.
        """
        if len(password) > LONGEST:
            return False
        return self._in_turn(lane, lambda: self._verify(kept or self._nobody, password)) and kept is not None

    def wait_s(self, lane: Lane = Lane.ANYONE) -> int:
        """Seconds until a password may be worth sending; 0 when one can be taken now. It takes nothing."""
        if not self._lines[lane].acquire(blocking=False):
            return 1
        self._lines[lane].release()
        return self._allowances[lane].wait_s()

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with older settings, and should be made anew at the next sign-in."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _canonical(password))
        except (VerificationError, InvalidHashError):
            return False

    def _in_turn(self, lane: Lane, work: Callable[[], T]) -> T:
        if not self._lines[lane].acquire(blocking=False):
            raise Busy
        try:
            if not self._one.acquire(timeout=PATIENCE_S):
                raise Busy
            try:
                if not self._allowances[lane].take():
                    raise Busy
                return work()
            finally:
                self._one.release()
        finally:
            self._lines[lane].release()


@cache
def _hash_of_nobody() -> str:
    """What is looked at when there is no such name: made once a process, before anybody can ask."""
    return _HASHER.hash("nobody's password")


class _Allowance:
    """A bucket of hashes that fills by time. Used under the lock of `_one`."""

    def __init__(self, per_second: float, at_once: float) -> None:
        self._per_second, self._most = per_second, at_once
        self._left, self._at = at_once, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def wait_s(self) -> int:
        """Whole seconds until there is one to take. A look without the lock: it may be a hash too old."""
        now_left = self._left + (time.monotonic() - self._at) * self._per_second
        return math.ceil(max(0.0, (1 - now_left) / self._per_second))


def _canonical(password: str) -> bytes:
    """The same characters whatever keyboard composed them (NIST SP 800-63B, 3.1.1.2: Unicode normalisation)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
