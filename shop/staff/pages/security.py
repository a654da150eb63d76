"""One's own access: password, factors, recovery codes, sessions."""

from __future__ import annotations

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.context import the_shop
from shop.staff import factors, passwords, sessions
from shop.staff.access import Door, StaffPages, the_member
from shop.staff.forms import ActionForm, ChangePasswordForm, CodeForm, PasskeyForm
from shop.staff.own import BadSecret
from shop.staff.pages.join import picture_of, show_codes
from shop.staff.pages.parts import go, own, sender, set_session, set_step, step_token, typed, words
from shop.staff.people import record
from shop.staff.signing_in import NotNow, TooMany

security_pages = StaffPages("staff_security", __name__)


@security_pages.get("/security", right=Door.MEMBER)
def security() -> ResponseReturnValue:
    """What opens this account, and where it is open."""
    return _page()


def _page(refusal: str = "", status: int = 200) -> ResponseReturnValue:
    member = the_member()
    with the_shop().db.read() as session:
        mine = factors.factors_of(session, member.id)
        open_ones = sessions.of_member(session, member.id, utcnow())
    page = render_template(
        "staff/security.html",
        factors=mine,
        sessions=open_ones,
        this_session=member.session_id,
        action=ActionForm(formdata=None),
        refusal=refusal,
        switch="/security",
    )
    return page, status


@security_pages.get("/security/password", right=Door.MEMBER, fresh=True)
def password() -> ResponseReturnValue:
    """A new password."""
    return _password_page(ChangePasswordForm())


def _password_page(form: ChangePasswordForm, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    page = render_template("staff/password.html", form=form, refusal=refusal, switch="/security/password")
    return page, status


@security_pages.post("/security/password", right=Door.MEMBER, fresh=True)
def send_new_password() -> ResponseReturnValue:
    """The present one, then the new one."""
    form = ChangePasswordForm()
    if not form.validate():
        return _password_page(form, status=400)
    try:
        done = passwords.change_password(the_shop(), own(), typed(form.present), typed(form.password))
    except BadSecret as bad:
        return _password_page(form, words(bad.why), 400)
    except (TooMany, NotNow) as error:
        return _password_page(form, str(error.message), error.status)
    return set_session(go("/security"), done.token)


@security_pages.get("/security/passkeys/new", right=Door.MEMBER, fresh=True)
def add_passkey() -> ResponseReturnValue:
    """One more passkey."""
    return _passkey_page()


def _passkey_page(refusal: str = "", status: int = 200) -> ResponseReturnValue:
    form = PasskeyForm(formdata=None)
    page = render_template("staff/passkey.html", form=form, refusal=refusal, switch="/security/passkeys/new")
    return page, status


@security_pages.post("/security/passkeys/options", right=Door.MEMBER, fresh=True)
def add_options() -> ResponseReturnValue:
    """What the browser is asked for a new passkey."""
    try:
        options, token = factors.ask_passkey(the_shop(), the_member().id, None, "add")
    except BadSecret as bad:
        return {"error": {"code": bad.why.value}}, 400
    answer = make_response(options)
    answer.mimetype = "application/json"
    return set_step(answer, token or "")


@security_pages.post("/security/passkeys", right=Door.MEMBER, fresh=True)
def send_new_passkey() -> ResponseReturnValue:
    """The new passkey."""
    form = PasskeyForm()
    try:
        done = factors.add_passkey(the_shop(), own(), step_token(), form.answer.data or "")
    except BadSecret as bad:
        return _passkey_page(words(bad.why), 400)
    return set_session(go("/security"), done.token)


@security_pages.post("/security/passkeys/<passkey_id>/remove", right=Door.MEMBER, fresh=True)
def remove_passkey(passkey_id: str) -> ResponseReturnValue:
    """Without one of them."""
    try:
        done = factors.remove_passkey(the_shop(), own(), passkey_id[:40].replace("\0", ""))
    except BadSecret as bad:
        return _page(words(bad.why), 400)
    return set_session(go("/security"), done.token)


@security_pages.post("/security/totp/begin", right=Door.MEMBER, fresh=True)
def begin_totp() -> ResponseReturnValue:
    """Make a new secret for an app."""
    return set_step(go("/security/totp"), factors.begin_totp(the_shop(), the_member().id))


@security_pages.get("/security/totp", right=Door.MEMBER, fresh=True)
def totp_setup() -> ResponseReturnValue:
    """Show it, and ask for a code of it."""
    return _totp_page(CodeForm(formdata=None))


def _totp_page(form: CodeForm, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    try:
        setup = factors.setup(the_shop(), step_token(), "totp")
    except BadSecret as bad:
        return _page(words(bad.why), 410)
    page = render_template(
        "staff/totp.html", form=form, setup=setup, refusal=refusal, switch="/security/totp"
    )
    return page, status


@security_pages.get("/security/totp.svg", right=Door.MEMBER, fresh=True)
def totp_picture() -> Response:
    """The secret as a picture for the app's camera."""
    return picture_of("totp")


@security_pages.post("/security/totp", right=Door.MEMBER, fresh=True)
def send_totp() -> ResponseReturnValue:
    """A code proves that the app has the secret."""
    form = CodeForm()
    if not form.validate():
        return _totp_page(form, status=400)
    try:
        done = factors.set_totp(the_shop(), own(), step_token(), typed(form.code))
    except BadSecret as bad:
        return _totp_page(form, words(bad.why), 400)
    return set_session(go("/security"), done.token)


@security_pages.post("/security/totp/remove", right=Door.MEMBER, fresh=True)
def remove_totp() -> ResponseReturnValue:
    """Without codes by an app."""
    try:
        done = factors.remove_totp(the_shop(), own())
    except BadSecret as bad:
        return _page(words(bad.why), 400)
    return set_session(go("/security"), done.token)


@security_pages.post("/security/codes", right=Door.MEMBER, fresh=True)
def new_codes() -> ResponseReturnValue:
    """Ten new recovery codes, shown this once."""
    return show_codes(factors.new_recovery_codes(the_shop(), own()))


@security_pages.post("/security/sessions/<session_id>/end", right=Door.MEMBER)
def end_session(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    member, wanted = the_member(), session_id[:40].replace("\0", "")

    def work(session: Session) -> None:
        if sessions.end(session, member.id, wanted):
            request_id = sender().request_id
            record(session, the_shop(), member.actor, "session_end", member.id, request_id=request_id)

    the_shop().db.write(work)
    return go("/security")


@security_pages.post("/security/sessions/end-others", right=Door.MEMBER)
def end_others() -> ResponseReturnValue:
    """End all but this one."""
    member = the_member()

    def work(session: Session) -> None:
        sessions.end_all(session, member.id, but=member.session_id)
        request_id = sender().request_id
        record(session, the_shop(), member.actor, "session_end", member.id, request_id=request_id)

    the_shop().db.write(work)
    return go("/security")
