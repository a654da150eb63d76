"""The pages on which a mail address is proved: look into your mails, and what the link in the mail leads to."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from payments.columns import utcnow
from shop.accounts import letters
from shop.accounts.letters import LinkOver
from shop.card_testing.gate import TooManyTries
from shop.card_testing.rules import LETTER
from shop.checkout import mail_first
from shop.checkout.forms import ActionForm
from shop.context import the_shop, the_store

mail_proof = Blueprint("mail_proof", __name__, url_prefix="/checkout/mail")


@mail_proof.get("")
def sent() -> ResponseReturnValue:
    """Where the shopper waits: it leads on to the final page, whose button goes on as soon as the address is proved."""
    return render_template("checkout/mail_sent.html")


@mail_proof.get("/<token>")
def link(token: str) -> ResponseReturnValue:
    """The link of the letter. Looking at it proves nothing: mail scanners follow links."""
    try:
        letters.living(the_shop(), the_store().id, token, LETTER, utcnow())
    except LinkOver:
        return _page(state="over", status=404)
    return _page(state="open", token=token)


@mail_proof.post("/<token>")
def prove(token: str) -> ResponseReturnValue:
    """The button: the address is proved."""
    try:
        mail_first.take(the_shop(), the_store().id, token, g.request_id, utcnow())
    except LinkOver:
        return _page(state="over", status=404)
    except TooManyTries as refused:
        return _page(state="refused", refused=refused, status=429)
    return redirect(url_for(".proved"), 303)


@mail_proof.get("/proved")
def proved() -> ResponseReturnValue:
    """Done; the order goes on in this browser or in the one that it was begun in."""
    return _page(state="proved")


def _page(
    *, state: str, token: str = "", refused: TooManyTries | None = None, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "checkout/mail_link.html", state=state, token=token, refused=refused, form=ActionForm()
    )
    return page, status
