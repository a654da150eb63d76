"""What a guest's checkout costs in CPU of shop and database, the provider left out.

    python -m benchmarks.checkout --database sqlite
    python -m benchmarks.checkout --against ../another-tree

One flow is what leads from the basket to the placed order with its session at the provider: address POST, delivery
POST, final page GET, confirm POST. `--against` lets the code of another tree (an earlier version's `git worktree`) take
turns with ours on the same database, so that the ratio is of one run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.meter import Cost, Target, in_turn
from benchmarks.report import Table, publish
from benchmarks.servers import ROOT, meter_of, shop_server
from benchmarks.stage import DATABASES, folder, fresh_database
from shop.app import create_shop
from shop.settings import load
from shop.stores import all_stores
from tests.concurrency.browser import Answer, Browser
from tests.concurrency.buyer import Buyer
from tests.concurrency.rush import put_on_sale
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox, running_sandbox

PACE_S = 0.06
"""From one confirm to the next: the shop makes no more than 20 sessions a second."""

BEFORE = ", before"


class Queue:
    """Guests with something in their baskets, who check out one after another."""

    def __init__(self, port: int, store: str, sku: str, sandbox: Sandbox) -> None:
        self._port, self._store, self._sku, self._sandbox = port, store, sku, sandbox
        self._ready: list[tuple[Browser, dict[str, str]]] = []
        self._count = 0
        self._last = 0.0

    def prepare(self, guests: int) -> None:
        """So many more guests reach the address page."""
        for _guest in range(guests):
            self._count += 1
            browser = Browser(self._port, f"http://{self._store}.localhost:{self._port}")
            buyer = Buyer(browser, self._count, self._sandbox)
            if not buyer.add(self._sku):
                raise RuntimeError("sold out")
            token = browser.get("/checkout").token()
            self._ready.append((browser, buyer.address() | {"csrf_token": token}))

    def check_out(self) -> None:
        """The next guest, from the address to the placed order."""
        browser, address = self._ready.pop()
        token = {"csrf_token": address["csrf_token"]}
        _leads_to(browser.post("/checkout", address, follow=False), "/checkout/delivery")
        chosen = token | {"day": "", "slot": "any", "method": "card"}
        _leads_to(browser.post("/checkout/delivery", chosen, follow=False), "/checkout/confirm")
        final = browser.get("/checkout/confirm", follow=False)
        agreed = {name: final.field(name) for name in ("csrf_token", "digest", "total")}
        time.sleep(max(0.0, self._last + PACE_S - time.monotonic()))
        self._last = time.monotonic()
        _leads_to(browser.post("/checkout/confirm", agreed, follow=False), "/pay")
        browser.close()


def _leads_to(answer: Answer, where: str) -> None:
    if answer.status != 303 or where not in (answer.location or ""):
        raise RuntimeError(f"{answer.path}: {answer.status} to {answer.location}, not to {where}")


def measure(database: str, *, rounds: int, flows: int, against: Path | None = None) -> dict[str, Cost]:
    """Costs of a flow at each store; with `against`, also those of its tree, named "… before"."""
    with folder() as place, fresh_database(database, place) as url, _serving(place, url, against) as targets:
        return in_turn(targets, rounds=rounds, units=flows)


@contextlib.contextmanager
def _serving(place: Path, url: str, against: Path | None) -> Iterator[dict[str, Target]]:
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox(place))
        addresses = {
            "STRIPE_API_BASE": sandbox.url,
            "STRIPE_JS_URL": f"{sandbox.pages}/endive/stripe.js",
            "STRIPE_FRAME_ORIGINS": sandbox.pages,
            "STRIPE_CHECKOUT_ORIGIN": sandbox.pages,
        }
        parts = create_shop(load(make_environ(url, **addresses)))
        versions = {"": ROOT} if against is None else {BEFORE: against.resolve(), "": ROOT}
        targets = {}
        for version, tree in versions.items():
            port, process = stack.enter_context(shop_server(place, url, tree=tree, **addresses))
            for name, store in all_stores().items():
                goods = put_on_sale(parts, name, 1_000_000)
                queue = Queue(port, name, goods.sku, sandbox)
                kind = f"{store.payment_type.value} type{version}"
                targets[kind] = Target(queue.check_out, meter_of(process, url), queue.prepare)
        parts.db.dispose()
        yield targets


@click.command()
@click.option("--database", type=click.Choice([*DATABASES, "both"]), default="sqlite", show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--flows", default=25, show_default=True, help="Checkouts a round.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Source tree of an earlier version, to take turns with.",
)
@click.option("--json", "as_json", is_flag=True)
@click.option("--save", type=click.Path(path_type=Path), help="Folder for the chart and the figures.")
def main(
    database: str, rounds: int, flows: int, against: Path | None, *, as_json: bool, save: Path | None
) -> None:
    """Measure a guest's checkout from basket to placed order."""
    table = Table("checkout", "CPU of a guest's checkout", "ms CPU of shop and database")
    for kind in DATABASES if database == "both" else (database,):
        costs = measure(kind, rounds=rounds, flows=flows, against=against)
        for name, cost in costs.items():
            table.add(f"{name}, {kind}", cost, costs.get(name + BEFORE))
    publish(table, as_json=as_json, save=save)


if __name__ == "__main__":
    main()
