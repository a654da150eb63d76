"""In, out, and prove again."""

from __future__ import annotations

from urllib.parse import quote

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from shop.context import the_shop
from shop.errors import ShopError
from shop.staff import factors, signing_in
from shop.staff.access import Door, StaffPages, safe_path, signed_in, the_member
from shop.staff.forms import CodeForm, PasskeyForm, ProveForm, SignInForm
from shop.staff.pages.parts import drop_session, go, go_to, sender, set_session, set_step, step_token, typed

sign_in_pages = StaffPages("staff_sign_in", __name__)


@sign_in_pages.get("/sign-in", right=Door.ANYONE)
def sign_in() -> ResponseReturnValue:
    """Password or passkey. Whoever came by a link from elsewhere and is signed in can go on from here."""
    leads_to = safe_path(request.args.get("next", "/"))
    return _sign_in_page(SignInForm(data={"next": leads_to}), leads_to)


def _sign_in_page(
    form: SignInForm, leads_to: str, refusal: str = "", status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "staff/sign_in.html",
        form=form,
        passkey=PasskeyForm(formdata=None, data={"next": leads_to}),
        leads_to=leads_to,
        refusal=refusal,
        is_signed_in=signed_in() is not None,
        switch="/sign-in",
    )
    return page, status


@sign_in_pages.post("/sign-in", right=Door.ANYONE)
def send_password() -> ResponseReturnValue:
    """The password alone leads to the second factor and to nothing else."""
    form = SignInForm()
    leads_to = safe_path(form.next.data or "/")
    if not form.validate():
        return _sign_in_page(form, leads_to, status=400)
    try:
        token = signing_in.try_password(the_shop(), typed(form.email), typed(form.password), sender())
    except ShopError as error:
        return _sign_in_page(form, leads_to, str(error.message), error.status)
    return set_step(go(f"/sign-in/code?next={quote(leads_to)}"), token)


@sign_in_pages.get("/sign-in/code", right=Door.ANYONE)
def code() -> ResponseReturnValue:
    """The second factor."""
    return _code_page(CodeForm(data={"next": safe_path(request.args.get("next", "/"))}))


def _code_page(form: CodeForm, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    passkey = PasskeyForm(formdata=None, data={"next": form.next.data})
    page = render_template(
        "staff/code.html", form=form, passkey=passkey, refusal=refusal, switch="/sign-in/code"
    )
    return page, status


@sign_in_pages.post("/sign-in/code", right=Door.ANYONE)
def send_code() -> ResponseReturnValue:
    """A good code opens a session."""
    form = CodeForm()
    if not form.validate():
        return _code_page(form, status=400)
    try:
        token = signing_in.try_code(the_shop(), step_token(), typed(form.code), sender())
    except ShopError as error:
        return _code_page(form, str(error.message), error.status)
    return set_session(go_to(safe_path(form.next.data or "/")), token)


@sign_in_pages.post("/passkey/options", right=Door.ANYONE)
def passkey_options() -> ResponseReturnValue:
    """What the browser's passkeys are asked, for signing in and for proving again."""
    options, token = signing_in.ask_passkey(the_shop(), sender())
    answer = make_response(options)
    answer.mimetype = "application/json"
    return set_step(answer, token)


@sign_in_pages.post("/sign-in/passkey", right=Door.ANYONE)
def send_passkey() -> ResponseReturnValue:
    """A passkey that checked its holder opens a session."""
    form = PasskeyForm()
    leads_to = safe_path(form.next.data or "/")
    try:
        token = signing_in.try_passkey(the_shop(), step_token(), form.answer.data or "", sender())
    except ShopError as error:
        fresh = SignInForm(formdata=None, data={"next": leads_to})
        return _sign_in_page(fresh, leads_to, str(error.message), error.status)
    return set_session(go_to(leads_to), token)


@sign_in_pages.get("/prove", right=Door.MEMBER)
def prove() -> ResponseReturnValue:
    """Who is signed in proves it again before something delicate."""
    return _prove_page(ProveForm(data={"next": safe_path(request.args.get("next", "/"))}))


def _prove_page(form: ProveForm, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    passkey = PasskeyForm(formdata=None, data={"next": form.next.data})
    with the_shop().db.read() as session:
        has_passkey = factors.has_passkey(session, the_member().id)
    page = render_template(
        "staff/prove.html",
        form=form,
        passkey=passkey,
        has_passkey=has_passkey,
        refusal=refusal,
        switch=f"/prove?next={quote(form.next.data or '/')}",
    )
    return page, status


@sign_in_pages.post("/prove", right=Door.MEMBER)
def send_proof() -> ResponseReturnValue:
    """Password and code."""
    form, member = ProveForm(), the_member()
    if not form.validate():
        return _prove_page(form, status=400)
    try:
        token = signing_in.prove_by_password(
            the_shop(), member.id, member.session_id, typed(form.password), typed(form.code), sender()
        )
    except ShopError as error:
        return _prove_page(form, str(error.message), error.status)
    return set_session(go_to(safe_path(form.next.data or "/")), token)


@sign_in_pages.post("/prove/passkey", right=Door.MEMBER)
def send_passkey_proof() -> ResponseReturnValue:
    """A passkey of the same member."""
    form, member = PasskeyForm(), the_member()
    leads_to = safe_path(form.next.data or "/")
    try:
        token = signing_in.prove_by_passkey(
            the_shop(), step_token(), form.answer.data or "", sender(), member.id, member.session_id
        )
    except ShopError as error:
        fresh = ProveForm(formdata=None, data={"next": leads_to})
        return _prove_page(fresh, str(error.message), error.status)
    return set_session(go_to(leads_to), token)


@sign_in_pages.get("/proved", right=Door.MEMBER)
def proved() -> ResponseReturnValue:
    """Where a tab ends that was opened for a proof alone: the form waits in another one."""
    return render_template("staff/proved.html")


@sign_in_pages.post("/sign-out", right=Door.MEMBER)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    member = the_member()
    signing_in.sign_out(the_shop(), member.id, member.session_id, sender().request_id)
    return drop_session(go("/sign-in"))
