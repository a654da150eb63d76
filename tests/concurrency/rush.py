"""Many buyers for few goods at one moment, and the books afterwards."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Attempt, LedgerEntry, Payment
from payments.reconcile import reconcile
from shop.catalog.models import Variant
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from tests.concurrency.browser import Browser
from tests.concurrency.buyer import PATIENCE_S, Buyer, Told
from tests.servers.system import System


@dataclass(frozen=True)
class Goods:
    """What everybody wants."""

    store_id: str
    sku: str


def put_on_sale(shop: Shop, store_id: str, pieces: int) -> Goods:
    """Set the stock of the store's first variant that nobody holds to `pieces`."""

    def work(session: Session) -> Goods:
        query = select(Variant.sku).where(Variant.store_id == store_id, Variant.held == 0)
        sku = session.scalars(query.order_by(Variant.sku).limit(1)).one()
        session.execute(
            update(Variant).where(Variant.store_id == store_id, Variant.sku == sku).values(on_hand=pieces)
        )
        return Goods(store_id, sku)

    return shop.db.write(work)


def run(system: System, goods: Goods, buyers: int, *, first_number: int = 0) -> list[Told]:
    """So many buyers come at once and press the order button at the same moment. What each was told."""
    barrier = threading.Barrier(buyers)

    def one(number: int) -> Told:
        browser = Browser(system.port, system.origins[goods.store_id])
        try:
            return Buyer(browser, first_number + number, system.sandbox).buy(goods.sku, barrier.wait)
        except Exception:
            barrier.abort()
            raise

    with ThreadPoolExecutor(buyers) as pool:
        return list(pool.map(one, range(buyers)))


@dataclass(frozen=True)
class Books:
    """What the database and the provider hold of one kind of goods and of all payments."""

    on_hand: int
    held: int
    active_holds: int
    taken: int
    orders: dict[str, int]
    payments: dict[str, int]
    open_attempts: int
    ledger_minor: int
    provider_minor: int
    differences: list[str]


def read_books(shop: Shop, goods: Goods) -> Books:
    """Compare with the provider's lists (which heals what is late), then count."""
    since = utcnow() - dt.timedelta(hours=1)
    report = reconcile(shop.db, shop.providers[goods.store_id], OrderListener(), since)
    with shop.db.read() as session:
        variant = session.execute(
            select(Variant.on_hand, Variant.held).where(
                Variant.store_id == goods.store_id, Variant.sku == goods.sku
            )
        ).one()
        return Books(
            on_hand=variant.on_hand,
            held=variant.held,
            active_holds=_units(session, goods, "active"),
            taken=_units(session, goods, "taken"),
            orders=_states(session, Order),
            payments=_states(session, Payment),
            open_attempts=_count(session, Attempt.state.in_(["waiting", "open"])),
            ledger_minor=int(session.scalar(select(func.sum(LedgerEntry.amount_minor))) or 0),
            provider_minor=report.provider_minor,
            differences=report.differences,
        )


def wrong(told: list[Told], books: Books, items: int) -> list[str]:
    """Everything that must hold after a rush and does not."""
    buyers, outcomes = len(told), Counter(one.outcome for one in told)
    sold = min(buyers, items)
    bad = sorted({status for one in told for status in one.statuses if status == 429 or status >= 500})
    checks = (
        (
            outcomes == Counter({"paid": sold, "sold_out": buyers - sold}) - Counter(),
            f"told {dict(outcomes)}",
        ),
        (books.orders == {"paid": sold}, f"orders {books.orders}"),
        (books.payments == {"paid": sold}, f"payments {books.payments}"),
        (books.taken == sold, f"{books.taken} taken"),
        (books.on_hand == items - sold, f"{books.on_hand} on hand"),
        (books.held == books.active_holds == 0, f"{books.held} held, {books.active_holds} holds"),
        (books.open_attempts == 0, f"{books.open_attempts} sessions open"),
        (books.ledger_minor == books.provider_minor > 0, "ledger and provider differ"),
        (not books.differences, f"differences {books.differences}"),
        (not bad, f"statuses {bad}"),
    )
    return [fault for holds, fault in checks if not holds]


def order_kept(told: list[Told]) -> float:
    """How much of the order of coming the payment pages kept: 1 all of it, 0 none, -1 turned round.

    (Between the order's id, which begins with its time, and standing before the payment page: what buyers see, the
    pauses of their browsers in it.)
    """
    there = [one for one in told if one.ready_at]
    return _rank_correlation([(one.order or "", one.ready_at) for one in there])


def line_kept(system: System) -> float:
    """The same between when sessions were wanted and when each had its turn: what the line itself did."""
    shop = system.shop()
    with shop.db.read() as session:
        rows = session.execute(select(Attempt.created_at, Attempt.claimed_at).where(Attempt.tries > 0)).all()
    shop.db.dispose()
    return _rank_correlation([(row.created_at, row.claimed_at) for row in rows])


def _rank_correlation(pairs: Sequence[tuple[Any, Any]]) -> float:
    """Spearman's."""
    n = len(pairs)
    if n < 2:
        return 1.0
    came = sorted(range(n), key=lambda one: pairs[one][0])
    served = {one: rank for rank, one in enumerate(sorted(range(n), key=lambda one: pairs[one][1]))}
    return 1 - 6 * sum((rank - served[one]) ** 2 for rank, one in enumerate(came)) / (n * (n * n - 1))


def quiet_books(system: System, goods: Goods) -> Books:
    """The books once the sandbox has delivered every event."""
    deadline = time.monotonic() + PATIENCE_S
    while system.sandbox.control("health", method="GET")["deliveries_waiting"]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    shop = system.shop()
    try:
        return read_books(shop, goods)
    finally:
        shop.db.dispose()


def server_faults(system: System) -> list[str]:
    """Tracebacks in the logs of our own processes."""
    faults = []
    for name, process in system.processes.items():
        count = process.log.read_text(errors="replace").count("Traceback")
        if count:
            faults.append(f"{count} tracebacks in the log of {name}")
    return faults


def _units(session: Session, goods: Goods, state: str) -> int:
    query = select(func.sum(Hold.quantity)).where(
        Hold.store_id == goods.store_id, Hold.sku == goods.sku, Hold.state == state
    )
    return int(session.scalar(query) or 0)


def _states(session: Session, table: type[Order] | type[Payment]) -> dict[str, int]:
    rows = session.execute(select(table.state, func.count()).group_by(table.state))
    return {str(state): int(count) for state, count in rows}


def _count(session: Session, condition: object) -> int:
    return int(session.scalar(select(func.count()).select_from(Attempt).where(condition)) or 0)  # type: ignore[arg-type]  # a condition of any kind
