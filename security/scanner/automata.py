"""Patterns in Hyperscan (extra `fast`): where in some bytes each ends. Used by the scanner's fast engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import hyperscan

from .patterns import DECODED, KINDS, PATTERNS, PLAINLY

Found = list[tuple[int, int]]
"""Where a pattern ended, and its kind: how what it names is looked at (`patterns`)."""

ONCE = hyperscan.HS_FLAG_SINGLEMATCH
_LINES = re.compile(rb"[^\n]{1,2048}")  # of a long one its parts


class Automata:
    """Patterns, each with its kind, in one database, made when it is first needed: called with bytes, where they end.

    Where they end nearly everywhere, all the rest is named, line by line: to be told each end would take for ever.
    """

    def __init__(self, patterns: Iterable[tuple[bytes, int]], *, flag: int = 0, most: int = 100_000) -> None:
        each = list(patterns)
        self._patterns, self._kinds = [pattern for pattern, _ in each], [kind for _, kind in each]
        self._flag, self._most = hyperscan.HS_FLAG_DOTALL | flag, most

    @cached_property
    def _database(self) -> Any:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        size = len(self._patterns)
        database.compile(
            expressions=self._patterns, ids=list(range(size)), elements=size, flags=[self._flag] * size
        )
        return database

    def __call__(self, block: bytes | memoryview) -> Found:
        ends: Found = []
        kinds, most = self._kinds, self._most

        def found(pattern: int, start: int, end: int, flags: int, context: object) -> bool:  # noqa: ARG001  (its shape)
            ends.append((end, kinds[pattern]))
            return len(ends) > most

        try:
            self._database.scan(block, match_event_handler=found)
        except hyperscan.ScanTerminated:
            ends += [(each.end(), PLAINLY | DECODED) for each in _LINES.finditer(block, ends[-1][0])]
        return ends


ACROSS = 128
"""Bytes behind a chunk that are looked at with it."""


def spans(
    block: bytes, size: int, is_wanted: Callable[[bytes], object], starts: Iterable[int] | None = None
) -> Iterator[tuple[int, int]]:
    """The chunks of this size that are wanted, with a bit of what follows; neighbours are one. Where not all come into
    question, `starts` has where those begin that do."""
    first, reached = -1, 0
    for start in starts if starts is not None else range(0, len(block), size):
        if not is_wanted(block[start : start + size + ACROSS]):
            continue
        if first >= 0 and start > reached:
            yield first, reached + ACROSS
            first = start
        first = first if first >= 0 else start
        reached = start + size
    if first >= 0:
        yield first, reached + ACROSS


def exactly(*names: str) -> list[tuple[bytes, int]]:
    """The patterns of these names, each with its kind."""
    return [(PATTERNS[name], KINDS[name]) for name in names]
