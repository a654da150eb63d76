"""The address book. Every query takes the store and the account first; a change tells the person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from payments.columns import new_id
from security.sealing import CannotOpen
from shop.accounts import letters, people, trail
from shop.accounts.current import SignedIn
from shop.accounts.models import Account, AccountAddress
from shop.accounts.throttle import Browser
from shop.address.contact import Contact
from shop.context import Shop
from shop.vault import Place, Purpose, Vault

ADDRESSES_MOST = 20


class TooMany(Exception):
    """The book is full."""


@dataclass(frozen=True)
class Entry:
    """One address as its person sees it. Its contact has no mail address."""

    id: str
    contact: Contact
    is_default: bool


def book(
    shop: Shop, account: Account, request_id: str, purpose: Purpose = Purpose.OWN_ACCOUNT
) -> list[Entry]:
    """All addresses, the default first. One whose key is gone is left out."""
    with shop.db.read() as session:
        rows = session.scalars(
            select(AccountAddress)
            .where(_own(account))
            .order_by(AccountAddress.is_default.desc(), AccountAddress.created_at, AccountAddress.id)
        ).all()
    opened = [_opened(shop.vault, row, request_id, purpose) for row in rows]
    return [entry for entry in opened if entry is not None]


def find(shop: Shop, account: Account, address_id: str, request_id: str) -> Entry | None:
    """One address of this account, or None."""
    with shop.db.read() as session:
        row = session.scalar(select(AccountAddress).where(_own(account), AccountAddress.id == address_id))
    return _opened(shop.vault, row, request_id, Purpose.OWN_ACCOUNT) if row else None


def save(
    shop: Shop,
    who: SignedIn,
    contact: Contact,
    browser: Browser,
    now: dt.datetime,
    *,
    address_id: str | None = None,
    make_default: bool = False,
) -> None:
    """Add an address, or write one anew. The first is the default. Raises TooMany; an unknown id changes nothing."""
    email = people.email_of(shop.vault, who.account, browser.request_id)
    row_id = address_id or new_id()
    place = Place(who.account.store_id, "account_address", "contact", row_id)
    sealed = shop.vault.seal(place, replace(contact, email="").to_json())

    def work(session: Session) -> None:
        _lock(session, who.account)
        rows = session.scalars(select(AccountAddress).where(_own(who.account))).all()
        row = next((one for one in rows if one.id == address_id), None)
        if row is None:
            if address_id is not None:
                return
            if len(rows) >= ADDRESSES_MOST:
                raise TooMany
            row = AccountAddress(
                store_id=who.account.store_id,
                id=row_id,
                account_id=who.id,
                created_at=now,
                is_default=not rows,
            )
            session.add(row)
        row.contact = sealed
        if make_default:
            for one in rows:
                one.is_default = False
            row.is_default = True
        session.flush()
        _told(shop, session, who, email, browser, now)

    shop.db.write(work)


def remove(shop: Shop, who: SignedIn, address_id: str, browser: Browser, now: dt.datetime) -> None:
    """Delete one of the person's own addresses; the oldest of the others is the default then."""
    email = people.email_of(shop.vault, who.account, browser.request_id)

    def work(session: Session) -> None:
        _lock(session, who.account)
        gone = delete(AccountAddress).where(_own(who.account), AccountAddress.id == address_id)
        if not session.execute(gone).rowcount:  # type: ignore[attr-defined]  # a DELETE's result has it
            return
        left = session.scalars(
            select(AccountAddress).where(_own(who.account)).order_by(AccountAddress.created_at)
        ).all()
        if left and not any(one.is_default for one in left):
            left[0].is_default = True
        session.flush()
        _told(shop, session, who, email, browser, now)

    shop.db.write(work)


def make_default(shop: Shop, who: SignedIn, address_id: str) -> None:
    """Offer this address first from now on."""

    def work(session: Session) -> None:
        _lock(session, who.account)
        known = select(AccountAddress.id).where(_own(who.account), AccountAddress.id == address_id)
        if session.scalar(known) is None:
            return
        is_it = AccountAddress.id == address_id
        session.execute(update(AccountAddress).where(_own(who.account)).values(is_default=is_it))

    shop.db.write(work)


def _own(account: Account) -> ColumnElement[bool]:
    return (AccountAddress.store_id == account.store_id) & (AccountAddress.account_id == account.id)


def _lock(session: Session, account: Account) -> None:
    """Changes of one book come one after the other."""
    session.get_one(Account, (account.store_id, account.id), with_for_update=True)


def _opened(vault: Vault, row: AccountAddress, request_id: str, purpose: Purpose) -> Entry | None:
    place = Place(row.store_id, "account_address", "contact", row.id)
    try:
        text = vault.open_personal(place, row.contact, purpose=purpose, request_id=request_id)
    except CannotOpen:
        return None
    return Entry(row.id, Contact.from_json(text), row.is_default)


def _told(
    shop: Shop, session: Session, who: SignedIn, email: str, browser: Browser, now: dt.datetime
) -> None:
    letters.notify(session, shop.vault, who.account, "address", to=email, now=now)
    trail.record(
        shop,
        session,
        who.account.store_id,
        who.id,
        "account.address",
        fields=["address"],
        request_id=browser.request_id,
    )
