"""Confirm an order: everything that the button promises, in one transaction, then the session at the provider.

The draft names the order that its final page makes, the form carries the digest of what the page showed. A double
click, a second tab or a retry after a lost answer finds the order that the first one made.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as DBSession

from payments.columns import new_id, table_of
from payments.methods import NO_PROVIDER, Method
from payments.models import Payment
from payments.provider import OutcomeUnknown, UIMode
from payments.sessions import want_session
from payments.stop import CardsClosed, state_held
from shop.accounts.lookup import phone_hash
from shop.accounts.models import Account
from shop.address.contact import Contact
from shop.address.normalise import lookup_key_email
from shop.card_testing.gate import MailFirst
from shop.card_testing.proof import has_bought, has_proved
from shop.cart.models import CartLine
from shop.checkout.models import Draft
from shop.checkout.quote import Quote
from shop.checkout.sold_out import NotYourTurn, PromisedOut, SoldOut, TooMany
from shop.context import Shop
from shop.methods import cod
from shop.methods.offers import refusal_of
from shop.methods.policy import deadline_of, methods_of
from shop.orders import hoarding, holds
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderLine, OrderPayment
from shop.orders.queries import OrderView, order_of_attempt_key
from shop.orders.release import GIVEN_UP, release
from shop.orders.states import OrderState
from shop.stores import Store
from shop.vault import Place, Vault

_NUMBER_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_TRIES = 3
_LINE = table_of(CartLine)
_BASKET = select(_LINE.c.sku, _LINE.c.quantity).where(
    _LINE.c.store_id == bindparam("store"), _LINE.c.cart_id == bindparam("cart")
)


CONCLUDED = {OrderState.PAID, OrderState.AUTHORISED, OrderState.WAITING, OrderState.ON_DELIVERY}
"""An order that stands: its basket is empty since."""


class BasketChanged(Exception):
    """The basket is not what was quoted any more; nothing was placed."""


class NotOffered(Exception):
    """The store does not take such an order paid in that way (any more); nothing was placed."""


class _OtherOrder(Exception):
    """This draft has an unpaid order that is not what is wanted now."""

    def __init__(self, order_id: str) -> None:
        super().__init__(order_id)
        self.id = order_id


@dataclass(frozen=True)
class Placed:
    """The order that stands for what was confirmed."""

    order_id: str
    view: OrderView | None = None
    """The whole of it when this call has placed it; None when it was found. Nobody need read it again."""


@dataclass(frozen=True)
class Buyer:
    """Who confirms, from where: everything about the request that the order keeps."""

    cart_id: str
    contact: Contact
    locale: str
    request_id: str
    account_id: str | None = None
    """Whose order it becomes, when a signed-in shopper confirms."""
    network_hash: str | None = None
    """A keyed hash of the client's address, by which holds and declines are counted."""
    customer_id: str | None = None
    """The provider's name of a signed-in shopper for whom it keeps cards."""
    save_card: bool = False


def confirm(
    shop: Shop,
    store: Store,
    quote: Quote,
    buyer: Buyer,
    ui_mode: UIMode,
    now: dt.datetime,
    *,
    claim: bool = False,
    is_slowed: bool = False,
) -> Placed:
    """Place the order of a quote, or find the one that this draft has placed.

    `claim` also takes the turn of its session, if it is free (`payments.sessions.is_claimed` tells): then the caller
    makes it as soon as this returns. Otherwise the session waits for whoever makes it. `is_slowed` wants no
    session yet: its shopper asks for one.

    Raises SoldOut (or one of its kinds), MailFirst, BasketChanged, NotOffered or CardsClosed; then nothing is placed
    or held. Calls the provider only to end an unpaid order that this draft placed before and that is not what is
    wanted now; raises OutcomeUnknown when that could not be done, for then both could be paid.
    """
    for _try in range(_TRIES):
        try:
            return shop.db.write(
                lambda session: _place(
                    session, shop, store, quote, buyer, ui_mode, now, claim=claim, is_slowed=is_slowed
                )
            )
        except IntegrityError:
            continue  # another process placed this draft's order, or drew the same number, at the same moment
        except _OtherOrder as other:
            release(
                shop.db, shop.providers[store.id], OrderListener(), store.id, other.id, now, ending=GIVEN_UP
            )
    raise OutcomeUnknown("an earlier order of this basket could not be ended")


