"""Several workers on one queue: no job is run by two, also when a job lasts longer than its lease would."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from shop.app import create_app
from shop.context import Shop
from shop.jobs import outbox
from shop.jobs.models import Job
from shop.jobs.outbox import enqueue
from shop.jobs.schedules import is_time
from shop.jobs.worker import Worker
from tests.concurrency.together import together


def _workers(shop: Shop, count: int, job: object) -> list[Worker]:
    app = create_app(shop=shop)
    workers = [Worker(app, shop) for _number in range(count)]
    for worker in workers:
        worker._handlers["alert"] = job  # type: ignore[assignment]  # a handler of the test's
    return workers


def _enqueue(shop: Shop, count: int) -> None:
    def work(session: Session) -> None:
        for _number in range(count):
            enqueue(session, "alert", "style", new_id(), detail="test")

    shop.db.write(work)


def _empty(worker: Worker) -> None:
    while worker.turn():
        pass


def test_four_workers_run_forty_jobs_once_each(shop: Shop) -> None:
    runs: Counter[str] = Counter()
    lock = threading.Lock()

    def count(job: Job) -> None:
        with lock:
            runs[job.id] += 1

    _enqueue(shop, 40)
    workers = _workers(shop, 4, count)
    together([partial(_empty, worker) for worker in workers])
    _empty(workers[0])

    assert len(runs) == 40
    assert set(runs.values()) == {1}
    with shop.db.read() as session:
        assert set(session.scalars(select(Job.state))) == {"done"}


def test_jobs_that_wait_behind_a_slow_one_are_not_run_by_two(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock of its own, which each job moves: on ours a busy machine could let a lease run out."""
    now = utcnow() + dt.timedelta(seconds=1)
    monkeypatch.setattr(outbox, "utcnow", lambda: now)
    runs: Counter[str] = Counter()

    def take_long(job: Job) -> None:
        nonlocal now
        runs[job.id] += 1
        now += 0.6 * outbox.LEASE  # within its own lease, and two of them are not
        if len(runs) == 2:
            _empty(other)

    def take_none(job: Job) -> None:
        runs[job.id] += 1

    _enqueue(shop, 6)
    [slow], [other] = _workers(shop, 1, take_long), _workers(shop, 1, take_none)
    _empty(slow)

    assert len(runs) == 6
    assert set(runs.values()) == {1}


def test_one_worker_of_four_does_a_scheduled_task(shop: Shop) -> None:
    every = dt.timedelta(seconds=60)

    taken = together([lambda: is_time(shop.db, "test", every)] * 4)

    assert sum(taken) == 1
