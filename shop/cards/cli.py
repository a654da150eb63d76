"""`shop payments pause|stop|status --watch|after-stop`: what the commands do and print. Nothing here resumes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from payments.closing import end_sessions_of_closed_stores
from payments.columns import utcnow
from payments.database import fault_of
from shop.app import create_shop
from shop.audit.actor import Actor
from shop.build import build_id
from shop.cards.after_stop import Decision, after_stop, decide
from shop.cards.service import NotTurned, pause_cards, stop_cards
from shop.cards.status import StoreCards, store_cards
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from shop.settings import load
from shop.stores import all_stores

HOLDS, STILL_PAYABLE, COULD_NOT = 0, 1, 2
CALL_S = 6.0
"""A call to make a session that had begun before takes no longer than this; then it has come to an end."""
_PERIOD = 0.2
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


def run_pause(store: str, length: str, reason: str, wait: int | None, *, as_json: bool) -> int:
    """Pause one store. The exit status says whether it holds."""
    found = re.fullmatch(r"([0-9]{1,5})([smh])", length)
    if found is None:
        click.echo(f"--for {length}: say 90s, 30m or 2h", err=True)
        return COULD_NOT
    lasts = dt.timedelta(**{_UNITS[found[2]]: int(found[1])})

    def work(session: Session, shop: Shop) -> None:
        pause_cards(session, shop, store, length=lasts, reason=reason, actor=Actor.of_command(), now=utcnow())

    return _close([store], work, wait, as_json=as_json)


def run_stop(stores: Sequence[str], reason: str, wait: int | None, *, as_json: bool) -> int:
    """Stop the stores, all in one transaction. The exit status says whether it holds."""

    def work(session: Session, shop: Shop) -> None:
        for store_id in stores:
            stop_cards(session, shop, store_id, reason=reason, actor=Actor.of_command(), now=utcnow())

    build_id()  # what the stop's record names is read before its moment, not between that and its commit
    return _close(stores, work, wait, as_json=as_json)


def _close(
    stores: Sequence[str], work: Callable[[Session, Shop], None], wait: int | None, *, as_json: bool
) -> int:
    with _opened() as shop:
        try:
            shop.db.write(lambda session: work(session, shop))
        except NotTurned as error:
            click.echo(str(error), err=True)
            return COULD_NOT
        except SQLAlchemyError as error:
            fault = fault_of(error) or type(error).__name__
            click.echo(f"nothing is stopped: the database failed: {fault}", err=True)
            return COULD_NOT
        rest = _wait_for_none(shop, stores, wait) if wait else _wait_for_calls(shop, stores)
        now = _cards(shop, stores)
    _tell(now, as_json=as_json)
    return STILL_PAYABLE if rest else HOLDS


def _wait_for_calls(shop: Shop, stores: Sequence[str]) -> int:
    """Calls that had begun before the commit come to an end, and end what they made. How many have not."""
    until = time.monotonic() + CALL_S
    while (rest := sum(one.payable.unsure for one in _cards(shop, stores))) and time.monotonic() < until:
        time.sleep(_PERIOD)
    return rest


def _wait_for_none(shop: Shop, stores: Sequence[str], seconds: int) -> int:
    """End open sessions beside the workers, until nothing can be paid. How many still can."""
    until = time.monotonic() + seconds
    while (rest := sum(one.payable.total for one in _cards(shop, stores))) and time.monotonic() < until:
        ended = end_sessions_of_closed_stores(
            shop.db, shop.providers, OrderListener(), seconds=min(3.0, until - time.monotonic()), only=stores
        )
        if not ended:
            time.sleep(_PERIOD)
    return rest


def run_watch(*, as_json: bool) -> int:
    """Say what can still be paid in closed stores, each time it changes, until nothing can. Ends by Ctrl-C too."""
    before: list[StoreCards] = []
    with _opened() as shop, contextlib.suppress(KeyboardInterrupt):
        while True:
            closed = [one for one in _cards(shop, sorted(all_stores())) if one.state.is_closed]
            if closed != before or not closed:
                _tell(closed, as_json=as_json)
            if not any(one.payable.total for one in closed):
                return HOLDS
            before = closed
            time.sleep(_PERIOD)
    return STILL_PAYABLE


def run_after_stop(*, as_json: bool) -> int:
    """Orders that wait for a decision. 1 when there are any."""
    with _opened() as shop, shop.db.read() as session:
        rows = [
            {"store": store_id, "number": order.number, "order": order.id, "amount": payment.amount_minor}
            for store_id in sorted(all_stores())
            for order, payment in after_stop(session, store_id)
        ]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        for row in rows:
            click.echo(f"{row['store']} {row['number']} {row['order']} {row['amount']:,} JPY")
    return 1 if rows else 0


def run_give_back(store: str, order: str) -> int:
    """Give one back; the worker sends the refund. 2 when it waits for no decision."""

    def work(session: Session, shop: Shop) -> None:
        by_number = select(Order.id).where(Order.store_id == store, Order.number == order)
        order_id = session.scalar(by_number) or order
        decide(session, shop, store, order_id, Decision.GIVE_BACK, actor=Actor.of_command())

    with _opened() as shop:
        try:
            shop.db.write(lambda session: work(session, shop))
        except NotTurned as error:
            click.echo(str(error), err=True)
            return COULD_NOT
    click.echo("the money goes back; the worker sends it")
    return 0


@contextlib.contextmanager
def _opened() -> Iterator[Shop]:
    shop = create_shop(load(os.environ))
    try:
        yield shop
    finally:
        shop.db.dispose()


def _cards(shop: Shop, stores: Sequence[str]) -> list[StoreCards]:
    with shop.db.read() as session:
        return [store_cards(session, store_id) for store_id in stores]


def _tell(cards: Sequence[StoreCards], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({one.store: one.document() for one in cards}))
        return
    for one in cards:
        click.echo(one.line())
    if not cards:
        click.echo("every store takes cards")