def _place(
    session: DBSession,
    shop: Shop,
    store: Store,
    quote: Quote,
    buyer: Buyer,
    ui_mode: UIMode,
    now: dt.datetime,
    *,
    claim: bool,
    is_slowed: bool,
) -> Placed:
    if refusal_of(methods_of(store.id), quote.method, quote.before_fee) is not None:
        raise NotOffered
    buyer = _as_guest_if_gone(session, store.id, buyer)
    draft = session.get_one(Draft, (store.id, buyer.cart_id), with_for_update=True)
    known = order_of_attempt_key(session, store.id, draft.attempt_key)
    if known is not None and _is_it(session, known, quote, now):
        return Placed(known.id)
    if not _is_in_basket(session, store.id, buyer.cart_id, quote):
        raise BasketChanged
    if quote.method is Method.CARD and state_held(session, store.id).is_closed:
        raise CardsClosed
    if known is not None:
        draft.attempt_key = new_id()  # that order is over, paid or not: this is a new one
    order = _order(shop, store, quote, buyer, draft.attempt_key, now)
    lines, payment = _lines(order, quote), _payment(shop, order, quote.method)
    session.add_all([order, payment])
    session.flush()
    held = holds.make(session, order, lines)
    if held.short:
        raise SoldOut(held.short)
    session.add_all([*lines, OrderPayment(store_id=order.store_id, order_id=order.id, payment_id=payment.id)])
    _keep_to_shares(session, order, lines, held.scarce, quote.method, now)
    if quote.method is Method.COD:
        cod.conclude(session, order)
    if quote.method is Method.COD or is_slowed:
        return Placed(order.id, OrderView(order, lines, payment, None))
    attempt = want_session(
        session,
        payment,
        ui_mode=UIMode.PROMISE if quote.method.is_promise else ui_mode,
        locale=order.locale,
        request_id=order.request_id,
        now=now,
        terms=shop.settings.cards[store.id].terms(buyer.customer_id, save_card=buyer.save_card),
        claim_for=shop.providers[store.id] if claim else None,
        deadline=deadline_of(store.id, quote.method, now),
    )
    return Placed(order.id, OrderView(order, lines, payment, attempt))


def _as_guest_if_gone(session: DBSession, store_id: str, buyer: Buyer) -> Buyer:
    """The account may be deleted while its order is confirmed: the row stays until the order stands, or is gone now."""
    if buyer.account_id is None:
        return buyer
    kept = session.get(Account, (store_id, buyer.account_id), with_for_update={"read": True})
    return buyer if kept is not None else replace(buyer, account_id=None, customer_id=None, save_card=False)


def _keep_to_shares(
    session: DBSession,
    order: Order,
    lines: list[OrderLine],
    scarce: dict[str, int],
    method: Method,
    now: dt.datetime,
) -> None:
    """What is held leaves something for others. Raises TooMany, PromisedOut, NotYourTurn or MailFirst."""
    if over := holds.over_limit(session, order, lines):
        raise TooMany(over)
    if method.is_promise and (
        out := hoarding.promised_out(session, order.store_id, [one.sku for one in lines])
    ):
        raise PromisedOut(out)
    hoarded = hoarding.hoarded(session, order.store_id, scarce, now) if scarce else set()
    if hoarded and not has_bought(session, order.store_id, order.account_id, now):
        _give_in_turn(session, order, lines, {sku: hoarding.allowance(scarce[sku]) for sku in hoarded}, now)


def _give_in_turn(
    session: DBSession, order: Order, lines: list[OrderLine], shares: dict[str, int], now: dt.datetime
) -> None:
    """Hoarded goods go in small shares, to people with a mailbox, each in their turn."""
    if not has_proved(session, order.store_id, order.email_hash, now):
        raise MailFirst
    if again := hoarding.had_a_turn(session, order, shares, now):
        raise NotYourTurn(again)
    if over := holds.over_limit(session, order, lines, shares):
        raise TooMany(over, min(shares.get(sku, holds.UNITS_PER_CUSTOMER) for sku in over))


