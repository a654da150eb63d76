"""The page of one order: what was bought and where it is."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.current import account_of
from shop.context import the_locale
from shop.methods.steps import steps
from shop.orders.access import the_order

orders = Blueprint("orders", __name__)


@orders.get("/orders/<token>")
def show(token: str) -> ResponseReturnValue:
    """The order. Nothing about the person stands on it, since a link can be forwarded."""
    view, who = the_order(token), account_of(request)
    mine = who is not None and view.order.account_id == who.id
    how = steps(view.promise, the_locale()) if view.promise is not None else []
    return render_template("orders/show.html", view=view, token=token, who=who, mine=mine, steps=how)
