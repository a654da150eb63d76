"""The category page of 24 products against the bare limit, on one server and database, at several sizes.

python -m benchmarks.catalog --database sqlite --sizes 1000,100000
"""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import func, select

from benchmarks.meter import Cost, Target, in_turn
from benchmarks.report import Table, publish
from benchmarks.servers import bare_server, meter_of, shop_server
from benchmarks.stage import DATABASES, folder, fresh_database
from payments.database import Database
from shop.catalog.models import Product
from shop.catalog.seed import seed_generated
from tests.concurrency.browser import Browser

STORE = "style"


def measure(database: str, products: int, *, rounds: int, pages: int) -> dict[str, Cost]:
    """Costs of a page of the shop and of the bare app over so many products."""
    with folder() as place, fresh_database(database, place) as url:
        shelf = fill(url, products)
        bare_path = f"/?store={STORE}&category={shelf}"
        with shop_server(place, url) as (port, shop), bare_server(place, url, bare_path) as (bare_port, bare):
            ours = Browser(port, f"http://{STORE}.localhost:{port}")
            theirs = Browser(bare_port, f"http://127.0.0.1:{bare_port}")
            targets = {
                "shop": Target(lambda: _page(ours, f"/categories/{shelf}"), meter_of(shop, url)),
                "bare": Target(lambda: _page(theirs, bare_path), meter_of(bare, url)),
            }
            return in_turn(targets, rounds=rounds, units=pages)


def fill(url: str, products: int) -> str:
    """So many made-up products in all; the slug of the fullest shelf."""
    db = Database(url)
    with db.read() as session:
        there = session.scalar(select(func.count()).where(Product.store_id == STORE)) or 0
    seed_generated(db, STORE, max(0, products - there))
    with db.read() as session:
        counted = select(Product.category_slug).where(Product.store_id == STORE)
        shelf: str = session.scalars(
            counted.group_by(Product.category_slug).order_by(func.count().desc()).limit(1)
        ).one()
    db.dispose()
    return shelf


def _page(browser: Browser, path: str) -> None:
    answer = browser.get(path, follow=False)
    if answer.status != 200 or answer.text.count("/pictures/products/") != 24:
        raise RuntimeError(
            f"{path}: {answer.status} with {answer.text.count('/pictures/products/')} products"
        )


@click.command()
@click.option("--database", type=click.Choice([*DATABASES, "both"]), default="sqlite", show_default=True)
@click.option("--sizes", default="1000,100000", show_default=True, help="Numbers of products.")
@click.option("--rounds", default=7, show_default=True)
@click.option("--pages", default=150, show_default=True, help="Pages a round.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--save", type=click.Path(path_type=Path), help="Folder for the chart and the figures.")
def main(database: str, sizes: str, rounds: int, pages: int, *, as_json: bool, save: Path | None) -> None:
    """Compare our category page with the bare limit."""
    table = Table("catalog", "CPU of a page of 24 products", "ms CPU")
    for kind in DATABASES if database == "both" else (database,):
        for size in map(int, sizes.split(",")):
            costs = measure(kind, size, rounds=rounds, pages=pages)
            for name, cost in costs.items():
                base = costs["bare"] if name != "bare" else None
                table.add(f"{name}, {size:,} products, {kind}", cost, base)
    publish(table, as_json=as_json, save=save)


if __name__ == "__main__":
    main()
