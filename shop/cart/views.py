"""The basket's pages. Adding comes from a cacheable page, so it carries no token; everything else does."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.cards.closed import cards_closed
from shop.cart import change
from shop.cart.cart import CartView, cookie_name, current_cart_token, find_cart, load_cart
from shop.cart.errors import CartError
from shop.cart.models import CartLine
from shop.context import the_locale, the_shop, the_store
from shop.csrf import csrf
from shop.delivery.policy import policy_of

cart = Blueprint("cart", __name__)

KEPT_S = 30 * 24 * 3600


@cart.get("/cart")
def show() -> ResponseReturnValue:
    """What is in the basket, as it is now."""
    view = _load()
    added = request.args.get("added")
    just = next((line for line in view.lines if line.sku == added), None) if view else None
    return _page(view, added=just.name if just else "")


@cart.get("/cart/add")
@cart.get("/cart/update")
def show_instead() -> ResponseReturnValue:
    """Whoever changes the language of, or comes back to, the answer to one of the forms below."""
    return redirect(f"{request.script_root}/cart", code=303)


@cart.post("/cart/add")
def add() -> ResponseReturnValue:
    """Put something in. By script the answer is JSON, else the way leads to the basket."""
    shop, store_id, locale = the_shop(), the_store().id, the_locale()
    sku = request.form.get("sku", "")[:80].replace("\0", "")
    token = _token_of_basket()
    try:
        quantity = change.parse_quantity(request.form.get("quantity", "1"), least=1)
        shop.db.write(lambda session: change.add(session, store_id, token, sku, quantity, locale=locale))
    except CartError as error:
        return _refused(error)
    if _wants_json():
        answer = _added(token)
    else:
        answer = make_response(redirect(f"{request.script_root}/cart?added={sku}", code=303))
    _set_cookie(answer, token)
    return answer


# The product page is cacheable, so it has no token; web.py has checked that our own page posts.
csrf.exempt(add)


@cart.post("/cart/update")
def update() -> ResponseReturnValue:
    """Change the quantity of one line, or take it out (quantity 0, or the button `remove`)."""
    token = current_cart_token(request)
    sku = request.form.get("sku", "")[:80].replace("\0", "")
    locale = the_locale()
    try:
        if "remove" in request.form:
            quantity = 0
        else:
            quantity = change.parse_quantity(request.form.get("quantity", ""), least=0)
        if token:
            store_id = the_store().id
            the_shop().db.write(
                lambda session: change.set_quantity(session, store_id, token, sku, quantity, locale=locale)
            )
    except CartError as error:
        return _refused(error)
    return redirect(f"{request.script_root}/cart", code=303)


@cart.get("/cart/count.json")
def count() -> ResponseReturnValue:
    """How many pieces the basket holds, for the head of cacheable pages."""
    token = current_cart_token(request)
    with the_shop().db.read() as session:
        return {"count": _count(session, token)}


def _load() -> CartView | None:
    with the_shop().db.read() as session:
        return load_cart(session, the_store().id, current_cart_token(request), the_locale())


def _page(
    view: CartView | None, *, status: int = 200, refusal: str = "", added: str = ""
) -> ResponseReturnValue:
    page = render_template(
        "cart/cart.html",
        cart=view,
        refusal=refusal,
        added=added,
        policy=policy_of(the_store().id),
        cards_closed=cards_closed(the_shop(), the_store().id),
        switch="/cart",
    )
    return page, status


def _refused(error: CartError) -> ResponseReturnValue:
    if _wants_json():
        raise error
    return _page(_load(), status=error.status, refusal=str(error.message))


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _token_of_basket() -> str:
    """The browser's token if it opens a basket here, else a new one: nobody can choose their token."""
    token = current_cart_token(request)
    if token:
        with the_shop().db.read() as session:
            if find_cart(session, the_store().id, token):
                return token
    return secrets.token_urlsafe(32)


def _count(session: Session, token: str | None) -> int:
    cart_id = find_cart(session, the_store().id, token) if token else None
    if cart_id is None:
        return 0
    return (
        session.scalar(
            select(func.coalesce(func.sum(CartLine.quantity), 0)).where(
                CartLine.store_id == the_store().id, CartLine.cart_id == cart_id
            )
        )
        or 0
    )


def _added(token: str) -> Response:
    with the_shop().db.read() as session:
        pieces = _count(session, token)
    link = {"url": f"{request.script_root}/cart", "text": _("カートを見る")}
    return make_response({"count": pieces, "message": _("カートに入れました"), "link": link})


def _set_cookie(answer: Response, token: str) -> None:
    https = the_shop().settings.https
    answer.set_cookie(
        cookie_name(https=https),
        token,
        max_age=KEPT_S,
        path="/",
        secure=https,
        httponly=True,
        samesite="Lax",
    )
