"""Keep, show, prefer and forget cards at the provider. Whose card it is the provider is asked, each time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from payments.provider import NotThere, PaymentError, SavedCard
from shop.accounts.models import Account
from shop.cards.closed import cards_closed
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.outbox import enqueue
from shop.wallet.models import AccountCustomer

_log = logging.getLogger("hitsuka.wallet")

FORGET = "forget_customer"
"""The job that ends a customer at the provider."""


@dataclass(frozen=True)
class Wish:
    """What a session knows of a customer: who they are at the provider, and whether the card is to be kept."""

    customer_id: str | None = None
    save_card: bool = False


def customer_of(session: Session, shop: Shop, store_id: str, account_id: str) -> str | None:
    """The provider's name of a customer; None for who never let a card be kept."""
    account = shop.providers[store_id].account
    row = session.get(AccountCustomer, (store_id, account_id, account))
    return row.customer_id if row else None


def wish_of(shop: Shop, store_id: str, account_id: str | None, email: str, *, save_card: bool) -> Wish:
    """For the session of a shopper who pays now: their kept cards are shown; with `save_card` this one is kept too.

    A guest has none. Calls the provider where someone keeps a card for the first time; when it does not answer, or the
    store takes no cards, the payment goes on without.
    """
    if account_id is None:
        return Wish()
    with shop.db.read() as session:
        known = customer_of(session, shop, store_id, account_id)
    if known is not None or not save_card or cards_closed(shop, store_id):
        return Wish(known, save_card and known is not None)
    try:
        made = _make(shop, store_id, account_id, email)
    except PaymentError as error:
        _log.warning("no customer was made", extra={"reason": error.code})
        return Wish()
    return Wish(made, save_card=made is not None)


def renewed(
    shop: Shop, store_id: str, account_id: str, gone: str, email_of: Callable[[], str], *, save_card: bool
) -> Wish | None:
    """For who was refused a session as `gone`, a customer who may have been taken away on the provider's own screen.

    Then its row goes, and with `save_card` a new one takes its place. None when the customer is there after all, or the
    provider does not say. Calls the provider.
    """
    try:
        shop.providers[store_id].saved_cards(gone)
    except NotThere:
        shop.db.write(lambda session: _forget_row(session, shop, store_id, account_id, gone))
    except PaymentError:
        return None
    else:
        return None
    if not save_card or cards_closed(shop, store_id):
        return Wish()
    try:
        # Under the first key the provider would name the one that is gone, for a day.
        made = _make(shop, store_id, account_id, email_of(), after=gone)
    except PaymentError as error:
        _log.warning("no customer was made", extra={"reason": error.code})
        return Wish()
    return Wish(made, save_card=made is not None)


def _forget_row(session: Session, shop: Shop, store_id: str, account_id: str, gone: str) -> None:
    """Unless another tab has put a new one in its place."""
    key = (store_id, account_id, shop.providers[store_id].account)
    row = session.get(AccountCustomer, key, with_for_update=True)
    if row is not None and row.customer_id == gone:
        session.delete(row)


def kept_cards(shop: Shop, store_id: str, account_id: str) -> list[SavedCard]:
    """The customer's cards as the provider has them now. Calls it; raises PaymentError."""
    customer_id = _known(shop, store_id, account_id)
    if customer_id is None:
        return []
    try:
        return shop.providers[store_id].saved_cards(customer_id)
    except NotThere:
        return []  # someone has taken the customer away on the provider's own screen


def forget_card(shop: Shop, store_id: str, account_id: str, card_id: str) -> None:
    """Take a card away for good. Calls the provider; raises NotThere for a card that is not this customer's."""
    customer_id = _known(shop, store_id, account_id)
    if customer_id is None:
        raise NotThere("no cards are kept")
    shop.providers[store_id].forget_card(customer_id, card_id)


def prefer_card(shop: Shop, store_id: str, account_id: str, card_id: str) -> None:
    """Make a card the one that comes first. Calls the provider; raises NotThere as `forget_card`."""
    customer_id = _known(shop, store_id, account_id)
    if customer_id is None:
        raise NotThere("no cards are kept")
    shop.providers[store_id].prefer_card(customer_id, card_id)


def let_go(session: Session, shop: Shop, store_id: str, account_id: str) -> None:
    """The account goes: so do its cards at the provider. The worker asks for it. Never commits."""
    customer_id = customer_of(session, shop, store_id, account_id)
    if customer_id is not None:
        enqueue(session, FORGET, store_id, customer_id)


def forget_customer(shop: Shop, job: Job) -> None:
    """The worker's part of it. One that is gone already is as good."""
    try:
        shop.providers[job.store_id].forget_customer(job.subject_id)
    except NotThere:
        return


def _known(shop: Shop, store_id: str, account_id: str) -> str | None:
    with shop.db.read() as session:
        return customer_of(session, shop, store_id, account_id)


def _make(shop: Shop, store_id: str, account_id: str, email: str, *, after: str = "") -> str | None:
    """A customer at the provider, by the account's own key, so that two tabs make one; `after` one that is gone by a
    key of its own. None when the account has gone meanwhile; then the customer goes too."""
    provider = shop.providers[store_id]
    key = "-".join(filter(None, ("customer", store_id, account_id, after)))
    made = provider.create_customer(f"{store_id}.{account_id}", email, idempotency_key=key)

    def work(session: Session) -> str | None:
        if session.get(Account, (store_id, account_id), with_for_update={"read": True}) is None:
            enqueue(session, FORGET, store_id, made)
            return None
        row = session.get(AccountCustomer, (store_id, account_id, provider.account), with_for_update=True)
        if row is None:
            row = AccountCustomer(
                store_id=store_id,
                account_id=account_id,
                provider_account=provider.account,
                customer_id=made,
            )
            session.add(row)
        return row.customer_id

    return shop.db.write(work)
