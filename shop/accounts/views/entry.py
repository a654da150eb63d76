"""In and out: sign in, second factor, prove again, sign out."""

from __future__ import annotations

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.accounts import change, entry, passkeys, sessions, throttle
from shop.accounts import factor as second_factor
from shop.accounts import prove as proving
from shop.accounts.current import account_of, browser, let_in, let_out, session_token, signed_in
from shop.accounts.entry import Entered, Wrong
from shop.accounts.forms import CodeForm, PasskeyForm, ProveForm, SignInForm
from shop.accounts.sessions import Found
from shop.accounts.views.base import account, count_step, own_cart_id, page, valid_action, wanted
from shop.context import the_shop, the_store
from shop.refusing import TEXT, refusal_headers


@account.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form; who is in already goes on."""
    if account_of(request) is not None:
        return redirect(wanted() or url_for("account.home"), 303)
    return _sign_in_page(SignInForm(formdata=None, next=wanted() or ""))


@account.post("/sign-in")
def enter() -> ResponseReturnValue:
    """By password. The answer is the same for a wrong password and an address that nobody has."""
    shop, store = the_shop(), the_store()
    if wait_s := entry.known_wait_s(shop, store.id, request.form.get("email", ""), browser()):
        return TEXT, 429, refusal_headers(wait_s)
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form, status=422)
    try:
        entered = entry.sign_in(
            shop, store.id, form.text("email"), form.text("password"), browser(), utcnow()
        )
    except Wrong:
        form.refuse("password", _("メールアドレスかパスワードが違います。"))
        return _sign_in_page(form, status=422)
    if entered.needs_factor:
        _end_former()
        return let_in(make_response(redirect(url_for("account.factor", next=wanted()), 303)), entered)
    return come_in(entered)


def come_in(entered: Entered) -> Response:
    """Give the browser its new session, end the one it had, and go where the person wanted to."""
    _end_former()
    return let_in(make_response(redirect(wanted() or url_for("account.home"), 303)), entered)


def _end_former() -> None:
    """The browser forgets the session that it had; so does the table."""
    old = account_of(request)
    if old is not None:
        the_shop().db.write(lambda session: sessions.end(session, the_store().id, old.id, old.session.id))


@account.get("/sign-in/code")
def factor() -> ResponseReturnValue:
    """Ask for the second factor."""
    if _half() is None:
        return redirect(url_for("account.sign_in", next=wanted()), 303)
    return page("factor", form=CodeForm(formdata=None, next=wanted() or ""))


@account.post("/sign-in/code")
def pass_factor() -> ResponseReturnValue:
    """Take the second factor."""
    count_step(throttle.STEP)
    form = CodeForm()
    form.validate_on_submit()
    half = _half()
    if half is None:
        return redirect(url_for("account.sign_in", next=wanted()), 303)
    try:
        entered = second_factor.pass_factor(the_shop(), half, form.text("code"), browser(), utcnow())
    except Wrong:
        form.refuse("code", _("確認コードが違うか、期限が過ぎています。新しいコードを入力してください。"))
        return page("factor", form=form, status=422)
    return come_in(entered)


@account.get("/prove")
def prove() -> ResponseReturnValue:
    """Ask again who one is, before a change."""
    signed_in()
    return _prove_page(ProveForm(formdata=None, next=wanted() or ""))


@account.post("/prove")
def proved() -> ResponseReturnValue:
    """Take the password (and the code)."""
    who, form = signed_in(), ProveForm()
    if not form.validate_on_submit():
        return _prove_page(form, status=422)
    try:
        proving.prove(the_shop(), who, form.text("password"), form.text("code"), browser(), utcnow())
    except Wrong:
        text = _("パスワードか確認コードが違います。") if who.has_factor else _("パスワードが違います。")
        form.refuse("password", text)
        return _prove_page(form, status=422)
    return redirect(wanted() or url_for("account.home"), 303)


@account.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session, here and in the table. The basket stays; the address in its draft goes."""
    who, store_id, cart_id = valid_action(), the_store().id, own_cart_id()

    def work(session: Session) -> None:
        sessions.end(session, store_id, who.id, who.session.id)
        change.forget_draft(session, store_id, cart_id)

    the_shop().db.write(work)
    return let_out(make_response(redirect(url_for("catalog.home"), 303)))


def _half() -> Found | None:
    return entry.half_of(the_shop(), the_store().id, session_token(request), utcnow())


def _sign_in_page(form: SignInForm, status: int = 200) -> ResponseReturnValue:
    return page("sign_in", form=form, passkey=_passkey_form(), status=status)


def _prove_page(form: ProveForm, status: int = 200) -> ResponseReturnValue:
    with the_shop().db.read() as session:
        has_passkey = bool(passkeys.listed(session, signed_in().account))
    return page("prove", form=form, passkey=_passkey_form(), has_passkey=has_passkey, status=status)


def _passkey_form() -> PasskeyForm:
    return PasskeyForm(formdata=None, next=wanted() or "")
