"""The second factor: on, off, recovery codes."""

from __future__ import annotations

from flask import Response, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import factor, people
from shop.accounts.current import SignedIn, browser, proved
from shop.accounts.entry import Wrong
from shop.accounts.forms import CodeForm
from shop.accounts.views.base import account, elsewhere, page
from shop.checkout.forms import ActionForm
from shop.context import the_shop, the_store
from shop.errors import NotFound
from shop.identity import totp


@account.post("/factor/start")
def start_factor() -> ResponseReturnValue:
    """Draw a secret."""
    who = proved(url_for("account.security"))
    ActionForm().validate_on_submit()
    factor.start(the_shop(), who)
    return redirect(url_for("account.set_up_factor"), 303)


@account.get("/factor")
def set_up_factor() -> ResponseReturnValue:
    """The secret as a picture and as text; it counts once a code of it comes back."""
    return _set_up_page(proved(), CodeForm(formdata=None))


@account.get("/factor.svg")
def factor_picture() -> ResponseReturnValue:
    """The secret as a QR code."""
    who = proved()
    secret = factor.drawn_secret(the_shop(), who, g.request_id)
    if secret is None:
        raise NotFound
    return Response(totp.picture(_address(who, secret)), mimetype="image/svg+xml")


@account.post("/factor")
def turn_on_factor() -> ResponseReturnValue:
    """Turn it on. The recovery codes are shown on this answer, and never again."""
    who, form = proved(url_for("account.security")), CodeForm()
    form.validate_on_submit()
    try:
        codes = factor.turn_on(the_shop(), who, form.text("code"), browser(), utcnow())
    except Wrong:
        form.refuse("code", _("確認コードが違うか、期限が過ぎています。新しいコードを入力してください。"))
        return _set_up_page(who, form, status=422)
    return page("codes", codes=codes)


@account.post("/factor/off")
def turn_off_factor() -> ResponseReturnValue:
    """Turn it off."""
    who = proved(url_for("account.security"))
    ActionForm().validate_on_submit()
    factor.turn_off(the_shop(), who, browser(), utcnow())
    return elsewhere("account.security", _("2段階認証を無効にしました。"))


@account.post("/factor/codes")
def new_codes() -> ResponseReturnValue:
    """Fresh recovery codes; the old ones end."""
    who = proved(url_for("account.security"))
    ActionForm().validate_on_submit()
    if not who.has_factor:
        raise NotFound
    return page("codes", codes=factor.new_codes(the_shop(), who, browser(), utcnow()))


def _set_up_page(who: SignedIn, form: CodeForm, status: int = 200) -> ResponseReturnValue:
    secret = factor.drawn_secret(the_shop(), who, g.request_id)
    if secret is None:
        return redirect(url_for("account.security"), 303)
    return page("set_up_factor", form=form, secret=secret, link=_address(who, secret), status=status)


def _address(who: SignedIn, secret: str) -> str:
    email = people.email_of(the_shop().vault, who.account, g.request_id)
    return totp.address(secret, account=email, issuer=the_store().name)
