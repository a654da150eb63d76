"""Where one-time links lead: the invited set their own password and factor, others the one that they lost."""

from __future__ import annotations

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from shop.context import the_shop
from shop.identity import totp
from shop.staff import factors, joining
from shop.staff.access import Door, StaffPages
from shop.staff.forms import CodeForm, NewPasswordForm, PasskeyForm, PresentPasswordForm
from shop.staff.own import BadSecret, Done
from shop.staff.pages.parts import go, sender, set_session, set_step, step_token, typed, words
from shop.staff.signing_in import NotNow, TooMany

join_pages = StaffPages("staff_join", __name__)


@join_pages.get("/join/<token>", right=Door.ANYONE)
def join(token: str) -> ResponseReturnValue:
    """The password: a first one, a new one, or the present one. Looking uses nothing up."""
    return _link_page(token)


def _link_page(
    token: str,
    form: NewPasswordForm | PresentPasswordForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    try:
        link, _member = joining.open_link(the_shop(), token)
    except BadSecret as bad:
        return render_template("staff/over.html", refusal=words(bad.why)), 410
    if form is None:
        form = PresentPasswordForm() if link.kind == "factor" else NewPasswordForm()
    page = render_template(
        "staff/join.html", form=form, kind=link.kind, token=token, refusal=refusal, switch=f"/join/{token}"
    )
    return page, status


@join_pages.post("/join/<token>", right=Door.ANYONE)
def send_join(token: str) -> ResponseReturnValue:
    """On to the second factor; after a forgotten password to the sign-in page."""
    try:
        link, _member = joining.open_link(the_shop(), token)
    except BadSecret as bad:
        return render_template("staff/over.html", refusal=words(bad.why)), 410
    form = PresentPasswordForm() if link.kind == "factor" else NewPasswordForm()
    if not form.validate():
        return _link_page(token, form, status=400)
    try:
        step = joining.use_link(the_shop(), token, typed(form.password), sender())
    except BadSecret as bad:
        return _link_page(token, form, words(bad.why), 400)
    except (TooMany, NotNow) as error:
        return _link_page(token, form, str(error.message), error.status)
    return go("/sign-in") if step is None else set_step(go("/join/factor/setup"), step)


@join_pages.get("/join/factor/setup", right=Door.ANYONE)
def join_factor() -> ResponseReturnValue:
    """The second factor: a passkey, or an app that shows codes."""
    return _factor_page()


def _factor_page(form: CodeForm | None = None, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    try:
        setup = factors.setup(the_shop(), step_token(), "join")
    except BadSecret as bad:
        return render_template("staff/over.html", refusal=words(bad.why)), 410
    page = render_template(
        "staff/join_factor.html",
        form=form or CodeForm(formdata=None),
        passkey=PasskeyForm(formdata=None),
        setup=setup,
        refusal=refusal,
        switch="/join/factor/setup",
    )
    return page, status


@join_pages.get("/join/factor/setup.svg", right=Door.ANYONE)
def join_picture() -> ResponseReturnValue:
    """The secret as a picture for the app's camera."""
    return picture_of("join")


def picture_of(kind: str) -> Response:
    """The picture of the secret that is being set up."""
    try:
        setup = factors.setup(the_shop(), step_token(), kind)
    except BadSecret:
        return make_response("", 404)
    answer = make_response(totp.picture(setup.address))
    answer.mimetype = "image/svg+xml"
    return answer


@join_pages.post("/join/factor/code", right=Door.ANYONE)
def send_join_code() -> ResponseReturnValue:
    """A code proves that the app has the secret."""
    form = CodeForm()
    if not form.validate():
        return _factor_page(form, status=400)
    try:
        done = joining.join_by_code(the_shop(), step_token(), typed(form.code), sender())
    except BadSecret as bad:
        return _factor_page(form, words(bad.why), 400)
    return show_codes(done)


@join_pages.post("/join/factor/options", right=Door.ANYONE)
def join_options() -> ResponseReturnValue:
    """What the browser is asked for a new passkey."""
    try:
        options, _token = factors.ask_passkey(the_shop(), "", step_token(), "join")
    except BadSecret as bad:
        return {"error": {"code": bad.why.value}}, 410
    answer = make_response(options)
    answer.mimetype = "application/json"
    return answer


@join_pages.post("/join/factor/passkey", right=Door.ANYONE)
def send_join_passkey() -> ResponseReturnValue:
    """The new passkey."""
    form = PasskeyForm()
    try:
        done = joining.join_by_passkey(the_shop(), step_token(), form.answer.data or "", sender())
    except BadSecret as bad:
        return _factor_page(refusal=words(bad.why), status=400)
    return show_codes(done)


def show_codes(done: Done) -> Response:
    """Recovery codes, shown this once: the answer itself, so no address leads to them again."""
    answer = make_response(render_template("staff/codes.html", codes=done.codes, switch="/security"))
    return set_session(answer, done.token)
