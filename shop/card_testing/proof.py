"""Who need not prove anything: whoever opened the link of a letter lately, and customers who have bought before."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from shop.accounts.models import Letter
from shop.card_testing import rules
from shop.orders.models import Order
from shop.orders.states import OrderState


def has_proved(session: Session, store_id: str, email_hash: str, now: dt.datetime) -> bool:
    """By the keyed hash of the address. It lasts an hour from the mail on, whichever browser asks: what it lets
    through is counted by mailbox, customer and browser besides."""
    letter = select(Letter.id).where(
        Letter.store_id == store_id,
        Letter.kind == rules.LETTER,
        Letter.email_hash == email_hash,
        Letter.used_at.is_not(None),
        Letter.ends_at > now,
    )
    return session.scalar(letter.limit(1)) is not None


def was_proved(order: type[Order], now: dt.datetime) -> ColumnElement[bool]:
    """For queries: whether an order's mail address was proved lately."""
    return exists().where(
        Letter.store_id == order.store_id,
        Letter.email_hash == order.email_hash,
        Letter.kind == rules.LETTER,
        Letter.used_at.is_not(None),
        Letter.ends_at > now,
    )


def has_bought(session: Session, store_id: str, account_id: str | None, now: dt.datetime) -> bool:
    """Whether a customer is signed in who paid an order before an attack could begin. A guest only types an address."""
    if account_id is None:
        return False
    paid = select(Order.id).where(
        Order.store_id == store_id,
        Order.account_id == account_id,
        Order.state == OrderState.PAID.value,
        Order.placed_at < now - rules.PROVEN_AFTER,
    )
    return session.scalar(paid.limit(1)) is not None
