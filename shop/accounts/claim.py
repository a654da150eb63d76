"""Orders and accounts: whose an order is, and how a guest's order becomes a customer's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.orders.models import Order

PAGE = 20


@dataclass(frozen=True)
class HistoryPage:
    """Some orders, the newest first, and where the next page begins ("" at the end)."""

    orders: list[Order]
    after: str


def take(session: Session, account: Account, order_id: str) -> bool:
    """Give a guest's order to an account whose proved mail address it was placed with. False when it can't be.

    One conditional statement, so an order has one owner, whoever else claims it.
    """
    mine = (
        update(Order)
        .where(
            Order.store_id == account.store_id,
            Order.id == order_id,
            Order.email_hash == account.email_hash,
            Order.account_id.is_(None),
        )
        .values(account_id=account.id)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(mine).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def take_by_letter(session: Session, account: Account, order_id: str, email_hash: str) -> bool:
    """The same, by a link that was sent to the order's own mail address, which is not the account's."""
    theirs = (
        update(Order)
        .where(
            Order.store_id == account.store_id,
            Order.id == order_id,
            Order.email_hash == email_hash,
            Order.account_id.is_(None),
        )
        .values(account_id=account.id)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(theirs).rowcount)  # type: ignore[attr-defined]  # as above


def history(session: Session, account: Account, after: str = "") -> HistoryPage:
    """A page of the account's orders. `after` is the mark of a page before; an odd one means the beginning."""
    query = select(Order).where(Order.store_id == account.store_id, Order.account_id == account.id)
    if mark := _mark(after):
        at, order_id = mark
        query = query.where((Order.placed_at < at) | ((Order.placed_at == at) & (Order.id < order_id)))
    rows = session.scalars(query.order_by(Order.placed_at.desc(), Order.id.desc()).limit(PAGE + 1)).all()
    shown = list(rows[:PAGE])
    last = shown[-1] if len(rows) > PAGE else None
    return HistoryPage(shown, f"{last.placed_at.timestamp()!r}_{last.id}" if last else "")


def own_order_id(session: Session, account: Account, order_id: str) -> str | None:
    """The id of an order of this account, or None."""
    query = select(Order.id).where(
        Order.store_id == account.store_id, Order.account_id == account.id, Order.id == order_id
    )
    return session.scalar(query)


def let_go(session: Session, account: Account) -> None:
    """The law wants the orders kept: they stay, and say no more whose they were."""
    session.execute(
        update(Order)
        .where(Order.store_id == account.store_id, Order.account_id == account.id)
        .values(account_id=None)
        .execution_options(synchronize_session=False)
    )


def _mark(text: str) -> tuple[dt.datetime, str] | None:
    seconds, _, order_id = text.partition("_")
    if not (order_id.isascii() and order_id.isalnum()) or len(text) > 60:
        return None
    try:
        return dt.datetime.fromtimestamp(float(seconds), dt.UTC), order_id
    except (ValueError, OverflowError, OSError):
        return None
