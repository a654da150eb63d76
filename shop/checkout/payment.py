"""Start, resume or switch the payment of a placed order. At most one of its sessions can be paid at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.making import Made, MakeResult, make_claimed, make_session
from payments.methods import Method
from payments.models import Attempt, Payment
from payments.provider import Provider, Session, SessionStatus, UIMode
from payments.sessions import Terms, end_sessions, is_claimed, may_want, want_session
from payments.settle import apply_session
from payments.states import AttemptState, PaymentState
from payments.stop import CardsClosed
from shop.address.contact import Contact
from shop.cards.closed import cards_closed
from shop.checkout.request import build_request, request_of
from shop.context import Shop
from shop.methods.policy import deadline_of
from shop.orders import holds
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from shop.orders.queries import OrderView
from shop.stores import PaymentType, Store
from shop.wallet.service import Wish, renewed

UI_OF_TYPE = {PaymentType.TOKEN: UIMode.ELEMENTS, PaymentType.REDIRECT: UIMode.HOSTED_PAGE}


@dataclass(frozen=True)
class Started:
    """What a shopper who wants to pay meets next. `session` only when it can be paid now."""

    outcome: Made
    session: Session | None = None


def resume(shop: Shop, view: OrderView, *, ui_mode: UIMode, now: dt.datetime) -> Started | None:
    """Go on with the open session of the wanted kind, or make the one that waits. None when a new one is needed.

    Calls the provider. Raises a PaymentError when it did not answer; then the order is as it was. While the store takes
    no cards nothing is made, and nobody is led to what is open: that is asked before the provider is, and after.
    """
    if _is_closed(shop, view):
        return Started(Made.CLOSED)
    started = _go_on(shop, view, ui_mode, now)
    return None if started is None else _unless_closed(shop, view, started)


def _go_on(shop: Shop, view: OrderView, ui_mode: UIMode, now: dt.datetime) -> Started | None:
    provider = shop.providers[view.order.store_id]
    attempt = view.attempt
    if attempt is None or attempt.ui_mode != ui_mode.value:
        return None
    if attempt.state == AttemptState.OPEN and attempt.session_id:
        open_session = provider.retrieve_session(attempt.session_id)
        if open_session.promise is not None:
            return _promised(shop, view, attempt, open_session)
        if open_session.status is SessionStatus.OPEN and not open_session.paid:
            shop.db.write(lambda session: _prolong(session, view.order, now))
            return Started(Made.OPEN, open_session)
    if attempt.state == AttemptState.WAITING:
        return make(shop, provider, attempt)
    return None


def start_anew(
    shop: Shop,
    view: OrderView,
    *,
    ui_mode: UIMode,
    locale: str,
    request_id: str,
    now: dt.datetime,
    challenge: bool = False,
    keeps_customer: bool = True,
) -> Started:
    """End what is open and make a new session: a new card attempt. Calls the provider, and raises, as `resume`.

    Without `keeps_customer` the new one shows nobody's kept cards, whatever the old one did.
    """
    if _is_closed(shop, view):
        return Started(Made.CLOSED)
    provider = shop.providers[view.order.store_id]
    ended = end_sessions(shop.db, provider, OrderListener(), view.order.store_id, view.payment.id)
    if ended is not PaymentState.PENDING:
        return Started(Made.OVER)
    new = _New(ui_mode, locale, request_id, now, challenge)
    started = _make_new(shop, view, new, _terms(shop, view if keeps_customer else None, view.order.store_id))
    return _unless_closed(shop, view, started)


@dataclass(frozen=True)
class _New:
    """How a new attempt is to be."""

    ui_mode: UIMode
    locale: str
    request_id: str
    now: dt.datetime
    challenge: bool


def _make_new(shop: Shop, view: OrderView, new: _New, terms: Terms) -> Started:
    try:
        wanted = shop.db.write(lambda session: _want(session, view, new, terms))
    except CardsClosed:
        return Started(Made.CLOSED)
    if wanted is None:
        return Started(Made.OVER)
    started = make(shop, shop.providers[view.order.store_id], wanted)
    return _without_gone_customer(shop, view, wanted, started)


def _without_gone_customer(shop: Shop, view: OrderView, attempt: Attempt, started: Started) -> Started:
    """What was refused for a customer who is gone at the provider is asked for anew at the same press."""
    if started.outcome is not Made.REFUSED or attempt.customer_id is None:
        return started
    wish = _renewed(shop, view, attempt)
    if wish is None or wish.customer_id == attempt.customer_id:
        return started
    new = _New(UIMode(attempt.ui_mode), attempt.locale, attempt.request_id, utcnow(), attempt.challenge)
    terms = shop.settings.cards[attempt.store_id].terms(wish.customer_id, save_card=wish.save_card)
    return _make_new(shop, view, new, terms)


def _renewed(shop: Shop, view: OrderView, attempt: Attempt) -> Wish | None:
    """The customer in place of one who is gone; None when that is not why it was refused."""
    gone, account_id = attempt.customer_id, view.order.account_id
    if gone is None or account_id is None:
        return None

    def email() -> str:
        return request_of(shop, attempt).email or ""

    return renewed(shop, attempt.store_id, account_id, gone, email, save_card=attempt.save_card)


def _unless_closed(shop: Shop, view: OrderView, started: Started) -> Started:
    """The last look before a shopper is led to a session."""
    if started.session is not None and _is_closed(shop, view):
        return Started(Made.CLOSED)
    return started


def _is_closed(shop: Shop, view: OrderView) -> bool:
    """Whether the order is one that waits for a card, and its store takes none."""
    return view.payment.is_card and cards_closed(shop, view.order.store_id)


def _promised(shop: Shop, view: OrderView, attempt: Attempt, told: Session) -> Started:
    """The number was given, and whoever asked for it died before it was written down: it is now."""
    provider = shop.providers[attempt.store_id]
    apply_session(
        shop.db, OrderListener(), attempt.store_id, view.payment.id, told, provider, cause="promised"
    )
    return Started(Made.OPEN, told)


def start_placed(shop: Shop, view: OrderView, contact: Contact) -> Started:
    """Make the session of an order that `confirm` has just placed, from what is at hand: nothing is read again.

    Calls the provider, when the attempt's turn was taken with the order; else it waits in line.
    """
    attempt = view.attempt
    assert attempt is not None
    if not is_claimed(attempt):
        return Started(Made.IN_LINE)
    provider = shop.providers[view.order.store_id]
    request = build_request(shop, view, attempt, contact)
    result = make_claimed(shop.db, provider, OrderListener(), attempt, request)
    started = _without_gone_customer(shop, view, attempt, _started(shop, provider, attempt, result))
    return _unless_closed(shop, view, started)


def make(shop: Shop, provider: Provider, attempt: Attempt) -> Started:
    """Make a waiting session now, if it is its turn."""
    result = make_session(
        shop.db,
        provider,
        OrderListener(),
        attempt.store_id,
        attempt.id,
        lambda claimed: request_of(shop, claimed),
    )
    return _started(shop, provider, attempt, result)


def _started(shop: Shop, provider: Provider, attempt: Attempt, result: MakeResult) -> Started:
    if result.outcome is Made.OVER:
        return _made_meanwhile(shop, provider, attempt)
    return Started(result.outcome, result.session)


def _made_meanwhile(shop: Shop, provider: Provider, attempt: Attempt) -> Started:
    """Nothing was left to make: perhaps because the worker, or another tab, has just made it."""
    with shop.db.read() as session:
        now = session.get_one(Attempt, (attempt.store_id, attempt.id))
    if now.state != AttemptState.OPEN or now.session_id is None:
        return Started(Made.OVER)
    return Started(Made.OPEN, provider.retrieve_session(now.session_id))


def _terms(shop: Shop, view: OrderView | None, store_id: str) -> Terms:
    """By the store's settings now; for whom, and whether the card is kept, as the shopper had it before.

    What was refused is asked for without the customer, or with the one in place of who is gone at the provider: that is
    no reason not to pay. Calls the provider then.
    """
    before = view.attempt if view is not None else None
    cards = shop.settings.cards[store_id]
    if view is None or before is None:
        return cards.terms()
    if before.state == AttemptState.REFUSED:
        wish = _renewed(shop, view, before) or Wish()
        return cards.terms(wish.customer_id, save_card=wish.save_card)
    return cards.terms(before.customer_id, save_card=before.save_card)


def ui_mode_of(store: Store) -> UIMode:
    """The kind of session in which the store takes cards."""
    return UI_OF_TYPE[store.payment_type]


def _want(session: DBSession, view: OrderView, new: _New, terms: Terms) -> Attempt | None:
    """Write the new attempt, unless the order ended, another tab was faster or there were too many."""
    order = session.get_one(Order, (view.order.store_id, view.order.id), with_for_update=True)
    payment = session.get_one(Payment, (order.store_id, view.payment.id), with_for_update=True)
    if not holds.prolong(order, new.now) or payment.state != PaymentState.PENDING:
        return None
    if not may_want(session, payment):
        return None
    return want_session(
        session,
        payment,
        ui_mode=new.ui_mode,
        locale=new.locale,
        request_id=new.request_id,
        now=new.now,
        challenge=new.challenge,
        deadline=deadline_of(order.store_id, Method(payment.method), new.now),
        terms=terms,
    )


def _prolong(session: DBSession, order: Order, now: dt.datetime) -> None:
    holds.prolong(session.get_one(Order, (order.store_id, order.id), with_for_update=True), now)
