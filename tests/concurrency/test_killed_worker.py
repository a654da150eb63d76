"""kill -9 of a worker that sends mails: none is lost, at most one comes twice a kill."""

from __future__ import annotations

import email
from collections import Counter
from dataclasses import replace

from sqlalchemy import func, select

from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.outbox import enqueue_mail
from tests.concurrency.leases import let_leases_run_out
from tests.servers.system import System
from tests.shop.ordering import GUEST, place_order
from tests.waiting import wait_until

MAILS = 8


def test_a_worker_killed_while_sending_mails_loses_none_and_repeats_at_most_one(system: System) -> None:
    shop = system.shop()
    system.worker.kill()

    kills, wanted = 0, 0
    while kills < 3:
        for number in range(wanted, wanted + MAILS):  # more each time: it may have sent all when it is killed
            guest = replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}")
            _want_mail(shop, place_order(shop, contact=guest))
        wanted += MAILS
        seen = len(system.mails)
        system.start_worker()
        wait_until(lambda seen=seen: len(system.mails) > seen, "another mail")  # type: ignore[misc]  # bound for this round
        system.worker.kill()
        kills += 1
        let_leases_run_out(shop)
    system.start_worker()
    wait_until(lambda: _jobs_left(shop) == 0, "all mails sent")

    ids = Counter(email.message_from_bytes(path.read_bytes())["Message-ID"] for path in system.mails)
    assert len(ids) == wanted, "none lost: each job has a Message-ID of its own"
    assert sum(ids.values()) <= wanted + kills, "at most one comes twice a kill"
    shop.db.dispose()


def _want_mail(shop: Shop, order_id: str) -> None:
    shop.db.write(lambda session: enqueue_mail(session, "style", order_id, "order_expired", "ja"))


def _jobs_left(shop: Shop) -> int:
    with shop.db.read() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.state != "done")) or 0
