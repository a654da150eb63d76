"""kill -9 of a web process while it makes a session: the order can be paid, once."""

from __future__ import annotations

import threading

from tests.concurrency.browser import Browser
from tests.concurrency.buyer import Buyer
from tests.concurrency.leases import let_leases_run_out
from tests.concurrency.pressing import press_and_lose_connection, the_attempt, tries_of_the_attempt
from tests.concurrency.rush import put_on_sale, read_books
from tests.servers.system import System
from tests.waiting import wait_until


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
    press = threading.Thread(target=press_and_lose_connection, args=(buyer,))
    press.start()
    wait_until(lambda: tries_of_the_attempt(shop) == 1, "the call for a session")

    system.web.kill()
    press.join(240)
    browser.close()
    let_leases_run_out(shop)
    system.start_worker()
    wait_until(lambda: the_attempt(shop).state == "open", "the worker to make the session")

    session_id = the_attempt(shop).session_id
    assert session_id is not None
    system.sandbox.pay(session_id)
    wait_until(lambda: read_books(shop, goods).orders == {"paid": 1}, "the payment to be known")
    books = read_books(shop, goods)
    assert (books.on_hand, books.held, books.taken, books.differences) == (2, 0, 1, [])
    assert books.ledger_minor == books.provider_minor > 0
    shop.db.dispose()
