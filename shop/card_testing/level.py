"""How hard a store's cards are being tested, told from its declines: what counts as an attack is said here alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import IntEnum

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from payments.models import Payment
from payments.states import PaymentState
from shop.card_testing import rules
from shop.card_testing.models import CardDecline
from shop.card_testing.proof import was_proved
from shop.orders.models import Order


class Level(IntEnum):
    """What is asked of who has not bought before; each includes what comes before it."""

    CALM = 0
    SLOW = 1
    """Wait a little, press once more, challenge of 3-D Secure."""
    MAIL = 2
    """Waiting has not kept them out: open a link that was sent to the mail address, before anything is placed."""
    PAUSE = 3
    """Nothing has: the store's cards rest for a while."""


def level_of(session: Session, store_id: str, now: dt.datetime) -> Level:
    """The level of this moment. Reads only."""
    return judge(declined_lately(session, store_id, now), lambda: paid_lately(session, store_id, now))


def judge(declined: int, paid: Callable[[], int]) -> Level:
    """The level of so many declines in an hour. `paid` is asked for the payments only when they matter."""
    if declined < rules.SLOW_FROM:
        return Level.CALM
    share = declined / (declined + paid())
    if declined >= rules.PAUSE_FROM and share >= rules.PAUSE_SHARE:
        return Level.PAUSE
    if declined >= rules.MAIL_FROM and share >= rules.MAIL_SHARE:
        return Level.MAIL
    return Level.SLOW if share >= rules.SLOW_SHARE else Level.CALM


def declined_lately(session: Session, store_id: str, now: dt.datetime) -> int:
    """Declines of a store within the last hour."""
    query = select(func.count()).where(
        CardDecline.store_id == store_id, CardDecline.at > now - rules.DECLINES_COUNT_FOR
    )
    return session.scalar(query) or 0


def paid_lately(session: Session, store_id: str, now: dt.datetime) -> int:
    """Payments of a store that succeeded, of those begun within the last hour by people who had nothing to prove.

    What was let through by a mail says nothing of who would come without: else every honest buyer who got past an
    attack would make it look as if it were over.
    """
    proved = exists().where(
        Order.store_id == Payment.store_id, Order.id == Payment.reference, was_proved(Order, now)
    )
    query = select(func.count()).where(
        Payment.state == PaymentState.PAID.value,
        Payment.created_at > now - rules.DECLINES_COUNT_FOR,
        Payment.store_id == store_id,
        ~proved,
    )
    return session.scalar(query) or 0
