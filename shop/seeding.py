"""Fill the database with the written goods, and with made-up ones in any number."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from payments.database import Database
from shop.catalog.models import Product
from shop.catalog.seed import seed_generated, seed_store
from shop.settings import Settings
from shop.stores import all_stores
from shop.stores.rows import ensure_stores


def seed_written(db: Database, say: Callable[[str], None]) -> None:
    """The goods that people wrote, once; a store that has goods stays as it is."""
    for store_id, store in all_stores().items():
        with db.read() as session:
            if session.scalar(select(Product.slug).where(Product.store_id == store_id).limit(1)) is not None:
                continue
        say(f"filling the shelves of {store.name} …")
        seed_store(db, store_id)


def seed(settings: Settings, *, products: int, orders: int, customers: int) -> None:
    """The written goods and so many made-up ones a store, with progress on the terminal."""
    db = Database(settings.database_url)
    ensure_stores(db)
    seed_written(db, print)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for store_id in all_stores():
            if products:
                task = progress.add_task(f"{store_id}: products", total=products)
                seed_generated(
                    db, store_id, products, lambda done, task=task: progress.update(task, completed=done)
                )  # type: ignore[misc]
