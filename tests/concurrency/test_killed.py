"""kill -9 at the worst moment: nothing is lost, nobody is charged twice, at most one mail comes twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Attempt
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.outbox import enqueue_mail
from shop.orders.models import Order
from tests.concurrency.browser import Browser
from tests.concurrency.buyer import Buyer
from tests.concurrency.rush import put_on_sale, read_books
from tests.servers.system import System, running_system
from tests.shop.ordering import GUEST, place_order
from tests.waiting import wait_until

MAILS = 12


@pytest.fixture
def system(place: Path, database_url: str) -> Iterator[System]:
    """A running system on each database."""
    with running_system(place, database_url) as running:
        yield running


def test_a_worker_killed_while_sending_mails_loses_none_and_repeats_at_most_one(system: System) -> None:
    shop = system.shop()
    system.worker.kill()
    for number in range(MAILS):
        guest = replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}")
        _want_mail(shop, place_order(shop, contact=guest))

    kills = 0
    while kills < 3:
        seen = len(system.mails)
        system.start_worker()
        wait_until(lambda seen=seen: len(system.mails) > seen, "another mail")  # type: ignore[misc]  # bound for this round
        system.worker.kill()
        kills += 1
        _let_leases_run_out(shop)
    system.start_worker()
    wait_until(lambda: _jobs_left(shop) == 0, "all mails sent")

    ids = Counter(email.message_from_bytes(path.read_bytes())["Message-ID"] for path in system.mails)
    assert len(ids) == MAILS, "none lost: each job has a Message-ID of its own"
    assert sum(ids.values()) <= MAILS + kills, "at most one comes twice a kill"
    shop.db.dispose()


def test_a_web_process_killed_while_the_session_is_made_leaves_an_order_that_can_be_paid(
    system: System,
) -> None:
    shop = system.shop()
    goods = put_on_sale(shop, "style", 3)
    system.worker.kill()
    browser = Browser(system.port, system.origins["style"])
    buyer = Buyer(browser, 1, system.sandbox)
    assert buyer.add(goods.sku)
    assert buyer.to_final_page()
    system.sandbox.fault("checkout.sessions.create", "timeout", times=1, delay_s=3)
    press = threading.Thread(target=_press_and_lose_connection, args=(buyer,))
    press.start()
    wait_until(lambda: _tries(shop) == 1, "the call for a session")

    system.web.kill()
    press.join(20)
    browser.close()
    _let_leases_run_out(shop)
    system.start_worker()
    wait_until(lambda: _attempt(shop).state == "open", "the worker to make the session")

    session_id = _attempt(shop).session_id
    assert session_id is not None
    system.sandbox.pay(session_id)
    wait_until(lambda: read_books(shop, goods).orders == {"paid": 1}, "the payment to be known")
    books = read_books(shop, goods)
    assert (books.on_hand, books.held, books.taken, books.differences) == (2, 0, 1, [])
    assert books.ledger_minor == books.provider_minor > 0
    shop.db.dispose()


def test_an_order_left_behind_by_a_killed_web_process_is_released_in_time(system: System) -> None:
    shop = system.shop()
    goods = put_on_sale(shop, "style", 3)
    system.worker.kill()
    buyer = Buyer(Browser(system.port, system.origins["style"]), 1, system.sandbox)
    assert buyer.add(goods.sku)
    assert buyer.to_final_page()
    system.sandbox.fault("checkout.sessions.create", "timeout", times=1, delay_s=3)
    press = threading.Thread(target=_press_and_lose_connection, args=(buyer,))
    press.start()
    wait_until(lambda: _tries(shop) == 1, "the call for a session")
    system.web.kill()
    press.join(20)
    _let_leases_run_out(shop, hold=True)

    system.start_worker()
    wait_until(lambda: read_books(shop, goods).orders == {"expired": 1}, "the order to be released")

    books = read_books(shop, goods)
    assert (books.on_hand, books.held, books.active_holds, books.open_attempts) == (3, 0, 0, 0)
    shop.db.dispose()


def _want_mail(shop: Shop, order_id: str) -> None:
    shop.db.write(lambda session: enqueue_mail(session, "style", order_id, "order_expired", "ja"))


def _press_and_lose_connection(buyer: Buyer) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        buyer.press()


def _let_leases_run_out(shop: Shop, *, hold: bool = False) -> None:
    """What time would do: leases of jobs and attempts are over, and holds too if wanted."""
    past = utcnow() - dt.timedelta(seconds=1)

    def work(session: Session) -> None:
        session.execute(update(Job).values(run_at=past))
        session.execute(update(Attempt).values(next_try_at=past))
        if hold:
            session.execute(update(Order).values(held_until=past))
            session.execute(update(Attempt).values(created_at=past - dt.timedelta(minutes=5)))

    shop.db.write(work)


def _jobs_left(shop: Shop) -> int:
    with shop.db.read() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.state != "done")) or 0


def _attempt(shop: Shop) -> Attempt:
    with shop.db.read() as session:
        return session.scalars(select(Attempt)).one()


def _tries(shop: Shop) -> int:
    with shop.db.read() as session:
        attempt = session.scalars(select(Attempt)).one_or_none()
        return attempt.tries if attempt else 0