def _is_it(session: DBSession, known: Order, quote: Quote, now: dt.datetime) -> bool:
    """Whether that order of the draft is the one: as it stands, or concluded since the basket was read."""
    if _stands_for(known, quote, now):
        return True
    return known.state in CONCLUDED and not _is_in_basket(session, known.store_id, known.cart_id, quote)


def _stands_for(known: Order, quote: Quote, now: dt.datetime) -> bool:
    """Whether the order that this draft has placed is what is wanted now. Raises when it must be ended first."""
    is_same = known.snapshot["digest"] == quote.digest
    if known.state == OrderState.PLACED and not (is_same and known.held_until > now):
        raise _OtherOrder(known.id)
    # Money may have moved for an order under review: the same goods are not charged again.
    return is_same and known.state in {OrderState.PLACED, OrderState.REVIEW}


def _is_in_basket(session: DBSession, store_id: str, cart_id: str, quote: Quote) -> bool:
    """Whether the basket holds exactly what was quoted, now, in the transaction that places the order."""
    rows = session.execute(_BASKET, {"store": store_id, "cart": cart_id})
    now = {row.sku: row.quantity for row in rows}
    return now == {line.sku: line.quantity for line in quote.lines}


def _order(shop: Shop, store: Store, quote: Quote, buyer: Buyer, attempt_key: str, now: dt.datetime) -> Order:
    contact = buyer.contact
    order_id = new_id()
    place = Place(store.id, "order", "contact", order_id)
    address = "|".join([contact.postal_code, *contact.address_lines])
    return Order(
        store_id=store.id,
        id=order_id,
        number=_number(store),
        attempt_key=attempt_key,
        cart_id=buyer.cart_id,
        locale=buyer.locale,
        request_id=buyer.request_id,
        placed_at=now,
        currency=quote.total.currency,
        total_minor=quote.total.minor,
        snapshot=quote.snapshot() | {"digest": quote.digest},
        contact=shop.vault.seal(place, contact.to_json()),
        network_hash=buyer.network_hash,
        email_hash=email_hash_of(shop.vault, store.id, contact),
        address_hash=shop.vault.lookup(store.id, "address", address.casefold()),
        phone_hash=phone_hash(shop.vault, store.id, contact.phone),
        account_id=buyer.account_id,
        held_until=now + holds.HOLD_FOR,
    )


def email_hash_of(vault: Vault, store_id: str, contact: Contact) -> str:
    """The keyed hash by which a customer's orders, holds and tries are found."""
    return vault.lookup(store_id, "email", lookup_key_email(contact.email))


def _number(store: Store) -> str:
    """What a person reads out on the phone: ST-7K2M-9XQ4. No letters that look alike, and no count of orders."""
    letters = "".join(secrets.choice(_NUMBER_LETTERS) for _ in range(8))
    return f"{store.order_prefix}-{letters[:4]}-{letters[4:]}"


def _lines(order: Order, quote: Quote) -> list[OrderLine]:
    return [
        OrderLine(
            store_id=order.store_id,
            order_id=order.id,
            sku=line.sku,
            position=position,
            product_slug=line.product_slug,
            name_ja=line.name_ja,
            name_en=line.name_en,
            quantity=line.quantity,
            unit_minor=line.unit.minor,
            tax_rate=int(line.tax_rate),
        )
        for position, line in enumerate(quote.lines)
    ]


def _payment(shop: Shop, order: Order, method: Method) -> Payment:
    provider = None if method is Method.COD else shop.providers[order.store_id]
    return Payment(
        store_id=order.store_id,
        id=new_id(),
        reference=order.id,
        amount_minor=order.total_minor,
        currency=order.currency,
        method=method.value,
        provider=provider.name if provider else NO_PROVIDER,
        account=provider.account if provider else NO_PROVIDER,
        created_at=order.placed_at,
    )
