"""Counting declines: written in the transaction that brings the news, counted by one query. Nothing here commits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, case, func, select
from sqlalchemy.orm import Session

from payments.columns import table_of, utcnow
from payments.models import Attempt, Payment
from payments.provider import Session as ProviderSession
from payments.states import AttemptState
from shop.card_testing import rules
from shop.card_testing.level import Level, level_of
from shop.card_testing.models import CardDecline
from shop.card_testing.proof import was_proved
from shop.card_testing.who import Who
from shop.orders.models import Order


@dataclass(frozen=True)
class Declines:
    """How many tries were refused within the last hour: of the store, and of someone."""

    of_store: int
    of_network: int
    of_browser: int
    of_customer: int
    of_account: int

    def are_too_many(self, level: Level) -> bool:
        """Whether someone has had enough tries. The store's own number says nothing of anyone."""
        if level >= Level.MAIL:
            most = max(self.of_browser, self.of_customer, self.of_account)
            return most >= rules.DECLINES_IN_ATTACK or self.of_network >= rules.DECLINES_OF_NETWORK
        return (
            self.of_network >= rules.DECLINES_OF_NETWORK
            or self.of_browser >= rules.DECLINES_OF_BROWSER
            or self.of_customer >= rules.DECLINES_OF_CUSTOMER
            or self.of_account >= rules.DECLINES_OF_ACCOUNT
        )


def _of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_DECLINE = table_of(CardDecline)
_COUNTS = select(
    func.count().label("of_store"),
    _of(_DECLINE.c.network_hash == bindparam("network")).label("of_network"),
    _of(_DECLINE.c.cart_id == bindparam("cart")).label("of_browser"),
    _of(_DECLINE.c.email_hash == bindparam("email")).label("of_customer"),
    _of(_DECLINE.c.account_id == bindparam("account")).label("of_account"),
).where(_DECLINE.c.store_id == bindparam("store"), _DECLINE.c.at > bindparam("since"))


def count(session: Session, who: Who, now: dt.datetime) -> Declines:
    """The declines of the last hour."""
    values = {
        "store": who.store_id,
        "network": who.network_hash,
        "cart": who.cart_id,
        "email": who.email_hash,
        "account": who.account_id,
        "since": now - rules.DECLINES_COUNT_FOR,
    }
    row = session.execute(_COUNTS, values).one()
    return Declines(*(int(number) for number in row))


def of_order(session: Session, store_id: str, order_id: str) -> int:
    """The declines of one order, ever."""
    query = select(func.count()).where(CardDecline.store_id == store_id, CardDecline.order_id == order_id)
    return session.scalar(query) or 0


def note(session: Session, order: Order, told: ProviderSession) -> bool:
    """Write a try that failed down, once. True when whoever tried has tried enough. The caller has locked the order."""
    assert told.decline is not None
    charge = told.charge
    try_id = charge.id if charge is not None else f"{told.payment_id or told.id} {told.decline.value}"
    if session.get(CardDecline, (order.store_id, try_id)) is not None:
        return False
    row = CardDecline(
        store_id=order.store_id,
        id=try_id,
        order_id=order.id,
        reason=told.decline.value,
        cart_id=order.cart_id,
        network_hash=order.network_hash,
        email_hash=order.email_hash,
        account_id=order.account_id,
        card_hash=charge.card_hash if charge is not None else None,
    )
    session.add(row)
    session.flush()
    return _is_enough(session, order, row)


def _is_enough(session: Session, order: Order, row: CardDecline) -> bool:
    now = utcnow()
    level = level_of(session, order.store_id, now)
    who = Who(order.store_id, None, order.network_hash, order.cart_id, order.email_hash, order.account_id)
    most = rules.DECLINES_IN_ATTACK if level >= Level.MAIL else rules.DECLINES_OF_ORDER
    if of_order(session, order.store_id, order.id) >= most:
        return True
    if count(session, who, now).are_too_many(level):
        return True
    return row.card_hash is not None and _of_card(session, row, now) >= rules.DECLINES_OF_CARD


def unproved(session: Session, store_id: str, now: dt.datetime) -> list[tuple[str, str]]:
    """Open sessions in which a card was declined within the hour, of who has proved no mail address, while that has to
    be proved: cards could go on being tried there without it. (attempt, order) of each; none in calmer times."""
    if level_of(session, store_id, now) < Level.MAIL:
        return []
    declined = select(CardDecline.order_id).where(
        CardDecline.store_id == store_id, CardDecline.at > now - rules.DECLINES_COUNT_FOR
    )
    query = (
        select(Attempt.id, Order.id)
        .join(Payment, (Payment.store_id == Attempt.store_id) & (Payment.id == Attempt.payment_id))
        .join(Order, (Order.store_id == Payment.store_id) & (Order.id == Payment.reference))
        .where(
            Attempt.store_id == store_id,
            Attempt.state == AttemptState.OPEN.value,
            Order.id.in_(declined),
            ~was_proved(Order, now),
        )
    )
    return [(attempt, order) for attempt, order in session.execute(query)]


def _of_card(session: Session, row: CardDecline, now: dt.datetime) -> int:
    query = select(func.count()).where(
        CardDecline.store_id == row.store_id,
        CardDecline.card_hash == row.card_hash,
        CardDecline.at > now - dt.timedelta(days=1),
    )
    return session.scalar(query) or 0
