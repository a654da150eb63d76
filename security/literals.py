"""Where any of several fixed texts begin in some bytes: by the standard library, or faster by hyperscan if it is there.

Both tell the same places. One pass for all of a number's forms is some hundred times as fast as one for each of them,
which tells where the memory of a dozen processes is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

Places = list[tuple[int, int]]
"""(which of the texts, where it begins)"""
Finder = Callable[[bytes], Places]


_LITTLE = 1 << 10
"""Bytes for which it is not worth to make a finder of one pass."""


def places(data: bytes, texts: tuple[bytes, ...]) -> Places:
    """Every place of each of `texts`, none of which may be empty, in no order."""
    find = one_by_one(texts) if len(data) < _LITTLE else _fastest(texts)
    return find(data)


@lru_cache(maxsize=8)
def _fastest(texts: tuple[bytes, ...]) -> Finder:
    try:
        return in_one_pass(texts)
    except ImportError:
        return one_by_one(texts)


def one_by_one(texts: tuple[bytes, ...]) -> Finder:
    """A pass for each text."""

    def find(data: bytes) -> Places:
        return [(which, at) for which, text in enumerate(texts) for at in _places_of(text, data)]

    return find


def in_one_pass(texts: tuple[bytes, ...]) -> Finder:
    """One pass for all. Raises ImportError where hyperscan is not installed."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    exactly = ["".join(f"\\x{byte:02x}" for byte in text).encode() for text in texts]
    database.compile(
        expressions=exactly, ids=list(range(len(texts))), elements=len(texts), flags=[0] * len(texts)
    )

    def find(data: bytes) -> Places:
        found: Places = []

        def note(which: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((which, end - len(texts[which])))

        database.scan(data, match_event_handler=note)
        return found

    return find


def _places_of(text: bytes, data: bytes) -> Iterator[int]:
    at = data.find(text)
    while at >= 0:
        yield at
        at = data.find(text, at + 1)
