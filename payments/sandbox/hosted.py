"""The payment page. Registered by `app`.

It works without script: a form, and a redirect after every answer, so that going back or loading it again never
sends a card twice.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Flask, Response, abort, request

from . import confirm, lists, methods, sessions
from .card_entry import browser_error, is_email, read_choice
from .cards import TEST_CARDS
from .config import origin_of
from .context import Sandbox
from .control import account_of
from .errors import ApiError
from .fields import Json
from .operations import account_object
from .texts import reason, text
from .waiting_page import after, waiting_url
from .web import from_own_page, language_of, page, see_other


def register(app: Flask, sandbox: Sandbox) -> None:
    app.add_url_rule("/c/pay/<session_id>", "hosted.show", partial(_show, sandbox))
    app.add_url_rule("/c/pay/<session_id>", "hosted.pay", partial(_pay, sandbox), methods=["POST"])


def _find_session(sandbox: Sandbox, session_id: str) -> tuple[str, Json] | None:
    try:
        account = account_of(sandbox, session_id)
    except ApiError:
        return None
    session = sessions.current(sandbox, account, session_id)
    return (account, session) if session["ui_mode"] == "hosted_page" else None


def _show(sandbox: Sandbox, session_id: str) -> Response:
    found = _find_session(sandbox, session_id)
    if found is None:
        lang = language_of(None)
        return page(
            "notice.html",
            lang,
            status=404,
            title=text("unknown_title", lang),
            body=text("unknown_body", lang),
        )
    account, session = found
    lang = language_of(session["locale"])
    if session["status"] != "open":
        return _closed(session, lang)
    options = session["saved_payment_method_options"] or {}
    tried = _last_try(sandbox, account, session, lang) if "tried" in request.args else {}
    return page(
        "hosted.html",
        lang,
        form_action=(origin_of(after(session, "success_url")),),
        session=session,
        lines=lists.line_items(sandbox, session, {"limit": 100})["data"],
        merchant=account_object(sandbox, account)["business_profile"]["name"],
        cards=TEST_CARDS,
        saved=_saved(sandbox, account, session),
        saves=bool(session["customer"]) and options.get("payment_method_save") == "enabled",
        setup=session["mode"] == "setup",
        known_email=confirm.given_email(sandbox, account, session),
        problem=tried.get("message", ""),
        field=tried.get("field", ""),
        email=tried.get("email", ""),
    )


def _saved(sandbox: Sandbox, account: str, session: Json) -> list[Json]:
    """The customer's cards that this session may show again."""
    if not session["customer"] or session["mode"] == "setup":
        return []
    filters = (session["saved_payment_method_options"] or {}).get("allow_redisplay_filters") or ["always"]
    return methods.saved(sandbox, account, session["customer"], tuple(filters))


def _closed(session: Json, lang: str) -> Response:
    """What a shopper sees who comes to a session that is paid or has expired."""
    paid = session["status"] == "complete"
    state = "complete" if paid else "expired"
    return page(
        "notice.html",
        lang,
        title=text(f"{state}_title", lang),
        body=text(f"{state}_body", lang),
        link=after(session, "success_url") if paid else session["cancel_url"],
        label=text("continue" if paid else "back", lang),
    )


def _last_try(sandbox: Sandbox, account: str, session: Json, lang: str) -> Json:
    """Why the last attempt came to nothing. The page shows it after a redirect, so that going back or loading
    it again never sends a card twice."""
    tried: Json = sandbox.store.hidden(session["id"]).get("tried") or {}
    if tried.get("message") or not (session["payment_intent"] or session["setup_intent"]):
        return tried
    kind = "payment_intent" if session["payment_intent"] else "setup_intent"
    intent = sandbox.store.get(account, kind, session[kind])
    if intent["status"] == "requires_action":
        return {**tried, "message": text("authentication_open", lang)}
    error = intent["last_payment_error" if kind == "payment_intent" else "last_setup_error"]
    return {**tried, "message": reason(error, lang)} if error else tried


def _pay(sandbox: Sandbox, session_id: str) -> Response:
    if not from_own_page(sandbox):
        abort(403)
    found = _find_session(sandbox, session_id)
    if found is None or found[1]["status"] != "open":
        return see_other(f"{sandbox.config.browser_url}/c/pay/{session_id}")
    account, session = found
    lang = language_of(session["locale"])
    email = request.form.get("email", "").strip()
    try:
        if not is_email(email or confirm.payer_email(sandbox, account, session) or ""):
            return _try_again(sandbox, session_id, email, message=text("bad_email", lang), field="email")
        choice = read_choice(sandbox, request.form)
        if choice.type == "konbini" and not choice.name:
            return _try_again(sandbox, session_id, email, message=text("blank_field", lang), field="name")
        result = confirm.confirm(sandbox, account, session_id, replace(choice, email=email or None))
    except ApiError as error:
        return _try_again(sandbox, session_id, email, **browser_error(error.body["error"], lang)["error"])
    if result.challenge:
        _try_again(sandbox, session_id, email)
        return see_other(f"{sandbox.config.browser_url}/3ds/{result.challenge}")
    if result.error:
        return _try_again(sandbox, session_id, email, message=reason(result.error, lang))
    return see_other(waiting_url(sandbox, account, result.session) or after(result.session, "success_url"))


def _try_again(
    sandbox: Sandbox, session_id: str, email: str, *, message: str = "", field: str | None = None, **_: object
) -> Response:
    """Keeps why the attempt failed, and nothing of the card, and shows the page anew."""
    tried = {"email": email[:254], "message": message, "field": field or ""}
    sandbox.store.save_hidden(session_id, tried=tried)
    return see_other(f"{sandbox.config.browser_url}/c/pay/{session_id}?tried=1")
