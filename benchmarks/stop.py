"""A stop with many open sessions: when the last one was made, and how fast what can be paid becomes none.

    python -m benchmarks.stop --open 1000

Orders with open sessions at the sandbox, four processes that go on starting payments, then the stop; what is open is
ended in this process, at the rate that all workers share. Exit 1 when a session was made more than a second after the
commit, or when the count is not true.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from unittest.mock import patch

import click
from sqlalchemy import update

from benchmarks.stage import DATABASES, folder, fresh_database
from payments.closing import end_sessions_of_closed_stores, payable
from payments.columns import utcnow
from payments.making import make_session
from payments.provider import SessionStatus
from shop.app import create_shop
from shop.audit.actor import Actor
from shop.cards.service import stop_cards
from shop.catalog.models import Variant
from shop.checkout.request import request_of
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.queries import order_view
from shop.settings import load
from tests.environment import make_environ
from tests.servers.processes import python
from tests.servers.sandbox import running_sandbox
from tests.shop.ordering import GUEST, place_order

STORE, PROCESSES = "style", 4
LATEST_S = 1.0


@dataclass(frozen=True)
class Result:
    """Times in seconds, after the stop's commit."""

    database: str
    open: int
    last_session_made_s: float
    """By the provider's clock, which tells whole seconds: below 0 is before the commit."""
    none_payable_after_s: float
    ended_a_second: float
    counts: list[tuple[float, int]]
    """What could still be paid, as `shop payments status` counts it, second by second."""
    untrue: int
    """How far the count was from the provider's own list at the end."""

    @property
    def holds(self) -> bool:
        return self.last_session_made_s <= LATEST_S and self.untrue == 0


def measure(database: str, sessions: int) -> Result:
    """One stop on a fresh shop."""
    with folder() as place, fresh_database(database, place) as url, running_sandbox(place) as sandbox:
        environ = make_environ(url, **sandbox.addresses)
        shop = create_shop(load(environ))
        plenty = update(Variant).where(Variant.store_id == STORE).values(on_hand=1_000_000)
        shop.db.write(lambda session: session.execute(plenty))
        with (
            patch("payments.line.CREATES_AT_ONCE", 1_000_000),
            patch("payments.line.CREATES_PER_SECOND", 1_000_000),
        ):
            for number in range(sessions):
                _open(shop, number)
        more = [_placed(shop, sessions + number) for number in range(PROCESSES * 10)]
        sellers = [_Seller(environ, place / f"ready-{n}", more[n::PROCESSES]) for n in range(PROCESSES)]
        for seller in sellers:
            seller.wait_ready()
        time.sleep(1.0)  # they are selling
        shop.db.write(
            lambda session: stop_cards(
                session, shop, STORE, reason="benchmark", actor=Actor("command", "benchmark"), now=utcnow()
            )
        )
        committed, began = utcnow(), time.monotonic()
        counts = _end_all(shop, began)
        took = time.monotonic() - began
        for seller in sellers:
            seller.stop()
        made = list(shop.providers[STORE].sessions_since(committed.replace(year=committed.year - 1)))
        untrue = sum(one.status is SessionStatus.OPEN for one in made) - counts[-1][1]
        shop.db.dispose()
    last = max(one.created for one in made)
    return Result(
        database,
        counts[0][1],
        round((last - committed).total_seconds(), 2),
        round(took, 1),
        round(counts[0][1] / took, 1),
        counts,
        abs(untrue),
    )


def _end_all(shop: Shop, began: float) -> list[tuple[float, int]]:
    """End what is open at the shared rate, and read the count on the way."""
    counts: list[tuple[float, int]] = []
    while True:
        with shop.db.read() as session:
            left = payable(session, STORE).total
        counts.append((round(time.monotonic() - began, 1), left))
        if not left:
            return counts
        end_sessions_of_closed_stores(shop.db, shop.providers, OrderListener(), seconds=1.0)


def _placed(shop: Shop, number: int) -> str:
    guest = replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}")
    return place_order(shop, contact=guest)


def _open(shop: Shop, number: int) -> None:
    order_id = _placed(shop, number)
    with shop.db.read() as session:
        view = order_view(session, STORE, order_id)
    assert view is not None
    assert view.attempt is not None
    provider, attempt_id = shop.providers[STORE], view.attempt.id
    make_session(
        shop.db, provider, OrderListener(), STORE, attempt_id, lambda one: request_of(shop, one), in_turn=True
    )


class _Seller:
    """A process that starts the payments of its orders, again and again."""

    def __init__(self, environ: dict[str, str], ready: Path, orders: list[str]) -> None:
        self._ready, self._orders, self._over = ready, orders, threading.Event()
        command = python("-m", "tests.concurrency.seller", str(ready))
        self._process = subprocess.Popen(
            command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def wait_ready(self) -> None:
        while not self._ready.exists():
            if self._process.poll() is not None:
                raise RuntimeError("a seller ended at once")
            time.sleep(0.05)
        self._thread.start()

    def _ask(self) -> None:
        asks, tells = self._process.stdin, self._process.stdout
        assert asks is not None
        assert tells is not None
        asked = 0
        while not self._over.is_set():
            asks.write(f"{self._orders[asked % len(self._orders)]}\n")
            asks.flush()
            tells.readline()
            asked += 1
            self._over.wait(0.05)
        asks.close()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(30)
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()


@click.command()
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@click.option("--open", "sessions", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(database: str, sessions: int, *, as_json: bool) -> None:
    """Stop cards while many can be paid."""
    result = measure(database, sessions)
    if as_json:
        click.echo(json.dumps(asdict(result)))
    else:
        for name, value in asdict(result).items():
            click.echo(f"{name:22} {value}")
    sys.exit(0 if result.holds else 1)


if __name__ == "__main__":
    main()
