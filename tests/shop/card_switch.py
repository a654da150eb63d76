"""Cards stopped and paused as by a command, and what tests ask of it afterwards."""

from __future__ import annotations

import datetime as dt

from click.testing import CliRunner, Result

from payments.columns import utcnow
from payments.settle import settle
from payments.stop import CardState, state_of
from shop.audit.actor import Actor
from shop.audit.log import read_rows
from shop.cards.service import pause_cards, stop_cards
from shop.checkout.payment import ui_mode_of
from shop.cli import main
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.queries import OrderView, order_view
from shop.stores import all_stores
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox
from tests.shop.ordering import place_order
from tests.shop.starting import start_payment

STAFF = Actor("staff", "member-1")
COMMAND = Actor("command", "uid-1000")
HOUR = dt.timedelta(hours=1)


def stop(shop: Shop, store_id: str = "style") -> None:
    shop.db.write(
        lambda session: stop_cards(session, shop, store_id, reason="test", actor=COMMAND, now=utcnow())
    )


def pause(
    shop: Shop, store_id: str = "style", length: dt.timedelta = HOUR, reason: str = "test"
) -> CardState:
    return shop.db.write(
        lambda session: pause_cards(
            session, shop, store_id, length=length, reason=reason, actor=COMMAND, now=utcnow()
        )
    )


def state(shop: Shop, store_id: str = "style") -> CardState:
    with shop.db.read() as session:
        return state_of(session, store_id)


def actions(shop: Shop) -> list[tuple[str, str]]:
    return [(row.record.action, row.record.outcome) for row in read_rows(shop.db)]


def view_of(shop: Shop, order_id: str, store_id: str = "style") -> OrderView:
    with shop.db.read() as session:
        view = order_view(session, store_id, order_id)
    assert view is not None
    return view


def start(shop: Shop, order_id: str, store_id: str = "style") -> str | None:
    """The session that a shopper is led to."""
    started = start_payment(
        shop,
        view_of(shop, order_id, store_id),
        ui_mode=ui_mode_of(all_stores()[store_id]),
        locale="ja",
        request_id="req-test",
        now=utcnow(),
    )
    return started.session.id if started.session else None


def paid_after_stop(shop: Shop, sandbox: Sandbox) -> str:
    order_id = place_order(shop)
    session_id = start(shop, order_id)
    stop(shop)
    sandbox.pay(str(session_id))
    settled(shop, order_id)
    return order_id


def settled(shop: Shop, order_id: str) -> None:
    view = view_of(shop, order_id)
    settle(shop.db, shop.providers["style"], OrderListener(), "style", view.payment.id, cause="test")


def run(url: str, sandbox: Sandbox, *words: str, **more: str) -> Result:
    environ = make_environ(url, STRIPE_API_BASE=sandbox.url, **more)
    result = CliRunner(env=environ).invoke(main, ["payments", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result
