"""kill -9 of a web process whose shopper does not come back: the goods are free in time."""

from __future__ import annotations

import contextlib
import http.client
import threading

from sqlalchemy import select

from payments.models import Attempt
from shop.context import Shop
from tests.concurrency.browser import Browser
from tests.concurrency.buyer import Buyer
from tests.concurrency.leases import let_leases_run_out
from tests.concurrency.rush import put_on_sale, read_books
from tests.servers.system import System
from tests.waiting import wait_until


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
    press.join(60)
    let_leases_run_out(shop, hold=True)

    system.start_worker()
    wait_until(lambda: read_books(shop, goods).orders == {"expired": 1}, "the order to be released")

    books = read_books(shop, goods)
    assert (books.on_hand, books.held, books.active_holds, books.open_attempts) == (3, 0, 0, 0)
    shop.db.dispose()


def _press_and_lose_connection(buyer: Buyer) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        buyer.press()


def _attempt(shop: Shop) -> Attempt:
    with shop.db.read() as session:
        return session.scalars(select(Attempt)).one()


def _tries(shop: Shop) -> int:
    with shop.db.read() as session:
        attempt = session.scalars(select(Attempt)).one_or_none()
        return attempt.tries if attempt else 0
