"""What the shop's own books and the provider say of the orders that a test made; and changing stock and prices."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Attempt, LedgerEntry, Payment
from payments.provider import SessionStatus
from payments.states import PaymentState
from payments.states import advance as advance_payment
from shop.catalog.models import Variant
from shop.context import Shop
from shop.orders import holds
from shop.orders.links import order_token
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.orders.states import advance as advance_order
from shop.passages import PassageRow


class Books:
    """Opened at the start of a test; `orders` are those that came since."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._before = set(self._ids())

    def _ids(self) -> list[str]:
        with self.shop.db.read() as session:
            return list(session.scalars(select(Order.id)))

    @property
    def orders(self) -> list[Order]:
        """The orders since the start, oldest first."""
        with self.shop.db.read() as session:
            query = select(Order).where(Order.id.not_in(self._before)).order_by(Order.placed_at)
            return list(session.scalars(query))

    @property
    def order(self) -> Order:
        """The one order since the start."""
        (order,) = self.orders
        return order

    def attempts(self, order: Order) -> list[Attempt]:
        """Its sessions, oldest first."""
        query = (
            select(Attempt)
            .join(Payment, (Payment.store_id == Attempt.store_id) & (Payment.id == Attempt.payment_id))
            .where(Payment.reference == order.id)
            .order_by(Attempt.created_at)
        )
        with self.shop.db.read() as session:
            return list(session.scalars(query))

    def payable(self, order: Order) -> int:
        """How many of its sessions the provider would take money for now."""
        provider = self.shop.providers[order.store_id]
        ids = [attempt.session_id for attempt in self.attempts(order) if attempt.session_id]
        return sum(provider.retrieve_session(one).status is SessionStatus.OPEN for one in ids)

    def charges(self, order: Order) -> list[int]:
        """The amounts that were taken for it, in yen."""
        query = (
            select(LedgerEntry.amount_minor)
            .join(
                Payment, (Payment.store_id == LedgerEntry.store_id) & (Payment.id == LedgerEntry.payment_id)
            )
            .where(Payment.reference == order.id, LedgerEntry.kind == "captured")
        )
        with self.shop.db.read() as session:
            return list(session.scalars(query))

    def passages(self) -> int:
        """How many card numbers have reached the shop and were refused."""
        with self.shop.db.read() as session:
            return session.scalar(select(func.count()).select_from(PassageRow)) or 0

    def variant(self, store_id: str, sku: str) -> Variant:
        """The goods as they are now."""
        with self.shop.db.read() as session:
            return session.get_one(Variant, (store_id, sku))

    def change(self, store_id: str, sku: str, **values: int) -> None:
        """Set price or stock of some goods."""

        def work(session: Session) -> None:
            query = update(Variant).where(Variant.store_id == store_id, Variant.sku == sku)
            session.execute(query.values(**values))

        self.shop.db.write(work)

    def run_out(self, order: Order) -> None:
        """Let the hold of an order run out now."""

        def work(session: Session) -> None:
            kept = session.get_one(Order, (order.store_id, order.id))
            kept.held_until = utcnow() - dt.timedelta(seconds=1)

        self.shop.db.write(work)

    def token(self, order: Order) -> str:
        """The order's part of its page's address."""
        return order_token(self.shop.settings.keys, order.store_id, order.id)

    def forget_and_sell_out(self, order: Order, sku: str) -> None:
        """What is left when a payment and the end of its hold cross: the order is over here, its session is not yet
        there, and someone else has bought the goods."""

        def work(session: Session) -> None:
            kept = session.get_one(Order, (order.store_id, order.id), with_for_update=True)
            payment = session.scalars(select(Payment).where(Payment.reference == order.id)).one()
            advance_payment(session, payment, PaymentState.EXPIRED, cause="test")
            advance_order(session, kept, OrderState.EXPIRED, cause="test")
            holds.release(session, kept)

        self.shop.db.write(work)
        self.change(order.store_id, sku, on_hand=0)
