"""kill -9 of a web process whose shopper does not come back: the goods are free in time."""

from __future__ import annotations

import threading

from tests.concurrency.browser import Browser
from tests.concurrency.buyer import Buyer
from tests.concurrency.leases import let_leases_run_out
from tests.concurrency.pressing import press_and_lose_connection, tries_of_the_attempt
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
    press = threading.Thread(target=press_and_lose_connection, args=(buyer,))
    press.start()
    wait_until(lambda: tries_of_the_attempt(shop) == 1, "the call for a session")
    system.web.kill()
    press.join(240)
    let_leases_run_out(shop, hold=True)

    system.start_worker()
    wait_until(lambda: read_books(shop, goods).orders == {"expired": 1}, "the order to be released")

    books = read_books(shop, goods)
    assert (books.on_hand, books.held, books.active_holds, books.open_attempts) == (3, 0, 0, 0)
    shop.db.dispose()
