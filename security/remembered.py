"""Remembers by hash what was judged clean, so that what comes again and again is judged once. Pure."""

from __future__ import annotations

from collections.abc import Hashable

SHORT = 64
"""Text or bytes of no more than this come again; what is longer is judged each time."""


def is_short(value: object) -> bool:
    """Whether it is text or bytes that may well come again: an id, a name, an address of a page."""
    return isinstance(value, (str, bytes)) and len(value) <= SHORT


class Remembered:
    """Hashes of values, at most so many; then all are forgotten. The values themselves are kept nowhere."""

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._marks: set[int] = set()

    def __contains__(self, value: Hashable) -> bool:
        return hash(value) in self._marks

    def note(self, value: Hashable) -> None:
        """It was clean."""
        if len(self._marks) >= self._most:
            self._marks.clear()
        self._marks.add(hash(value))
