"""People and bots at one store's checkout: what an attack is made of, whatever it is after. No browser, no waiting."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from payments.models import Attempt, Payment
from payments.settle import settle
from shop.app import create_app
from shop.card_testing.mailboxes import HOSTS
from shop.context import Shop
from shop.jobs.worker import Worker
from shop.orders.links import order_of_token
from shop.orders.listener import OrderListener
from tests.servers.letters import Letters
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer

STORE = "style"
LARGE_HOSTS = sorted(HOSTS)


@dataclass(frozen=True)
class Mailboxes:
    """What an attacker can read mail of: domains of their own, with as many addresses in each as they like, and boxes
    at large hosts, each of which can be written in as many ways as they like."""

    domains: int = 3
    boxes: int = 4

    def address(self, number: int) -> str:
        """The address that a bot of this number types: another one for each."""
        at = number % (self.domains + self.boxes)
        if at < self.domains:
            return f"b{number}@mail{number % 9}.attacker{at}.example"
        return f"box{at}+{number}@gmail.com"


SEVEN = Mailboxes()


def honest_address(number: int) -> str:
    """Most people have a mailbox at a large host; every fifth writes from a domain of their own."""
    if number % 5 == 0:
        return f"honest@family{number}.example"
    return f"honest{number}@{LARGE_HOSTS[number % len(LARGE_HOSTS)]}"


class Crowd:
    """A shop with its worker, and the steps that everybody there takes."""

    def __init__(self, shop: Shop, sandbox: Sandbox, letters: Letters | None) -> None:
        self.shop = shop
        self._sandbox, self._letters = sandbox, letters
        self._app: Flask = create_app(shop=shop)
        self._worker = Worker(self._app, shop)

    def _work(self) -> None:
        while self._worker.turn():
            pass

    def _buyer(self, address: str) -> Buyer:
        """A browser of its own at a client address."""
        buyer = Buyer(self._app, STORE)
        buyer.client.environ_base["REMOTE_ADDR"] = address
        return buyer

    def _wants_mail(self, answer: TestResponse) -> bool:
        return answer.status_code == 303 and answer.headers["Location"].endswith("/checkout/mail")

    def _prove(self, buyer: Buyer, email: str) -> bool:
        """Read the mail, open its link, press the button there."""
        if self._letters is None:
            return False
        self._work()
        link = self._letters.link_to(email)
        return (
            link is not None
            and buyer.get(link).status_code == 200
            and buyer.post(link, {}).status_code == 303
        )

    def _order_in(self, buyer: Buyer, answer: TestResponse) -> str | None:
        """The order that an answer leads to; None when nothing was placed."""
        if answer.status_code != 303 or "/orders/" not in answer.headers["Location"]:
            return None
        return order_of_token(self.shop.settings.keys, STORE, buyer.order_in(answer))

    def _session_of(self, order_id: str | None) -> str | None:
        """The session in which an order can be paid."""
        query = (
            select(Attempt.session_id)
            .join(Payment, (Payment.store_id == Attempt.store_id) & (Payment.id == Attempt.payment_id))
            .where(Payment.reference == order_id, Attempt.state == "open")
        )
        with self.shop.db.read() as session:
            return session.scalar(query)

    def _hear_of(self, order_id: str | None) -> str:
        """What a webhook does, and what the worker does then. The id of the order's payment."""
        with self.shop.db.read() as session:
            payment = session.scalars(select(Payment).where(Payment.reference == order_id)).one()
        settle(self.shop.db, self.shop.providers[STORE], OrderListener(), STORE, payment.id, cause="crowd")
        self._work()
        return payment.id
