"""Order history, and how a guest's order becomes a customer's."""

from __future__ import annotations

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.accounts import claim, join, letters, throttle
from shop.accounts.current import account_of, browser, signed_in
from shop.accounts.letters import LinkOver
from shop.accounts.views.base import account, elsewhere, page, valid_action
from shop.address.contact import Contact
from shop.checkout.forms import ActionForm
from shop.context import the_locale, the_shop, the_store
from shop.errors import NotFound
from shop.orders.access import the_order
from shop.orders.afterwards import afterwards
from shop.orders.links import order_token
from shop.orders.models import Order
from shop.orders.queries import order_view
from shop.orders.states import OrderState
from shop.vault import Place, Purpose

_NOT_YET = (OrderState.PLACED, OrderState.EXPIRED)


@account.get("/orders")
def orders() -> ResponseReturnValue:
    """The account's orders, the newest first."""
    who = signed_in()
    with the_shop().db.read() as session:
        found = claim.history(session, who.account, request.args.get("after", ""))
    return page("orders", history=found)


@account.get("/orders/<id>")
def order(id: str) -> ResponseReturnValue:  # noqa: A002  (the route's name for it)
    """One of the person's own orders, with the address that it went to."""
    who, shop = signed_in(), the_shop()
    with shop.db.read() as session:
        order_id = claim.own_order_id(session, who.account, id)
        view = order_view(session, who.account.store_id, order_id) if order_id else None
        if view is None:
            raise NotFound
        after = afterwards(session, view, the_locale())
    token = order_token(shop.settings.keys, view.order.store_id, view.order.id)
    contact = _contact(view.order, Purpose.OWN_ACCOUNT)
    return page("order", view=view, contact=contact, token=token, after=after)


@account.post("/claim/<token>")
def claim_order(token: str) -> ResponseReturnValue:
    """Who holds an order's link wants it in an account. It becomes theirs when its mail address is proved theirs too:
    at once where that is the account's own, else by a mail to the order's address."""
    found = the_order(token).order
    ActionForm().validate_on_submit()
    if found.state in _NOT_YET:
        raise NotFound
    who = account_of(request)
    if who is not None and _take(found):
        return elsewhere("orders.show", _("マイページのご注文に追加しました。"), token=token)
    if found.account_id is None:
        _send(found)
    return elsewhere("account.sent")


@account.get("/claimed/<token>")
def claim_link(token: str) -> ResponseReturnValue:
    """The link that came to the order's address: one button, for who is signed in to the account that asked."""
    _order_of_letter(token)
    return page("claim", token=token)


@account.post("/claimed/<token>")
def claim_by_link(token: str) -> ResponseReturnValue:
    """Take the order."""
    order_id = _order_of_letter(token)
    who = valid_action()
    shop, store_id, now = the_shop(), the_store().id, utcnow()

    def work(session: Session) -> bool:
        letter = letters.open_letter(
            session, shop.settings.keys, store_id, token, letters.CLAIM, now, lock=True
        )
        if letter is None:
            return False
        letter.used_at = now
        return claim.take_by_letter(session, who.account, order_id, letter.email_hash)

    if not shop.db.write(work):
        raise LinkOver
    return elsewhere("account.orders", _("マイページのご注文に追加しました。"))


def _take(found: Order) -> bool:
    who = signed_in()
    return the_shop().db.write(lambda session: claim.take(session, who.account, found.id))


def _send(found: Order) -> None:
    """A mail to the order's own address: to join with it, or to claim it for the account that is signed in."""
    shop, who, now = the_shop(), account_of(request), utcnow()
    email = _contact(found, Purpose.CLAIM_ORDER).email
    if who is None:
        join.ask_to_join(shop, found.store_id, email, browser(), now, order_id=found.id)
        return
    throttle.hit(shop.limits, (throttle.LETTERS_FROM, browser().address))
    if not shop.limits.hit((throttle.LETTERS_TO, f"{found.store_id} {found.email_hash}")).allowed:
        return
    shop.db.write(
        lambda session: letters.write(
            session,
            shop.vault,
            found.store_id,
            letters.CLAIM,
            to=email,
            to_hash=found.email_hash,
            locale=browser().locale,
            now=now,
            account_id=who.id,
            order_id=found.id,
        )
    )


def _order_of_letter(token: str) -> str:
    letter = letters.living(the_shop(), the_store().id, token, letters.CLAIM, utcnow())
    if letter.account_id != signed_in().id or letter.order_id is None:
        raise LinkOver
    return letter.order_id


def _contact(found: Order, purpose: Purpose) -> Contact:
    place = Place(found.store_id, "order", "contact", found.id)
    text = the_shop().vault.open_personal(place, found.contact, purpose=purpose, request_id=g.request_id)
    return Contact.from_json(text)
