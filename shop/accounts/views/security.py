"""Password, mail address, sessions: all that guards the account, on one page."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import change, factor, letters, passkeys, people, sessions
from shop.accounts.current import browser, is_own_session, proved, signed_in
from shop.accounts.forms import EmailForm, IdForm, NewPasswordForm, PasskeyForm
from shop.accounts.letters import LinkOver
from shop.accounts.views.base import account, elsewhere, own_names, page, valid_action
from shop.context import the_shop, the_store


@account.get("/security")
def security() -> ResponseReturnValue:
    """What guards the account, and where it is open."""
    who, shop, now = signed_in(), the_shop(), utcnow()
    with shop.db.read() as session:
        kept = sessions.listed(session, who.account, now)
        keys = passkeys.listed(session, who.account)
        codes = factor.codes_left(session, who.account)
    return page(
        "security",
        email=people.email_of(shop.vault, who.account, g.request_id),
        sessions=[(one, is_own_session(one)) for one in kept],
        passkeys=keys,
        codes=codes,
        passkey=PasskeyForm(formdata=None),
        is_proved=who.is_proved(now),
    )


@account.get("/password")
def password() -> ResponseReturnValue:
    """A new password."""
    proved()
    return _password_page(NewPasswordForm(formdata=None))


@account.post("/password")
def keep_password() -> ResponseReturnValue:
    """Set it; every other session ends."""
    who, form, shop = proved(url_for("account.password")), NewPasswordForm(), the_shop()
    form.names = own_names(people.email_of(shop.vault, who.account, g.request_id))
    if not form.validate_on_submit():
        return _password_page(form, status=422)
    change.change_password(shop, who, form.text("password"), browser(), utcnow())
    return elsewhere("account.security", _("パスワードを変更し、ほかの端末からサインアウトしました。"))


@account.get("/email")
def email() -> ResponseReturnValue:
    """Another mail address."""
    proved()
    return page("email", form=EmailForm(formdata=None))


@account.post("/email")
def send_email() -> ResponseReturnValue:
    """Send a link there; nothing changes before it is opened."""
    who, form = proved(url_for("account.email")), EmailForm()
    if not form.validate_on_submit():
        return page("email", form=form, status=422)
    change.ask_to_change_email(the_shop(), who, form.text("email"), browser(), utcnow())
    return redirect(url_for("account.sent"), 303)


@account.get("/email/<token>")
def email_link(token: str) -> ResponseReturnValue:
    """The link that came to the new address: one button, for who is signed in to this account."""
    letter = letters.living(the_shop(), the_store().id, token, letters.EMAIL, utcnow())
    if letter.account_id != signed_in().id:
        raise LinkOver
    new = letters.address_of(the_shop().vault, letter, g.request_id)
    return page("email_confirm", new=new, token=token)


@account.post("/email/<token>")
def keep_email(token: str) -> ResponseReturnValue:
    """Take the new address."""
    letters.living(the_shop(), the_store().id, token, letters.EMAIL, utcnow())
    who = valid_action()
    change.change_email(the_shop(), who, token, browser(), utcnow())
    return elsewhere("account.security", _("メールアドレスを変更しました。"))


@account.post("/sessions/end")
def end_session() -> ResponseReturnValue:
    """End one session by its id, or all others."""
    who, form = signed_in(), IdForm()
    form.validate_on_submit()
    if "others" in request.form:
        change.end_other_sessions(the_shop(), who, browser())
    else:
        change.end_session(the_shop(), who, form.text("id"), browser())
    return elsewhere("account.security", _("サインアウトしました。"))


def _password_page(form: NewPasswordForm, status: int = 200) -> ResponseReturnValue:
    who = signed_in()
    return page(
        "password",
        form=form,
        email=people.email_of(the_shop().vault, who.account, g.request_id),
        status=status,
    )
