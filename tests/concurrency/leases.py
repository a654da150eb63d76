"""What time would do, at once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Attempt
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.models import Order


def let_leases_run_out(shop: Shop, *, hold: bool = False) -> None:
    """What time would do: leases of jobs and attempts are over, and holds too if wanted."""
    past = utcnow() - dt.timedelta(seconds=1)

    def work(session: Session) -> None:
        session.execute(update(Job).values(run_at=past))
        session.execute(update(Attempt).values(next_try_at=past))
        if hold:
            session.execute(update(Order).values(held_until=past))
            session.execute(update(Attempt).values(created_at=past - dt.timedelta(minutes=5)))

    shop.db.write(work)
