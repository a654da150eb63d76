"""Bots that hold scarce goods without paying, and honest buyers who want them. No browser, no waiting.

A round is the ten minutes for which goods are held. In each, every bot presses the order button before anybody else;
then honest buyers come. `benchmarks.hoarding` runs five hundred of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session
from werkzeug.test import TestResponse

from payments.columns import utcnow
from payments.models import Payment
from shop.catalog.models import Variant
from shop.context import Shop
from shop.jobs.models import Schedule
from shop.orders import holds
from shop.orders.hoarding import PROMISED_SHARE
from shop.orders.models import Hold, Order, OrderPayment
from tests.accounts.member import Member
from tests.servers.letters import Letters
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer
from tests.shop.crowd import STORE, Crowd, Mailboxes, honest_address

ADDRESSES_A_NET = 250


@dataclass
class Round:
    """What ten minutes came to."""

    held_by_bots: int = 0
    most_of_one_customer: int = 0
    most_of_one_network: int = 0
    promised: int = 0
    """Units held for days, by numbers for the convenience store."""
    honest: int = 0
    reached_payment: int = 0
    paid: int = 0
    mailed: int = 0
    """Honest buyers who opened a link in a mail first."""


@dataclass
class Score:
    """What an attack held, and what it cost the others."""

    pieces: int
    bots: int
    rounds: list[Round] = field(default_factory=list)

    def faults(self) -> list[str]:
        """Everything that must hold and does not. In the first round nobody can know who will not pay."""
        later = self.rounds[1:]
        honest, reached = sum(one.honest for one in later), sum(one.reached_payment for one in later)
        customer = max(one.most_of_one_customer for one in self.rounds)
        network = max(one.most_of_one_network for one in self.rounds)
        promised = max(one.promised for one in self.rounds)
        checks = (
            (customer <= holds.UNITS_PER_CUSTOMER, f"one customer held {customer}"),
            (network <= holds.UNITS_PER_NETWORK, f"one network held {network}"),
            (promised <= max(1, self.pieces * PROMISED_SHARE), f"{promised} promised without money"),
            (reached >= 0.95 * honest, f"{reached} of {honest} honest buyers reached payment"),
        )
        return [fault for holds_, fault in checks if not holds_]


class Hoarders(Crowd):
    """So many bots, each with an address, a basket and a mail address of its own; every hundredth one is signed in, and
    every fourth wants to pay at the convenience store. They read the mail of the mailboxes they have."""

    def __init__(
        self,
        shop: Shop,
        sandbox: Sandbox,
        post: Letters,
        sku: str,
        *,
        bots: int,
        pieces: int,
        mailboxes: Mailboxes,
    ) -> None:
        super().__init__(shop, sandbox, post)
        self._post, self._sku = post, sku
        self._mailboxes = mailboxes
        self._bots = [self._bot(number) for number in range(bots)]
        self._honest = 0
        self.score = Score(pieces, bots)

    def run(self, rounds: int, honest: int) -> Score:
        """So many rounds, with so many honest buyers in each. The shelf is filled up before each."""
        for _number in range(rounds):
            self._fill_up()
            self.score.rounds.append(self._round(honest))
            self._let_time_pass()
        return self.score

    def _bot(self, number: int) -> Buyer:
        address = f"10.{number // ADDRESSES_A_NET}.0.{number % ADDRESSES_A_NET + 1}"
        if number % 100 == 9:  # an account costs two password hashes
            return Member(self._app, STORE, remote=address).join()
        return self._buyer(address)

    def _round(self, honest: int) -> Round:
        now = Round()
        # Those come first who have not had the goods before.
        first = len(self.score.rounds) * self.score.pieces
        for number in [*range(first, len(self._bots)), *range(min(first, len(self._bots)))]:
            bot = self._bots[number]
            method = "konbini" if number % 4 == 3 else "card"
            self._press(bot, self._mailboxes.address(number), f"神南{number}-1", method)
        self._work()
        self._look(now)
        for _one in range(honest):
            self._honest += 1
            self._buy(now, self._honest)
        return now

    def _press(self, buyer: Buyer, address: str, street: str, method: str = "card") -> TestResponse | None:
        """Basket, address, final page, button, and the mail's link where one is sent. None: it went no further."""
        fields = {"sku": self._sku, "quantity": "1"}
        if buyer.post_bare("/cart/add", fields).status_code == 409:
            return None
        if buyer.address(email=address, street=street).status_code != 303:
            return None
        if buyer.delivery(method=method).status_code != 303:
            return None
        page = buyer.get("/checkout/confirm")
        if page.status_code != 200:
            return None
        answer = buyer.confirm(page.text)
        if self._wants_mail(answer):
            answer = buyer.confirm() if self._prove(buyer, address) else answer
        return answer

    def _buy(self, now: Round, number: int) -> None:
        now.honest += 1
        buyer = self._buyer(f"203.0.{number // ADDRESSES_A_NET}.{number % ADDRESSES_A_NET + 1}")
        sent = self._post.taken
        answer = self._press(buyer, honest_address(number), f"千駄ヶ谷{number}-2")
        now.mailed += self._post.taken > sent
        order_id = self._order_in(buyer, answer) if answer is not None else None
        session_id = self._session_of(order_id)
        if session_id is None:
            return
        now.reached_payment += 1
        self._sandbox.pay(session_id)
        payment_id = self._hear_of(order_id)
        with self.shop.db.read() as session:
            now.paid += session.get_one(Payment, (STORE, payment_id)).state == "paid"

    def _most(self, session: Session, mine: ColumnElement[bool], key: InstrumentedAttribute[Any]) -> int:
        each = (
            select(func.sum(Hold.quantity).label("units"))
            .where(mine, key.is_not(None))
            .group_by(key)
            .subquery()
        )
        return int(session.scalar(select(func.max(each.c.units))) or 0)

    def _fill_up(self) -> None:
        shelf = update(Variant).where(Variant.store_id == STORE, Variant.sku == self._sku)
        self.shop.db.write(lambda session: session.execute(shelf.values(on_hand=self.score.pieces)))

    def _let_time_pass(self) -> None:
        """Eleven minutes: what was not paid lapses. What was promised waits for days."""
        ago = dt.timedelta(minutes=11)

        def work(session: Session) -> None:
            for order in session.scalars(select(Order).where(Order.state == "placed")):
                order.held_until -= ago
            # The worker looks for what has lapsed every other second, of which this takes none.
            session.execute(update(Schedule).where(Schedule.name == "release").values(next_at=utcnow()))

        self.shop.db.write(work)
        self._work()

    def _look(self, now: Round) -> None:
        """How much the bots hold, who holds most of it, and how much for days."""
        mine = (Hold.store_id == STORE) & (Hold.sku == self._sku) & (Hold.state == "active")
        units = func.coalesce(func.sum(Hold.quantity), 0)
        with self.shop.db.read() as session:
            now.held_by_bots = int(session.scalar(select(units).where(mine)) or 0)
            now.most_of_one_customer = self._most(session, mine, Hold.email_hash)
            now.most_of_one_network = self._most(session, mine, Hold.network_hash)
            promised = (
                select(units)
                .join(OrderPayment, OrderPayment.order_id == Hold.order_id)
                .join(Payment, Payment.id == OrderPayment.payment_id)
                .where(mine, Payment.method == "konbini")
            )
            now.promised = int(session.scalar(promised) or 0)
