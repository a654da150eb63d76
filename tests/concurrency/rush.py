"""Many buyers for few goods at one moment, and the books afterwards."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
from tests.concurrency.buyer import Buyer, Told
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


def _units(session: Session, goods: Goods, state: str) -> int:
    query = select(func.sum(Hold.quantity)).where(
        Hold.store_id == goods.store_id, Hold.sku == goods.sku, Hold.state == state
    )
    return int(session.scalar(query) or 0)


def _states(session: Session, table: type[Order] | type[Payment]) -> dict[str, int]:
    rows = session.execute(select(table.state, func.count()).group_by(table.state))
    return {str(state): int(count) for state, count in rows}


def _count(session: Session, condition: object) -> int:
    return int(session.scalar(select(func.count()).select_from(Attempt).where(condition)) or 0)  # type: ignore[arg-type]
