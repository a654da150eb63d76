"""CPU seconds of processes with all their children, living and gone; and rounds that take targets in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

import psutil


class Meter:
    """Sums the CPU time of process trees. A database's backends are children of its first process."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._roots = [psutil.Process(pid) for pid in pids]

    def cpu_s(self) -> float:
        """User and system time so far."""
        total = 0.0
        for root in self._roots:
            times = root.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
            for child in root.children(recursive=True):
                try:
                    times = child.cpu_times()
                except psutil.NoSuchProcess:
                    continue  # its time is in its parent's children_user now
                total += times.user + times.system + times.children_user + times.children_system
        return total


def process_at(port: int) -> int:
    """The process that listens on a port: PostgreSQL's first, whose children are its backends."""
    for connection in psutil.net_connections("tcp"):
        address = connection.laddr
        if connection.status == psutil.CONN_LISTEN and address and address.port == port and connection.pid:
            return int(connection.pid)
    raise LookupError(f"nobody listens on {port}, or not for us to see")


@dataclass
class Cost:
    """What the rounds of one target cost: milliseconds of CPU and of waiting for one unit of work, round by round."""

    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Units of work one after another in a second."""
        return 1000 / median(self.wall_ms)


@dataclass(frozen=True)
class Target:
    """Something to measure: `work` does one unit, `meter` knows the processes that pay for it."""

    work: Callable[[], None]
    meter: Meter
    prepare: Callable[[int], None] = lambda _units: None
    """Called before every round with its number of units; not measured."""


def in_turn(targets: Mapping[str, Target], *, rounds: int, units: int) -> dict[str, Cost]:
    """A B A B …: so many rounds of so many units each, after one round to warm up that does not count."""
    costs = {name: Cost() for name in targets}
    for round_ in range(rounds + 1):
        for name, target in targets.items():
            target.prepare(units)
            cpu, wall = target.meter.cpu_s(), time.perf_counter()
            for _unit in range(units):
                target.work()
            wall, cpu = time.perf_counter() - wall, target.meter.cpu_s() - cpu
            if round_:
                costs[name].cpu_ms.append(cpu * 1000 / units)
                costs[name].wall_ms.append(wall * 1000 / units)
    return costs
