"""An order that is paid later, without a card, as tests place it and look at it."""

from __future__ import annotations

from sqlalchemy import select

from payments.columns import utcnow
from payments.ledger import balance
from payments.models import Attempt, Payment, PaymentPromise
from payments.settle import settle
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.links import order_of_token
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment
from shop.orders.release import release
from tests.shop.buyer import Buyer

PATIENT = "fill_never@example.jp"
"""An address for which the sandbox pays nothing by itself."""


class Bought:
    """One order that waits for its money, as a test looks at it."""

    def __init__(self, shop: Shop, buyer: Buyer, *, method: str = "konbini", quantity: int = 1) -> None:
        self.shop, self.buyer, self.store_id = shop, buyer, buyer.store_id
        page = buyer.final_page(quantity=quantity, method=method, email=PATIENT)
        answer = buyer.confirm(page)
        assert answer.status_code == 303, answer.text
        self.token = buyer.order_in(answer)
        order_id = order_of_token(shop.settings.keys, self.store_id, self.token)
        assert order_id is not None
        self.id = order_id

    @property
    def order(self) -> Order:
        with self.shop.db.read() as session:
            return session.get_one(Order, (self.store_id, self.id))

    @property
    def payment(self) -> Payment:
        with self.shop.db.read() as session:
            link = session.get_one(OrderPayment, (self.store_id, self.id))
            return session.get_one(Payment, (self.store_id, link.payment_id))

    @property
    def promise(self) -> PaymentPromise:
        with self.shop.db.read() as session:
            return session.get_one(PaymentPromise, (self.store_id, self.payment.id))

    @property
    def provider_id(self) -> str:
        with self.shop.db.read() as session:
            query = select(Attempt.session_id).where(Attempt.payment_id == self.payment.id)
            found = session.scalars(query.order_by(Attempt.created_at.desc())).first()
        assert found is not None
        return found

    @property
    def states(self) -> tuple[str, str]:
        return self.order.state, self.payment.state

    @property
    def mails(self) -> list[str]:
        with self.shop.db.read() as session:
            query = select(Job.detail).where(Job.kind == "mail", Job.subject_id == self.id)
            return sorted(session.scalars(query))

    @property
    def balance(self) -> int:
        with self.shop.db.read() as session:
            return balance(session, self.payment)

    def hear(self) -> None:
        provider = self.shop.providers[self.store_id]
        settle(self.shop.db, provider, OrderListener(), self.store_id, self.payment.id, cause="test")

    def release(self) -> bool:
        provider = self.shop.providers[self.store_id]
        return release(self.shop.db, provider, OrderListener(), self.store_id, self.id, utcnow())
