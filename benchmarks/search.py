"""Searching: the best 24 products at several sizes, on both databases. In process: the query alone, without a page.

python -m benchmarks.search --sizes 1000,100000
"""

from __future__ import annotations

import os
from pathlib import Path

import click
from sqlalchemy import make_url

from benchmarks.catalog import STORE, fill
from benchmarks.meter import Cost, Meter, Target, in_turn, process_at
from benchmarks.report import Table, publish
from benchmarks.stage import DATABASES, folder, fresh_database
from payments.database import Database
from shop.catalog import search

WORDS = {"common": "器", "two words": "白 皿", "rare": "ふりだし", "none": "該当しない言葉"}


def measure(database: str, products: int, *, rounds: int, queries: int) -> dict[str, Cost]:
    """Costs of a search for each kind of word."""
    with folder() as place, fresh_database(database, place) as url:
        fill(url, products)
        port = make_url(url).port
        meter = Meter([os.getpid(), *([process_at(port)] if port else [])])
        db = Database(url)
        targets = {name: Target(lambda words=words: _find(db, words), meter) for name, words in WORDS.items()}  # type: ignore[misc]  # bound for this target
        costs = in_turn(targets, rounds=rounds, units=queries)
        db.dispose()
        return costs


def _find(db: Database, words: str) -> None:
    with db.read() as session:
        search.find(session, STORE, words, "ja")


@click.command()
@click.option("--database", type=click.Choice([*DATABASES, "both"]), default="both", show_default=True)
@click.option("--sizes", default="1000,100000", show_default=True, help="Numbers of products.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--queries", default=100, show_default=True, help="Searches a round.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--save", type=click.Path(path_type=Path), help="Folder for the chart and the figures.")
def main(database: str, sizes: str, rounds: int, queries: int, *, as_json: bool, save: Path | None) -> None:
    """Measure searches at several sizes. The ratio is against the smallest size."""
    table = Table("search", "CPU of a search, best 24", "ms CPU")
    for kind in DATABASES if database == "both" else (database,):
        first: dict[str, Cost] = {}
        for size in map(int, sizes.split(",")):
            costs = measure(kind, size, rounds=rounds, queries=queries)
            for name, cost in costs.items():
                table.add(f"{name}, {size:,}, {kind}", cost, first.get(name))
            first = first or costs
    publish(table, as_json=as_json, save=save)


if __name__ == "__main__":
    main()
