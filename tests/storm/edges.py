"""A clock that moves when told, and the edges at which a process can die: round each commit, call and mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TypeVar
from unittest.mock import patch

from sqlalchemy.orm import Session

from payments.database import Database

T = TypeVar("T")


class Killed(BaseException):
    """kill -9, as far as one process can play it: nothing after this line happens, and no handler sees it."""


class Edges:
    """Counts down to the edge at which the process dies."""

    def __init__(self) -> None:
        self._left: int | None = None
        self.kills = 0

    def die_at(self, edge: int | None) -> None:
        """Die at that edge from now, 0 being the next; None: live."""
        self._left = edge

    def cross(self) -> None:
        """Called where a process can die between two things that last."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._left = None
            self.kills += 1
            raise Killed


class MortalDatabase(Database):
    """A database whose process may die right before a transaction, or right after its commit."""

    edges: Edges

    def write(self, work: Callable[[Session], T]) -> T:
        self.edges.cross()
        result = super().write(work)
        self.edges.cross()
        return result


class Clock:
    """The time of the tables and of the provider. A millisecond passes at each look, so nothing is at one moment."""

    def __init__(self) -> None:
        self._now = dt.datetime.now(dt.UTC).replace(microsecond=0)

    def now(self, _zone: object = None) -> dt.datetime:
        self._now += dt.timedelta(milliseconds=1)
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += dt.timedelta(seconds=seconds)

    @contextmanager
    def rules(self) -> Iterator[None]:
        """Within, `payments.columns.utcnow`, which is every table's clock, reads this one."""
        ours = SimpleNamespace(UTC=dt.UTC, datetime=SimpleNamespace(now=self.now))
        with patch("payments.columns.dt", ours):
            yield
