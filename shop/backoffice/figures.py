"""What the home page shows: today's orders, what waits, what needs a person. Few queries, each on an index."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from payments.methods import PROMISE
from payments.models import Attempt, PaymentPromise, ProviderEvent
from payments.money import Money
from shop.attention import Attention, attention
from shop.backoffice.declining import Declining, declining
from shop.fulfilment import deadlines
from shop.jobs.models import Schedule
from shop.orders.models import Hold, Order, OrderPayment
from shop.passages import PassageRow

JAPAN = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Today:
    """A store's orders since midnight in Japan."""

    store_id: str
    by_state: dict[str, int]
    paid: Money

    @property
    def count(self) -> int:
        return sum(self.by_state.values())


@dataclass(frozen=True)
class Figures:
    """Everything of the home page. Durations are None when nothing waits."""

    today: list[Today]
    held_units: int
    next_hold_ends: dt.datetime | None
    sessions_payable: int
    sessions_in_line: int
    waiting_orders: int
    """Whose money is to come at a till or by transfer."""
    next_deadline: dt.datetime | None
    event_lag: dt.timedelta | None
    reconcile: str | None
    reconcile_next: dt.datetime | None
    attention: Attention
    """What needs a person."""
    left_orders: list[Order]
    """Some whose customers transferred too much or too late, the oldest first."""
    passages_today: int
    declining: list[Declining]
    """Of each store, which shows card testing."""
    ending_soon: int
    """Reservations of cards that end within two days."""


def midnight(now: dt.datetime) -> dt.datetime:
    """When today began in Japan."""
    return now.astimezone(JAPAN).replace(hour=0, minute=0, second=0, microsecond=0)


def figures(session: Session, stores: list[str], now: dt.datetime) -> Figures:
    """Read them. `stores` are those that the member may see."""
    began = midnight(now)
    oldest = session.scalar(select(func.min(ProviderEvent.received_at)).where(ProviderEvent.state == "new"))
    schedule = session.get(Schedule, "reconcile")
    first_end = select(func.min(Order.held_until)).where(Order.state == "placed", Order.store_id.in_(stores))
    is_waiting = (Order.state == "waiting", Order.store_id.in_(stores))
    held = select(func.coalesce(func.sum(Hold.quantity), 0)).where(
        Hold.state == "active", Hold.store_id.in_(stores)
    )

    return Figures(
        today=[_today(session, store_id, began) for store_id in stores],
        held_units=_number(session, held),
        next_hold_ends=session.scalar(first_end),
        sessions_payable=_number(
            session, select(func.count()).where(Attempt.state == "open", Attempt.ui_mode != PROMISE)
        ),
        sessions_in_line=_number(session, select(func.count()).where(Attempt.state == "waiting")),
        waiting_orders=_number(session, select(func.count()).where(*is_waiting)),
        next_deadline=session.scalar(select(func.min(Order.held_until)).where(*is_waiting)),
        event_lag=now - oldest if oldest else None,
        reconcile=schedule.last_result if schedule else None,
        reconcile_next=schedule.next_at if schedule else None,
        attention=attention(session, stores, now),
        left_orders=_left_orders(session, stores),
        ending_soon=len(deadlines.due(session, now + deadlines.WARN_BEFORE, stores=stores)),
        passages_today=_number(session, select(func.count()).where(PassageRow.at >= began)),
        declining=[declining(session, store_id, now) for store_id in stores],
    )


def _left_orders(session: Session, stores: list[str]) -> list[Order]:
    """Orders whose customers transferred too much or too late."""
    query = (
        select(Order)
        .join(OrderPayment, (OrderPayment.store_id == Order.store_id) & (OrderPayment.order_id == Order.id))
        .join(
            PaymentPromise,
            (PaymentPromise.store_id == OrderPayment.store_id)
            & (PaymentPromise.payment_id == OrderPayment.payment_id),
        )
        .where(PaymentPromise.balance_minor > 0, Order.store_id.in_(stores))
    )
    return list(session.scalars(query.order_by(Order.placed_at).limit(10)))


def _today(session: Session, store_id: str, began: dt.datetime) -> Today:
    query = (
        select(Order.state, func.count(), func.sum(Order.total_minor))
        .where(Order.store_id == store_id, Order.placed_at >= began)
        .group_by(Order.state)
    )
    rows = session.execute(query).all()
    paid = sum(int(total or 0) for state, _count, total in rows if state == "paid")
    return Today(store_id, {state: int(count) for state, count, _total in rows}, Money(paid))


def _number(session: Session, query: Select[int]) -> int:
    return int(session.scalar(query) or 0)
