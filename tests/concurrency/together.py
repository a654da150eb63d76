"""Run things at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(works: Sequence[Callable[[], T]]) -> list[T]:
    """Start all works at the same moment in threads of their own; their results in order. The first error is raised."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        barrier.wait(240)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(240) for future in [pool.submit(run, work) for work in works]]
