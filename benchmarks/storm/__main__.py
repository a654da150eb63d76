"""A storm over the whole shop, and the books afterwards. Exit 1 when anything does not hold.

    python -m benchmarks.storm --database postgres --checkouts 10000 --kills 50 --faults 0.2 --seed 7

Prints its seed: stories, kills and the provider's dice are the same for the same seed, as far as real processes allow.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from benchmarks.stage import DATABASES, fill, folder
from benchmarks.storm.plan import Plan
from benchmarks.storm.run import Result, storm
from tests.servers.postgres import Cluster, make_database, postgres_cluster

EVERY_S = 5.0


@click.command()
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@click.option("--checkouts", type=click.IntRange(1), default=200, show_default=True)
@click.option("--kills", type=click.IntRange(0), default=4, show_default=True, help="kill -9 of a process.")
@click.option(
    "--faults",
    type=click.FloatRange(0, 0.9),
    default=0.2,
    show_default=True,
    help="Share of calls gone wrong.",
)
@click.option("--seed", type=int, help="Drawn when not given.")
@click.option("--shoppers", type=click.IntRange(1, 200), default=24, show_default=True, help="At a time.")
@click.option("--minutes", type=click.FloatRange(0.1), help="After so long no checkout begins any more.")
@click.option("--json", "as_json", is_flag=True)
def main(
    database: str,
    checkouts: int,
    kills: int,
    faults: float,
    seed: int | None,
    shoppers: int,
    minutes: float | None,
    *,
    as_json: bool,
) -> None:
    """Let a storm loose."""
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    plan = Plan(checkouts, kills, faults, seed, shoppers, minutes=minutes)
    click.echo(f"seed {plan.seed}", err=True)
    with folder() as place, _database(database, place) as (url, cluster):
        result = storm(plan, place, url, cluster=cluster, progress=_Progress(quiet=as_json))
    if as_json:
        click.echo(json.dumps(asdict(result), ensure_ascii=False))
    else:
        _print(result)
    sys.exit(1 if result.faults else 0)


class _Progress:
    """A line now and then."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._began, self._told_at = quiet, time.monotonic(), 0.0

    def __call__(self, what: str, done: int, of: int) -> None:
        now = time.monotonic()
        if self._quiet or now - self._told_at < EVERY_S:
            return
        self._told_at, took = now, now - self._began
        click.echo(
            f"{took:6.0f} s  {what}: {done}{f' of {of}, {done / took:.1f} a second' if of else ''}", err=True
        )


@contextmanager
def _database(kind: str, place: Path) -> Iterator[tuple[str, Cluster | None]]:
    if kind == "sqlite":
        url = f"sqlite:///{place / 'shop.sqlite'}"
        fill(url)
        yield url, None
        return
    with postgres_cluster() as cluster:
        url = make_database(cluster.url, "hitsuka_storm").render_as_string(hide_password=False)
        fill(url)
        yield url, cluster


def _print(result: Result) -> None:
    for name, value in asdict(result).items():
        if name != "faults":
            click.echo(f"{name:18} {value}")
    for fault in result.faults:
        click.echo(f"WRONG  {fault}")
    click.echo(f"{len(result.faults)} things that do not hold")


if __name__ == "__main__":
    main()
