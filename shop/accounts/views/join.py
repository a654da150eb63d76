"""By mail: join, and choose a new password. What is answered never says who has an account."""

from __future__ import annotations

from flask import make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import change, join, letters
from shop.accounts.current import browser, let_known
from shop.accounts.entry import Wrong
from shop.accounts.forms import EmailForm, JoinForm, ResetForm
from shop.accounts.models import Account
from shop.accounts.people import email_of
from shop.accounts.views.base import account, elsewhere, own_names, page
from shop.accounts.views.entry import come_in
from shop.context import the_shop, the_store


@account.get("/join")
def ask_to_join() -> ResponseReturnValue:
    """The address is asked for first."""
    return page("ask", form=EmailForm(formdata=None), joining=True)


@account.post("/join")
def send_join() -> ResponseReturnValue:
    """Send the mail that goes on; the answer is the same for every address."""
    form = EmailForm()
    if not form.validate_on_submit():
        return page("ask", form=form, joining=True, status=422)
    join.ask_to_join(the_shop(), the_store().id, form.text("email"), browser(), utcnow())
    return redirect(url_for("account.sent"), 303)


@account.get("/sent")
def sent() -> ResponseReturnValue:
    """Look into your mails."""
    return page("sent")


@account.get("/join/<token>")
def join_form(token: str) -> ResponseReturnValue:
    """Name and password. Looking at it uses nothing up: mail scanners follow links."""
    return _join_page(JoinForm(formdata=None), _invited_address(token), token)


@account.post("/join/<token>")
def join_now(token: str) -> ResponseReturnValue:
    """Make the account."""
    form, email = JoinForm(), _invited_address(token)
    form.names = own_names(email)
    if not form.validate_on_submit():
        return _join_page(form, email, token, status=422)
    entered = join.join(
        the_shop(), the_store().id, token, form.profile(), form.text("password"), browser(), utcnow()
    )
    return come_in(entered)


@account.get("/reset")
def ask_to_reset() -> ResponseReturnValue:
    """Whose password is it?"""
    return page("ask", form=EmailForm(formdata=None), joining=False)


@account.post("/reset")
def send_reset() -> ResponseReturnValue:
    """Send the mail that goes on; the answer is the same for every address."""
    form = EmailForm()
    if not form.validate_on_submit():
        return page("ask", form=form, joining=False, status=422)
    join.ask_to_reset(the_shop(), the_store().id, form.text("email"), browser(), utcnow())
    return redirect(url_for("account.sent"), 303)


@account.get("/reset/<token>")
def reset_form(token: str) -> ResponseReturnValue:
    """A new password; with a second factor on, a code too."""
    found = change.resettable(the_shop(), the_store().id, token, utcnow())
    return _reset_page(ResetForm(formdata=None), found, token)


@account.post("/reset/<token>")
def reset_now(token: str) -> ResponseReturnValue:
    """Set it. Nobody is signed in by a link alone."""
    form, who = ResetForm(), browser()
    found = change.resettable(the_shop(), the_store().id, token, utcnow())
    form.names = own_names(email_of(the_shop().vault, found, who.request_id))
    if not form.validate_on_submit():
        return _reset_page(form, found, token, status=422)
    try:
        device = change.reset_password(
            the_shop(), the_store().id, token, form.text("password"), form.text("code"), who, utcnow()
        )
    except Wrong:
        form.refuse("code", _("確認コードが違うか、期限が過ぎています。新しいコードを入力してください。"))
        return _reset_page(form, found, token, status=422)
    answer = elsewhere("account.sign_in", _("パスワードを変更しました。新しいパスワードでお入りください。"))
    return let_known(make_response(answer), device)


def _invited_address(token: str) -> str:
    shop, who = the_shop(), browser()
    letter = join.invited(shop, the_store().id, token, utcnow())
    return letters.address_of(shop.vault, letter, who.request_id)


def _join_page(form: JoinForm, email: str, token: str, status: int = 200) -> ResponseReturnValue:
    return page("join", form=form, email=email, token=token, status=status)


def _reset_page(form: ResetForm, found: Account, token: str, status: int = 200) -> ResponseReturnValue:
    email = email_of(the_shop().vault, found, browser().request_id)
    return page("reset", form=form, token=token, email=email, asks_code=found.totp is not None, status=status)
