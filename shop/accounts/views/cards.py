"""Cards that the provider keeps for the person: shown as it tells them, preferred, taken away."""

from __future__ import annotations

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from payments.provider import NotThere, PaymentError
from shop.accounts import trail
from shop.accounts.current import SignedIn, signed_in
from shop.accounts.views.base import account, elsewhere, page, valid_action
from shop.context import the_shop, the_store
from shop.errors import NotFound
from shop.wallet import service as wallet

_LONGEST_ID = 80


@account.get("/cards")
def cards() -> ResponseReturnValue:
    """All of them. Calls the provider."""
    who = signed_in()
    try:
        kept = wallet.kept_cards(the_shop(), the_store().id, who.id)
    except PaymentError:
        return page("cards", kept=[], unreachable=True, status=503)
    return page("cards", kept=kept, unreachable=False)


@account.post("/cards/remove")
def remove_card() -> ResponseReturnValue:
    """Take one away, for good."""
    who = valid_action()
    try:
        wallet.forget_card(the_shop(), the_store().id, who.id, _card_id())
    except NotThere:
        raise NotFound from None
    except PaymentError:
        return page("cards", kept=[], unreachable=True, status=503)
    _record(who, "account.card_removed")
    return elsewhere("account.cards", _("カードを削除しました。"))


@account.post("/cards/default")
def default_card() -> ResponseReturnValue:
    """Let one come first."""
    who = valid_action()
    try:
        wallet.prefer_card(the_shop(), the_store().id, who.id, _card_id())
    except NotThere:
        raise NotFound from None
    except PaymentError:
        return page("cards", kept=[], unreachable=True, status=503)
    _record(who, "account.card_preferred")
    return elsewhere("account.cards", _("いつものカードを変更しました。"))


def _card_id() -> str:
    """The provider's id of a card: letters, digits and underscores, or nothing."""
    told = request.form.get("id", "")
    if not (told.isascii() and told.replace("_", "").isalnum() and len(told) <= _LONGEST_ID):
        raise NotFound
    return told


def _record(who: SignedIn, action: str) -> None:
    def work(session: Session) -> None:
        trail.record(
            the_shop(),
            session,
            who.account.store_id,
            who.id,
            action,
            fields=["card"],
            request_id=g.request_id,
        )

    the_shop().db.write(work)
