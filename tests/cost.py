"""What a piece of work costs: CPU time of this thread, the least of three.

A busy machine slows a run, and nothing makes one faster than it is. What time a page takes is for benchmarks/.
"""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 3


def least_cpu_s(work: Callable[[], object], *, enough: float) -> float:
    """Seconds that `work` costs at least. It is done again only while it took more than `enough`."""
    least = _cpu_s(work)
    for _again in range(TIMES - 1):
        if least < enough:
            break
        least = min(least, _cpu_s(work))
    return least


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began
