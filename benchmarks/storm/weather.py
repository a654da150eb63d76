"""What goes wrong: faults at the provider, processes killed, the database ended, holds that run out too soon."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from benchmarks.storm.fleet import Fleet
from benchmarks.storm.plan import Kill, Plan, Victim
from payments.columns import utcnow
from payments.models import Attempt, ProviderEvent
from payments.models import Refund as RefundRow
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.models import Order

API_FAULTS = ("429", "500", "timeout", "lost_answer", "refuse")
DELIVERY_FAULTS = ("drop", "delay", "duplicate", "tamper", "reorder")
RUN_OUT_SHARE = 0.04
"""Of the unpaid orders, every look."""
LOOK_S = 1.0
"""At most so often, and not before another checkout is over: on a slow machine no larger share of them runs out."""


def set_faults(fleet: Fleet, share: float) -> None:
    """Let so large a share of all calls and deliveries go wrong, each kind as often as the others."""
    if not share:
        return
    one = 1 - (1 - share) ** (1 / len(API_FAULTS))  # the provider rolls for each kind in turn
    for kind in API_FAULTS:
        fleet.sandbox.fault("*", kind, times=None, probability=one, delay_s=0.3)
    for kind in DELIVERY_FAULTS:
        fleet.sandbox.fault("webhook", kind, times=None, probability=one, delay_s=3)


class Weather:
    """Runs beside the shoppers. `done` says how many checkouts are over."""

    def __init__(
        self, fleet: Fleet, shop: Shop, plan: Plan, kills: list[Kill], done: Callable[[], int]
    ) -> None:
        self._fleet, self._shop, self._kills, self._done = fleet, shop, kills, done
        self._dice = random.Random(f"{plan.seed} weather")
        self._over = threading.Event()
        self.killed: Counter[str] = Counter()
        self.run_out = 0
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._kill, self._run_out)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more of it."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _kill(self) -> None:
        for kill in self._kills:
            while self._done() < kill.after:
                if self._over.wait(0.05):
                    return
            self.killed[kill.victim.value] += 1
            if kill.victim is Victim.DATABASE:
                self._fleet.restart_database()
            else:
                nodes = self._fleet.webs if kill.victim is Victim.WEB else self._fleet.workers
                self._fleet.kill(nodes[int(kill.which * len(nodes))])

    def _run_out(self) -> None:
        """Some holds end now, whatever their order is doing at that moment."""
        seen = 0
        while not self._over.wait(LOOK_S):
            if (done := self._done()) == seen:
                continue
            seen = done
            try:
                self.run_out += self._shop.db.write(self._end_some)
            except SQLAlchemyError:
                continue  # the database is away

    def _end_some(self, session: Session) -> int:
        now = utcnow()
        placed = select(Order.id).where(Order.state == "placed", Order.held_until > now)
        ids = [one for one in session.scalars(placed) if self._dice.random() < RUN_OUT_SHARE]
        for order_id in ids:
            session.execute(update(Order).where(Order.id == order_id).values(held_until=now))
        return len(ids)


def let_time_pass(shop: Shop) -> None:
    """What an hour would do, at once. No worker runs meanwhile, so nobody's lease is taken away."""
    past = utcnow() - dt.timedelta(seconds=1)

    def work(session: Session) -> None:
        session.execute(update(Job).where(Job.state == "waiting").values(run_at=past))
        session.execute(update(ProviderEvent).where(ProviderEvent.state == "new").values(next_try_at=past))
        session.execute(update(RefundRow).where(RefundRow.state == "wanted").values(next_try_at=past))
        live = Attempt.state.in_(["waiting", "open"])
        long_ago = past - dt.timedelta(minutes=5)
        session.execute(update(Attempt).where(live).values(next_try_at=past, created_at=long_ago))
        session.execute(update(Order).where(Order.state == "placed").values(held_until=past))

    shop.db.write(work)
