"""Find customers and their orders by exactly what they tell: a mail address, a telephone number, a name's reading.

By keyed hashes, store by store; nothing is opened, and nobody can leaf through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.elements import ColumnElement

from shop.accounts.lookup import email_hash, kana_hash, phone_hash
from shop.accounts.models import Account
from shop.address.normalise import BadEmail, BadPhone
from shop.orders.models import Order
from shop.vault import Vault

MOST = 50


@dataclass(frozen=True)
class Found:
    """What belongs to one store's customers: accounts and the newest orders, guests' too."""

    store_id: str
    accounts: Sequence[Account]
    orders: Sequence[Order]


def find_customers(session: Session, vault: Vault, stores: Sequence[str], told: str) -> list[Found]:
    """Everything that what was told leads to, in stores where it leads to anything."""
    found = [_in_store(session, vault, store_id, told.strip()) for store_id in stores]
    return [one for one in found if one.accounts or one.orders]


def _in_store(session: Session, vault: Vault, store_id: str, told: str) -> Found:
    email, phone, kana = (
        _email(vault, store_id, told),
        _phone(vault, store_id, told),
        _kana(vault, store_id, told),
    )
    by_account = _equal((Account.email_hash, email), (Account.phone_hash, phone), (Account.kana_hash, kana))
    accounts = session.scalars(
        select(Account).where(Account.store_id == store_id, by_account).order_by(Account.id).limit(MOST)
    ).all()
    by_order = _equal((Order.email_hash, email), (Order.phone_hash, phone))
    theirs = by_order | Order.account_id.in_([account.id for account in accounts])
    orders = session.scalars(
        select(Order).where(Order.store_id == store_id, theirs).order_by(Order.id.desc()).limit(MOST)
    ).all()
    return Found(store_id, accounts, orders)


def _equal(*pairs: tuple[InstrumentedAttribute[Any], str | None]) -> ColumnElement[bool]:
    """Any of the columns has its hash. What was not told matches nothing: above all not the rows that have none."""
    return or_(false(), *(column == value for column, value in pairs if value is not None))


def _kana(vault: Vault, store_id: str, told: str) -> str | None:
    return kana_hash(vault, store_id, told) if told else None


def _email(vault: Vault, store_id: str, told: str) -> str | None:
    try:
        return email_hash(vault, store_id, told)
    except BadEmail:
        return None


def _phone(vault: Vault, store_id: str, told: str) -> str | None:
    try:
        return phone_hash(vault, store_id, told)
    except BadPhone:
        return None
