"""A fresh shop with its sandbox and a mail server that keeps what it takes: where two benchmarks let attacks happen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.stage import folder, fresh_database
from shop.app import create_shop
from shop.context import Shop
from shop.settings import load
from tests.concurrency.rush import put_on_sale
from tests.environment import make_environ
from tests.servers.letters import Letters, letters
from tests.servers.sandbox import Sandbox, running_sandbox
from tests.shop.crowd import STORE


@dataclass(frozen=True)
class Attacked:
    """The parts of it, and the goods that are wanted."""

    shop: Shop
    sandbox: Sandbox
    letters: Letters
    sku: str


@contextmanager
def attacked_shop(database: str, pieces: int) -> Iterator[Attacked]:
    """It ends with the run. `database`: one of benchmarks.stage.DATABASES."""
    with (
        folder() as place,
        fresh_database(database, place) as url,
        running_sandbox(place) as sandbox,
        letters() as post,
    ):
        shop = create_shop(load(make_environ(url, MAIL_URL=post.url, **sandbox.addresses)))
        try:
            yield Attacked(shop, sandbox, post, put_on_sale(shop, STORE, pieces).sku)
        finally:
            shop.db.dispose()
