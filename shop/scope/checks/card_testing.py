"""E10: a bot tries cards by one browser, then by many from many networks; what reaches the provider is counted."""

from __future__ import annotations

import urllib.error
from dataclasses import dataclass

from sqlalchemy.orm import Session

from payments.columns import new_id
from payments.settle import settle
from payments.stop import CardState, state_of
from security.canary.numbers import fresh_number
from security.canary.sinks import MissingEvidence
from shop.card_testing.models import CardDecline
from shop.jobs.worker import Worker
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from shop.scope.checks.money import order_of
from shop.scope.fresh import fresh_desk
from shop.scope.guest import Guest
from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes

STORE = "style"
TRIES = 12
MOST_OF_ONE = 6
"""Cards that one browser may try in a row: a person with a full purse."""
BEFORE, ATTACKERS, MOST_OF_MANY = 18, 12, 6
"""Declines of a store within the hour, then as many strangers more, and how many of these may still try a card."""
DECLINES = 90
"""Of a store within the hour, and nothing else: nobody would call this a shop with customers."""
_DECLINE = "decline:generic_decline"


@dataclass
class _Bot:
    """A browser that wants to know which cards live."""

    desk: Desk
    guest: Guest
    worker: Worker

    def try_card(self) -> bool:
        """Whether the card reached the provider. A new order for each, as a bot does that is stopped nowhere."""
        try:
            order = order_of(self.desk, STORE, self.guest.order(self.desk.sku()))
        except MissingEvidence:
            return False  # refused, or led to wait: no session was made for it
        number = fresh_number()
        self.desk.sandbox.control("cards", {"number": number, "outcome": _DECLINE})
        try:
            self.desk.sandbox.pay(order.session_id, number)
        except urllib.error.HTTPError:
            return False
        shop = self.desk.shop
        settle(shop.db, shop.providers[STORE], OrderListener(), STORE, order.payment_id, cause="scope")
        self.worker.turn()
        return True


def look(lab: Lab, notes: Notes) -> None:
    """Each attack at a shop of its own."""
    with fresh_desk(lab) as desk:
        bot = _Bot(desk, desk.guest(), Worker(desk.app, desk.shop))
        tried = sum(bot.try_card() for _try in range(TRIES))
        notes.control(tried > 0, "not even the first card reached the provider")
        _judge(tried <= MOST_OF_ONE, "one browser", tried, TRIES, notes)
        _honest_buyer(desk, notes)
    with fresh_desk(lab) as desk:
        worker = Worker(desk.app, desk.shop)
        _write_declines(desk, BEFORE)
        tried = sum(_stranger(desk, worker, number).try_card() for number in range(ATTACKERS))
        _judge(tried <= MOST_OF_MANY, "many browsers of many networks", tried, ATTACKERS, notes)
    with fresh_desk(lab) as desk:
        _switch_trips(desk, notes)


def _judge(holds: bool, who: str, tried: int, tries: int, notes: Notes) -> None:
    notes.expect(holds, "/checkout/confirm", "card-testing", f"{who} had {tried} of {tries} cards tried")
    notes.add(f"cards tried by {who}, of {tries}", tried)


def _stranger(desk: Desk, worker: Worker, number: int) -> _Bot:
    guest = desk.guest()
    guest.client.environ_base["REMOTE_ADDR"] = f"198.51.{100 + number}.7"
    return _Bot(desk, guest, worker)


def _honest_buyer(desk: Desk, notes: Notes) -> None:
    guest = desk.guest()
    guest.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    order = order_of(desk, STORE, guest.order(desk.sku()))
    desk.sandbox.pay(order.session_id)
    shop = desk.shop
    settle(shop.db, shop.providers[STORE], OrderListener(), STORE, order.payment_id, cause="scope")
    with shop.db.read() as session:
        state = session.get_one(Order, (STORE, order.id)).state
    notes.control(state == "paid", "an honest buyer cannot pay after one browser's attack")


def _switch_trips(desk: Desk, notes: Notes) -> None:
    """So many declines and nothing else: the next press of the order button finds the store's cards paused."""
    notes.control(_state(desk, STORE) is CardState.OPEN, "cards are not open to begin with")
    _write_declines(desk, DECLINES)
    guest = desk.guest()
    guest.add(desk.sku())
    guest.to_final_page()
    guest.confirm()
    state = _state(desk, STORE)
    notes.expect(state is CardState.PAUSED, STORE, "no-pause", f"{DECLINES} declines leave cards '{state}'")
    notes.expect(_state(desk, "cocomo") is CardState.OPEN, "cocomo", "no-pause", "another store's cards stop")


def _write_declines(desk: Desk, count: int) -> None:
    """So many declines a moment ago, of as many strangers."""
    order_id = order_of(desk, STORE, desk.guest().order(desk.sku())).id
    vault = desk.shop.vault

    def work(session: Session) -> None:
        for _decline in range(count):
            who = {name: vault.lookup(STORE, name, new_id()) for name in ("network", "email")}
            session.add(
                CardDecline(
                    store_id=STORE,
                    id=f"ch_{new_id()}",
                    order_id=order_id,
                    reason="issuer",
                    cart_id=new_id(),
                    network_hash=who["network"],
                    email_hash=who["email"],
                )
            )

    desk.shop.db.write(work)


def _state(desk: Desk, store_id: str) -> CardState:
    with desk.shop.db.read() as session:
        return state_of(session, store_id)
