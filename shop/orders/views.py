"""The page of one order: what was bought and where it is."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from shop.orders.access import the_order

orders = Blueprint("orders", __name__)


@orders.get("/orders/<token>")
def show(token: str) -> ResponseReturnValue:
    """The order. Nothing about the person stands on it, since a link can be forwarded."""
    return render_template("orders/show.html", view=the_order(token), token=token)
