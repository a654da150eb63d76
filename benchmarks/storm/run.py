"""One storm from beginning to end: shoppers and weather, the calm afterwards, and what the books say then."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from benchmarks.storm.after import give_back
from benchmarks.storm.fleet import Fleet, running_fleet
from benchmarks.storm.plan import SCARCE_SHARE, STORES, Plan, Story, kills, stories
from benchmarks.storm.post import PostOffice, post_office
from benchmarks.storm.shopper import Shopper, Told
from benchmarks.storm.weather import Weather, let_time_pass, set_faults
from payments.columns import utcnow
from payments.models import Attempt, LedgerEntry, ProviderEvent
from payments.models import Refund as RefundRow
from payments.reconcile import reconcile
from payments.reconcile_report import Report
from shop.catalog.models import Variant
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.links import order_of_token
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from tests.servers.postgres import Cluster
from tests.storm.books import Goods, wrong, wrong_mails

STORIES_A_VISIT = 6
PLENTY = 1_000_000
CALM_S = 600.0
_CALM_ROUND_S = 20.0

Progress = Callable[[str, int, int], None]
"""Told what is going on, and how much of it is done, of how much (0: nobody knows)."""


@dataclass(frozen=True)
class Result:
    """What came of a storm. `faults` is empty when all of it holds."""

    plan: Plan
    database: str
    checkouts: int
    """How many there were."""
    told: dict[str, int]
    orders: dict[str, int]
    killed: dict[str, int]
    holds_run_out: int
    asked: int
    """Calls and deliveries of the provider."""
    gone_wrong: dict[str, int]
    mails: int
    doubles: int
    mails_turned_away: int
    lost_answers: int
    statuses: dict[int, int]
    ledger_minor: int
    healed: int
    tracebacks: int
    took_s: float
    calm_s: float
    cpu_s: float
    faults: list[str]


class Storm:
    """One run. Its parts share the fleet, the goods and the count of what is over."""

    def __init__(self, plan: Plan, fleet: Fleet, office: PostOffice, progress: Progress) -> None:
        self._plan, self._fleet, self._office, self._progress = plan, fleet, office, progress
        self._shop = fleet.shop()
        self._lock = threading.Lock()
        self._told: list[Told] = []
        self._visitors = itertools.count()
        self._ends_at = time.monotonic() + 60 * plan.minutes if plan.minutes else None
        self._since = utcnow() - dt.timedelta(minutes=2)
        self.stock = put_on_sale(self._shop, plan)

    def run(self, database: str) -> Result:
        began = time.monotonic()
        set_faults(self._fleet, self._plan.faults)
        planned = kills(self._plan, restarts=self._fleet.cluster is not None)
        weather = Weather(self._fleet, self._shop, self._plan, planned, lambda: len(self._told))
        weather.start()
        try:
            with ThreadPoolExecutor(self._plan.shoppers) as pool:
                list(pool.map(self._visit, visits(stories(self._plan))))
        finally:
            weather.stop()
        took = time.monotonic() - began
        met = self._fleet.sandbox.control("faults", method="GET")
        healed, faults = self._calm_down()
        calm = time.monotonic() - began - took
        doubles_allowed = weather.killed["worker"] + weather.killed["database"] * self._plan.workers
        faults += wrong(self._shop, self._since, self.stock)
        faults += wrong_mails(self._shop, self._office.taken, doubles_allowed)
        faults += self._told_wrongly()
        return self._result(database, weather, met, healed, faults, took, calm)

    def _visit(self, visit: list[Story]) -> None:
        """Some checkouts by one shopper; a new one comes when the basket of the last is in no clear state."""
        with contextlib.ExitStack() as browsers:
            self._visit_with(browsers, visit)

    def _visit_with(self, browsers: contextlib.ExitStack, visit: list[Story]) -> None:
        shopper: Shopper | None = None
        for story in visit:
            if self._ends_at is not None and time.monotonic() > self._ends_at:
                return
            if shopper is None:
                shopper = Shopper(self._fleet, story.store, next(self._visitors), self._plan.seed)
                browsers.callback(shopper.close)
            told = shopper.live(story, self._sku(story))
            give_back(self._fleet, self._shop, told)
            if told.outcome != "paid":
                shopper = None
            with self._lock:
                self._told.append(told)
                self._progress("checkouts", len(self._told), self._plan.checkouts)

    def _sku(self, story: Story) -> str:
        skus = sorted(sku for store, sku in self.stock if store == story.store)
        scarce = next(sku for sku in skus if self.stock[story.store, sku] < PLENTY)
        plenty = [sku for sku in skus if sku != scarce]
        return scarce if story.is_scarce else plenty[story.number % len(plenty)]

    def _calm_down(self) -> tuple[int, list[str]]:
        """No more faults, and time passes until nothing is left to do; then both sides are compared, twice."""
        self._fleet.sandbox.control("faults", method="DELETE")
        self._office.faults = 0.0
        self._until_quiet()
        healed = sum(len(report.healed) for report in self._reconcile())
        self._until_quiet()
        faults = []
        for report in self._reconcile():
            faults += [f"reconcile: {difference}" for difference in report.differences]
            if not report.agrees:
                faults.append(f"reconcile: {report.provider_minor} there, {report.ledger_minor} here")
        return healed, faults

    def _reconcile(self) -> list[Report]:
        providers = {id(one): one for one in self._shop.providers.values()}.values()
        return [reconcile(self._shop.db, one, OrderListener(), self._since) for one in providers]

    def _until_quiet(self) -> None:
        until = time.monotonic() + CALM_S
        while time.monotonic() < until:
            self._fleet.stop_workers()
            let_time_pass(self._shop)
            self._fleet.start_workers()
            if self._is_quiet_within(_CALM_ROUND_S):
                return

    def _is_quiet_within(self, seconds: float) -> bool:
        """Whether nothing waits any more; as long as it gets less, it is given longer."""
        until, least = time.monotonic() + seconds, None
        while time.monotonic() < until:
            left = self._left()
            self._progress("left to do", left, 0)
            if left == 0:
                return True
            if least is None or left < least:
                least, until = left, time.monotonic() + seconds
            time.sleep(0.3)
        return False

    def _left(self) -> int:
        with self._shop.db.read() as session:
            rows = sum(
                _count(session, table, states)
                for table, states in (
                    (Order, ["placed", "refunding"]),
                    (Attempt, ["waiting", "open"]),
                    (RefundRow, ["wanted", "sent"]),
                    (Job, ["waiting"]),
                    (ProviderEvent, ["new"]),
                )
            )
        return rows + int(self._fleet.sandbox.control("health", method="GET")["deliveries_waiting"])

    def _told_wrongly(self) -> Iterator[str]:
        """Nobody was told anything that is not so."""
        keys = self._shop.settings.keys
        with self._shop.db.read() as session:
            for told in self._told:
                order_id = order_of_token(keys, told.story.store, told.order) if told.order else None
                if order_id is None:
                    continue
                state = session.get_one(Order, (told.story.store, order_id)).state
                if told.outcome == "paid" and state not in {"paid", "refunded"}:
                    yield f"order {order_id} was told paid and is {state}"
                if told.intent and state not in {"paid", "refunded"}:
                    yield f"order {order_id} was paid at the provider and is {state}"

    def _result(
        self,
        database: str,
        weather: Weather,
        met: dict[str, Any],
        healed: int,
        faults: list[str],
        took: float,
        calm: float,
    ) -> Result:
        with self._shop.db.read() as session:
            orders = session.execute(select(Order.state, func.count()).group_by(Order.state)).all()
            ledger = session.scalar(select(func.sum(LedgerEntry.amount_minor))) or 0
        statuses = Counter(status for told in self._told for status in told.statuses)
        gone_wrong = Counter[str]()
        for fault in met["data"]:
            gone_wrong[fault["kind"]] += fault["met"]
        tracebacks = self._fleet.tracebacks()
        if tracebacks and not weather.killed["database"]:
            faults.append(f"{tracebacks} tracebacks in our logs")
        if statuses[500] and not weather.killed["database"]:
            faults.append(f"{statuses[500]} answers were 500")
        if len(self._told) != self._plan.checkouts and self._plan.minutes is None:
            faults.append(f"{len(self._told)} checkouts of {self._plan.checkouts}")
        self._shop.db.dispose()
        return Result(
            self._plan,
            database,
            len(self._told),
            dict(Counter(told.outcome for told in self._told).most_common()),
            {str(state): count for state, count in orders},
            dict(weather.killed),
            weather.run_out,
            sum(met["asked"].values()),
            dict(gone_wrong),
            len(self._office.taken),
            sum(self._office.taken.values()) - len(self._office.taken),
            self._office.turned_away,
            sum(told.lost_answers for told in self._told),
            dict(sorted(statuses.items())),
            int(ledger),
            healed,
            tracebacks,
            round(took, 1),
            round(calm, 1),
            round(_cpu_s(), 1),
            faults,
        )


def visits(all_stories: list[Story]) -> Iterator[list[Story]]:
    """Stories of one store after another, a few at a time, in their order."""
    waiting: dict[str, list[Story]] = {store: [] for store in STORES}
    for story in all_stories:
        waiting[story.store].append(story)
        if len(waiting[story.store]) == STORIES_A_VISIT:
            yield waiting[story.store]
            waiting[story.store] = []
    yield from filter(None, waiting.values())


def put_on_sale(shop: Shop, plan: Plan) -> dict[Goods, int]:
    """Three kinds of goods of each store, one of which is scarce; what there is of each."""
    scarce = max(1, int(plan.checkouts * SCARCE_SHARE / len(STORES) / 2))

    def work(session: Session) -> dict[Goods, int]:
        stock: dict[Goods, int] = {}
        for store in STORES:
            query = select(Variant.sku).where(Variant.store_id == store, Variant.held == 0)
            skus = session.scalars(query.order_by(Variant.sku).limit(3)).all()
            stock |= {(store, sku): scarce if number == 0 else PLENTY for number, sku in enumerate(skus)}
        for (store, sku), pieces in stock.items():
            one = update(Variant).where(Variant.store_id == store, Variant.sku == sku)
            session.execute(one.values(on_hand=pieces))
        return stock

    return shop.db.write(work)


def _count(session: Session, table: Any, states: list[str]) -> int:
    return int(session.scalar(select(func.count()).select_from(table).where(table.state.in_(states))) or 0)


def _cpu_s() -> float:
    """CPU time of this process and of every child that has lived."""
    own = psutil.Process().cpu_times()
    return own.user + own.system + own.children_user + own.children_system


@contextmanager
def system(plan: Plan, folder: Path, url: str, cluster: Cluster | None) -> Iterator[tuple[Fleet, PostOffice]]:
    """Everything that a storm needs, on a migrated database with the written goods."""
    with (
        post_office(plan.seed, plan.faults) as (office, mail_url),
        running_fleet(
            folder, url, mail_url, webs=plan.nodes, workers=plan.workers, seed=plan.seed, cluster=cluster
        ) as fleet,
    ):
        yield fleet, office


def storm(
    plan: Plan,
    folder: Path,
    url: str,
    *,
    cluster: Cluster | None = None,
    progress: Progress = lambda _what, _done, _all: None,
) -> Result:
    """Let one loose on a database of our own."""
    with system(plan, folder, url, cluster) as (fleet, office):
        database = "postgres" if cluster is not None else "sqlite"
        return Storm(plan, fleet, office, progress).run(database)
