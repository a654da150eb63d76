"""A person's own data as one JSON document, to take along."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from security.sealing import CannotOpen
from shop.accounts import addresses, passkeys, people, sessions, trail
from shop.accounts.current import SignedIn
from shop.accounts.throttle import Browser
from shop.address.contact import Contact
from shop.context import Shop
from shop.orders.models import Order, OrderLine
from shop.vault import Place, Purpose


def export(shop: Shop, who: SignedIn, browser: Browser, now: dt.datetime) -> dict[str, Any]:
    """Everything that the store keeps of this person by their account. Recorded in the trail."""
    account = who.account
    with shop.db.read() as session:
        orders = session.scalars(
            select(Order)
            .where(Order.store_id == account.store_id, Order.account_id == account.id)
            .order_by(Order.placed_at)
        ).all()
        lines = _lines(session, account.store_id, account.id)
        kept = [
            {"device": one.device, "begun": _at(one.created_at), "seen": _at(one.seen_at)}
            for one in sessions.listed(session, account, now)
        ]
        keys = [
            {"device": one.device, "added": _at(one.created_at)} for one in passkeys.listed(session, account)
        ]
    book = addresses.book(shop, account, browser.request_id, Purpose.OWN_EXPORT)
    document = {
        "store": account.store_id,
        "exported": _at(now),
        "joined": _at(account.created_at),
        "email": people.email_of(shop.vault, account, browser.request_id, Purpose.OWN_EXPORT),
        "profile": asdict(people.profile_of(shop.vault, account, browser.request_id)),
        "second_factor": account.totp is not None,
        "addresses": [_contact(entry.contact) | {"default": entry.is_default} for entry in book],
        "orders": [_order(shop, order, lines.get(order.id, []), browser.request_id) for order in orders],
        "sessions": kept,
        "passkeys": keys,
    }
    fields = ["email", "name", "kana", "phone", "address", "orders"]
    shop.db.write(
        lambda session: trail.record(
            shop,
            session,
            account.store_id,
            account.id,
            "account.export",
            fields=fields,
            request_id=browser.request_id,
        )
    )
    return document


def _lines(session: Session, store_id: str, account_id: str) -> dict[str, list[OrderLine]]:
    """The lines of all the account's orders, by order, in one query."""
    query = (
        select(OrderLine)
        .join(Order, (Order.store_id == OrderLine.store_id) & (Order.id == OrderLine.order_id))
        .where(Order.store_id == store_id, Order.account_id == account_id)
        .order_by(OrderLine.order_id, OrderLine.position)
    )
    found: dict[str, list[OrderLine]] = {}
    for line in session.scalars(query):
        found.setdefault(line.order_id, []).append(line)
    return found


def _order(shop: Shop, order: Order, lines: list[OrderLine], request_id: str) -> dict[str, Any]:
    return {
        "number": order.number,
        "placed": _at(order.placed_at),
        "state": order.state,
        "currency": order.currency,
        "total": order.total_minor,
        "lines": [
            {"name": line.name_ja, "quantity": line.quantity, "unit": line.unit_minor, "tax": line.tax_rate}
            for line in lines
        ],
        "contact": _opened(shop, order, request_id),
    }


def _opened(shop: Shop, order: Order, request_id: str) -> dict[str, str] | None:
    place = Place(order.store_id, "order", "contact", order.id)
    try:
        text = shop.vault.open_personal(
            place, order.contact, purpose=Purpose.OWN_EXPORT, request_id=request_id
        )
    except CannotOpen:
        return None
    return {name: str(value) for name, value in asdict(Contact.from_json(text)).items()}


def _contact(contact: Contact) -> dict[str, Any]:
    return {name: value for name, value in asdict(contact).items() if name != "email"}


def _at(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
