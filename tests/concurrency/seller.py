"""A process that leads shoppers to payment again and again: python -m tests.concurrency.seller READY, orders on stdin.

It prints, for each session that a shopper was led to, the order's id and the moment, on the clock all processes share.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from payments.columns import utcnow
from shop.app import create_shop
from shop.checkout.payment import ui_mode_of
from shop.orders.queries import order_view
from shop.settings import load
from shop.stores import all_stores
from tests.shop.starting import start_payment


def main(ready: Path) -> None:
    """Start or resume the payment of every order it is given, again and again until standard input ends."""
    shop, store = create_shop(load(os.environ)), all_stores()["style"]
    ready.touch()
    for line in sys.stdin:
        with shop.db.read() as session:
            view = order_view(session, store.id, line.strip())
        assert view is not None
        began = time.monotonic()
        started = start_payment(
            shop, view, ui_mode=ui_mode_of(store), locale="ja", request_id="req-test", now=utcnow()
        )
        led_to = started.session.id if started.session else "-"
        sys.stdout.write(f"{started.outcome.value} {led_to} {began} {time.monotonic()}\n")
        sys.stdout.flush()
    shop.db.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
