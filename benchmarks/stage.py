"""A fresh database of either kind and the whole system on it, in a folder that goes away."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from payments.database import Database
from shop.db.migrate import upgrade
from shop.seeding import seed_written
from shop.stores.rows import ensure_stores
from tests.servers.postgres import make_database, postgres_server

DATABASES = ("sqlite", "postgres")


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a migrated database with the written goods in it."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'shop.sqlite'}"
        fill(url)
        yield url
        return
    with postgres_server() as server:
        url = make_database(server, "hitsuka_benchmark").render_as_string(hide_password=False)
        fill(url)
        yield url


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one run. Told to end (SIGTERM), the run ends what it started before it goes."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="hitsuka-benchmark-") as name:
        yield Path(name)


def fill(url: str) -> None:
    """Migrate a database and put the written goods in."""
    database = Database(url)
    upgrade(database)
    ensure_stores(database)
    seed_written(database, lambda _text: None)
    database.dispose()
