"""The page of one order: what was bought and where it is; and calling an order off that waits for its money."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts.current import account_of
from shop.context import the_locale, the_shop
from shop.forms import Form
from shop.methods.steps import steps
from shop.orders.access import the_order
from shop.orders.afterwards import afterwards
from shop.orders.listener import OrderListener
from shop.orders.queries import OrderView
from shop.orders.release import CALLED_OFF, release
from shop.orders.states import OrderState

orders = Blueprint("orders", __name__)


class CallOffForm(Form):
    """The button that calls an order off: nothing but the token."""


@orders.get("/orders/<token>")
def show(token: str) -> ResponseReturnValue:
    """The order. Nothing about the person stands on it, since a link can be forwarded."""
    view, who = the_order(token), account_of(request)
    mine = who is not None and view.order.account_id == who.id
    how = steps(view.promise, the_locale()) if view.promise is not None else []
    with the_shop().db.read() as session:
        after = afterwards(session, view, the_locale())
    return render_template(
        "orders/show.html", view=view, token=token, who=who, mine=mine, steps=how, after=after
    )


@orders.get("/orders/<token>/cancel")
def ask_to_cancel(token: str) -> ResponseReturnValue:
    """Says what calling the order off means, and asks once more."""
    view = the_order(token)
    return _cancel_page(view, token) if view.order.state == OrderState.WAITING else _to_order(token)


@orders.post("/orders/<token>/cancel")
def cancel(token: str) -> ResponseReturnValue:
    """Call it off: first its number or account at the provider, then the order. Money that was faster wins."""
    view = the_order(token)
    if view.order.state == OrderState.WAITING:
        _call_off(view)
        view = the_order(token)
    if view.order.state == OrderState.WAITING:
        return _cancel_page(view, token, unreachable=True), 503
    if view.order.state != OrderState.CANCELED:
        flash(_("ご入金が先に確認されたため、ご注文は取り消されていません。"), "warn")
    return _to_order(token)


def _call_off(view: OrderView) -> None:
    shop, order = the_shop(), view.order
    provider = shop.providers[order.store_id]
    release(shop.db, provider, OrderListener(), order.store_id, order.id, utcnow(), ending=CALLED_OFF)


def _cancel_page(view: OrderView, token: str, *, unreachable: bool = False) -> str:
    form = CallOffForm(formdata=None)
    return render_template("orders/cancel.html", view=view, token=token, form=form, unreachable=unreachable)


def _to_order(token: str) -> ResponseReturnValue:
    return redirect(url_for(".show", token=token), 303)
