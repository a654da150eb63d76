"""A shopper with an account, made by the same functions as the pages: so that the walk sees what only members see."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from shop.accounts import addresses, claim, join, letters
from shop.accounts.current import SignedIn
from shop.accounts.entry import Entered
from shop.accounts.lookup import email_hash
from shop.accounts.models import Account, AccountAddress, AccountSession, Letter
from shop.accounts.people import Profile
from shop.accounts.throttle import Browser
from shop.address.contact import Contact
from shop.context import Shop
from shop.orders.models import Order

ADDRESS = Contact(
    email="",
    family_name="試験",
    given_name="花",
    postal_code="1500001",
    prefecture="東京都",
    city="渋谷区",
    street="神宮前1-2-3",
    building="",
    phone="+81312345678",
)


@dataclass(frozen=True)
class Member:
    """Someone who is signed in: the cookie's value, an address, an order, and a living link of each kind."""

    cookie: str
    address_id: str
    order_id: str
    links: dict[str, str]


def member_of(shop: Shop, store_id: str, order_id: str) -> Member:
    """Make an account on a store, sign in, take over an order that was placed."""
    now, mail = utcnow(), f"{new_id()}@example.jp"
    asks = Browser("127.0.0.1", "scope verify", None, "ja", new_id())
    invitation = letter_to(shop, store_id, letters.JOIN, mail)
    profile, password = Profile("試験", "花"), new_id() + new_id()
    entered = join.join(shop, store_id, invitation, profile, password, asks, now)
    who = _who(shop, store_id, mail)
    addresses.save(shop, who, ADDRESS, asks, now)
    with shop.db.read() as session:
        address_id = session.scalars(
            select(AccountAddress.id).where(
                AccountAddress.store_id == store_id, AccountAddress.account_id == who.id
            )
        ).one()
    shop.db.write(lambda session: _take(session, who, order_id))
    links = {
        letters.JOIN: letter_to(shop, store_id, letters.JOIN, f"{new_id()}@example.jp"),
        letters.RESET: letter_to(shop, store_id, letters.RESET, mail, who.id),
        letters.EMAIL: letter_to(shop, store_id, letters.EMAIL, f"{new_id()}@example.jp", who.id),
        letters.CLAIM: letter_to(shop, store_id, letters.CLAIM, mail, who.id, order_id),
    }
    return Member(_cookie(entered), address_id, order_id, links)


def _cookie(entered: Entered) -> str:
    return entered.token


def _who(shop: Shop, store_id: str, mail: str) -> SignedIn:
    with shop.db.read() as session:
        account = join.account_by_email(session, store_id, email_hash(shop.vault, store_id, mail))
        assert account is not None, "it was made a moment ago"
        kept = session.scalars(
            select(AccountSession).where(
                AccountSession.store_id == store_id, AccountSession.account_id == account.id
            )
        ).one()
        return SignedIn(account, kept)


def _take(session: Session, who: SignedIn, order_id: str) -> None:
    """Whoever placed it used another address: it becomes theirs as by the link that is mailed there."""
    order = session.get_one(Order, (who.account.store_id, order_id))
    taken = claim.take_by_letter(session, _again(session, who), order_id, order.email_hash)
    assert taken, "nobody else has it"


def _again(session: Session, who: SignedIn) -> Account:
    return session.get_one(Account, (who.account.store_id, who.id))


def letter_to(
    shop: Shop, store_id: str, kind: str, to: str, account_id: str | None = None, order_id: str | None = None
) -> str:
    """A letter as the pages would want it; its link's token."""

    def work(session: Session) -> str:
        letter_id = letters.write(
            session,
            shop.vault,
            store_id,
            kind,
            to=to,
            to_hash=email_hash(shop.vault, store_id, to),
            locale="ja",
            now=utcnow(),
            account_id=account_id,
            order_id=order_id,
        )
        return letters.token_of(shop.settings.keys, session.get_one(Letter, (store_id, letter_id)))

    return shop.db.write(work)
