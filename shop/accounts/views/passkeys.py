"""Passkeys: options for the browser, and what its answers do. They need script; everything else here does not."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import passkeys, throttle
from shop.accounts.current import browser, proved, signed_in
from shop.accounts.entry import Wrong
from shop.accounts.forms import IdForm, PasskeyForm, ProveForm, SignInForm
from shop.accounts.views.base import account, count_step, elsewhere, page, wanted
from shop.accounts.views.entry import come_in
from shop.checkout.forms import ActionForm
from shop.context import the_shop, the_store
from shop.errors import BadRequest
from shop.identity import passkeys as webauthn
from shop.identity.passkeys import TIMEOUT_MS, Asked, PasskeyRefused

_KEPT = "passkey"
_ADD, _USE = "add", "use"


@account.post("/passkey/options")
def passkey_options() -> ResponseReturnValue:
    """A challenge to sign in or to prove oneself by. No name is asked, none is told."""
    ActionForm().validate_on_submit()
    count_step(throttle.CHALLENGES)
    return _challenge(_USE, webauthn.ask_to_sign_in(passkeys.site_of(the_shop(), the_store())))


@account.post("/passkey")
def enter_by_passkey() -> ResponseReturnValue:
    """Sign in by the browser's answer."""
    count_step(throttle.BY_ADDRESS)
    form = PasskeyForm()
    try:
        challenge = _valid(form, _USE)
        entered = passkeys.sign_in(
            the_shop(), the_store(), form.text("answer"), challenge, browser(), utcnow()
        )
    except Wrong:
        return _refused("sign_in", SignInForm(formdata=None, next=wanted() or ""))
    return come_in(entered)


@account.post("/prove/passkey")
def prove_by_passkey() -> ResponseReturnValue:
    """Prove again who one is, by the browser's answer."""
    who, form = signed_in(), PasskeyForm()
    count_step(throttle.BY_ADDRESS)
    try:
        challenge = _valid(form, _USE)
        passkeys.prove(the_shop(), the_store(), who, form.text("answer"), challenge, browser(), utcnow())
    except Wrong:
        return _refused("prove", ProveForm(formdata=None, next=wanted() or ""))
    return redirect(wanted() or url_for("account.home"), 303)


@account.post("/passkeys/options")
def new_passkey_options() -> ResponseReturnValue:
    """A challenge for a new passkey of this account."""
    who = proved(url_for("account.security"))
    ActionForm().validate_on_submit()
    return _challenge(_ADD, passkeys.ask_to_add(the_shop(), the_store(), who, browser()))


@account.post("/passkeys")
def add_passkey() -> ResponseReturnValue:
    """Keep the new passkey."""
    who, form = proved(url_for("account.security")), PasskeyForm()
    try:
        challenge = _valid(form, _ADD)
        passkeys.add(the_shop(), the_store(), who, form.text("answer"), challenge, browser(), utcnow())
    except (Wrong, PasskeyRefused):
        raise BadRequest from None
    except passkeys.TooMany:
        return elsewhere(
            "account.security", _("パスキーは%(n)d件まで登録できます。", n=passkeys.PASSKEYS_MOST)
        )
    return elsewhere("account.security", _("パスキーを登録しました。"))


@account.post("/passkeys/remove")
def remove_passkey() -> ResponseReturnValue:
    """Take one away."""
    who, form = proved(url_for("account.security")), IdForm()
    form.validate_on_submit()
    passkeys.remove(the_shop(), who, form.text("id"), browser(), utcnow())
    return elsewhere("account.security", _("パスキーを削除しました。"))


def _challenge(use: str, asked: Asked) -> Response:
    """The options; their challenge waits in the form's signed cookie, for this browser and this use alone."""
    session[_KEPT] = [use, asked.challenge.hex(), int(time.time())]
    return Response(asked.options, mimetype="application/json")


def _valid(form: PasskeyForm, use: str) -> bytes:
    """The challenge that this answer is to. Raises Wrong. That it counts once is seen to where it is used."""
    kept: Any = session.pop(_KEPT, None)
    if not form.validate_on_submit() or kept is None or kept[0] != use:
        raise Wrong
    if time.time() - kept[2] > TIMEOUT_MS / 1000:
        raise Wrong
    return bytes.fromhex(kept[1])


def _refused(template: str, form: SignInForm | ProveForm) -> ResponseReturnValue:
    form.refuse("password", _("パスキーを確認できませんでした。もう一度試すか、パスワードをお使いください。"))
    # Whoever sends a passkey's answer has one, or says so: they may try again.
    passkey = PasskeyForm(formdata=None, next=wanted() or "")
    return page(template, form=form, passkey=passkey, has_passkey=True, status=422)
