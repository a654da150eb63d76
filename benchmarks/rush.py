"""A rush for the last items: how many are paid, told, charged, and how long it takes. Exit 1 when the books are wrong.

    python -m benchmarks.rush --buyers 200 --items 10 --database sqlite

With `--line` there are goods for everybody and the provider's rate limit is on: it shows the waiting line.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from statistics import median, quantiles

import click

from benchmarks.stage import DATABASES, folder, fresh_database
from tests.concurrency.rush import Books, order_kept, put_on_sale, quiet_books, run, server_faults, wrong
from tests.servers.system import running_system


@dataclass(frozen=True)
class Result:
    """What came of one rush. Times in seconds."""

    database: str
    buyers: int
    items: int
    told: dict[str, int]
    in_line: int
    statuses: dict[int, int]
    confirm_p50: float
    confirm_p99: float
    whole_p50: float
    whole_p99: float
    order_kept: float
    took: float
    books: Books
    faults: list[str]


def measure(database: str, buyers: int, items: int, *, workers: int, store: str, line: bool) -> Result:
    """One rush on a fresh system."""
    options = ("--rate-limit=25",) if line else ()
    with (
        folder() as place,
        fresh_database(database, place) as url,
        running_system(place, url, workers=workers, sandbox_options=options) as system,
    ):
        shop = system.shop()
        goods = put_on_sale(shop, store, items)
        began = time.monotonic()
        told = run(system, goods, buyers)
        took = time.monotonic() - began
        books = quiet_books(system, goods)
        faults = wrong(told, books, items) + server_faults(system)
        shop.db.dispose()
    confirms, wholes = [one.confirm_s for one in told if one.pressed_at], [one.whole_s for one in told]
    return Result(
        database,
        buyers,
        items,
        dict(Counter(one.outcome for one in told)),
        sum(one.waited_in_line for one in told),
        dict(sorted(Counter(status for one in told for status in one.statuses).items())),
        median(confirms),
        _p99(confirms),
        median(wholes),
        _p99(wholes),
        order_kept(told),
        took,
        books,
        faults,
    )


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]


@click.command()
@click.option("--buyers", default=200, show_default=True)
@click.option("--items", default=10, show_default=True)
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option(
    "--store", default="style", show_default=True, help="style (token type) or cocomo (redirect type)."
)
@click.option("--line", is_flag=True, help="Goods for everybody, the provider's rate limit on.")
@click.option("--json", "as_json", is_flag=True)
def main(
    buyers: int, items: int, database: str, workers: int, store: str, *, line: bool, as_json: bool
) -> None:
    """Let many buyers come at once, then look into the books."""
    result = measure(database, buyers, buyers if line else items, workers=workers, store=store, line=line)
    if as_json:
        click.echo(json.dumps(asdict(result)))
    else:
        for name, value in asdict(result).items():
            click.echo(f"{name:12} {value:.2f}" if isinstance(value, float) else f"{name:12} {value}")
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    main()
