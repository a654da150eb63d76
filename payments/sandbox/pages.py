"""The browser side: the script, the frames with the card fields, the payment page and the 3-D Secure page.

A card number comes in at two addresses only, `/elements/confirm` and `/c/pay/<id>`; both look at it once
and let it go. No page has inline script or style, sets a cookie, or shows again what was typed into a card
field.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, render_template, request

from . import confirm, lists, sessions
from .browser_session import browser_session
from .cards import TEST_CARDS, Card
from .config import origin_of
from .context import Sandbox
from .control import account_of
from .errors import ApiError
from .fields import Json
from .operations import account_object
from .texts import TEXTS, language, reason, text

STATIC = Path(__file__).parent / "static"
_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]{1,190}$")
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def register(app: Flask, sandbox: Sandbox) -> None:
    def route(path: str, view: Any, *methods: str) -> None:
        name = view.__name__.lstrip("_")
        app.add_url_rule(path, f"pages.{name}", partial(view, sandbox), methods=methods or ("GET",))

    route("/endive/stripe.js", _script)
    route("/assets/<name>", _asset)
    route("/elements/payment", _payment_frame)
    route("/elements/controller", _controller_frame)
    route("/elements/session", _elements_session, "POST")
    route("/elements/confirm", confirm_elements, "POST")
    route("/c/pay/<session_id>", _hosted)
    app.add_url_rule(
        "/c/pay/<session_id>", "pages.pay_hosted", partial(_pay_hosted, sandbox), methods=["POST"]
    )
    route("/3ds/<challenge_id>", _challenge_page)
    app.add_url_rule(
        "/3ds/<challenge_id>", "pages.answer", partial(_answer_challenge, sandbox), methods=["POST"]
    )
    route("/test-cards", _test_cards)


def _script(sandbox: Sandbox) -> Response:
    del sandbox
    response = _asset_response("stripe.js")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _asset(sandbox: Sandbox, name: str) -> Response:
    del sandbox
    return _asset_response(name)


def _asset_response(name: str) -> Response:
    if name not in _assets():
        abort(404)
    response = Response(_assets()[name], content_type=_TYPES[Path(name).suffix])
    response.headers.update({"Cache-Control": "public, max-age=60", "X-Content-Type-Options": "nosniff"})
    response.set_etag(hashlib.sha256(_assets()[name]).hexdigest()[:20])
    response.make_conditional(request)
    return response


@cache
def _assets() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in _TYPES}


def _payment_frame(sandbox: Sandbox) -> Response:
    lang = _language(request.args.get("locale"))
    ancestors = sandbox.config.shop_origins
    return page("payment_frame.html", lang, ancestors=ancestors, origins=json.dumps(ancestors))


def _controller_frame(sandbox: Sandbox) -> Response:
    ancestors = sandbox.config.shop_origins
    return page("controller_frame.html", "en", ancestors=ancestors, origins=json.dumps(ancestors))


def _elements_session(sandbox: Sandbox) -> Response:
    """The session as the script shows it to the shop's page: for whoever has client secret and public key."""
    try:
        body = _own_json(sandbox)
        account, session = _by_client_secret(sandbox, body)
        return _json({"session": browser_session(sandbox, account, session, _language(body.get("locale")))})
    except ApiError as error:
        return _json({"error": {"message": str(error)}}, error.status)


def confirm_elements(sandbox: Sandbox) -> Response:
    """Pays with what was typed into the card fields. The number comes from our own frame and goes no
    further."""
    lang = "ja"
    try:
        body = _own_json(sandbox)
        lang = _language(body.get("locale"))
        account, session = _by_client_secret(sandbox, body)
        email = str(body.get("email") or "")
        if not _EMAIL.match(email or confirm.payer_email(sandbox, account, session) or ""):
            return _json({"error": {"message": text("bad_email", lang), "field": "email"}}, 402)
        card = _card(sandbox, body)
        result = confirm.confirm(sandbox, account, session["id"], card, email or None)
    except ApiError as error:
        return _json(_browser_error(error.body["error"], lang), error.status)
    if result.challenge:
        return _json({"challenge": f"{sandbox.config.browser_url}/3ds/{result.challenge}?locale={lang}"})
    if result.error:
        return _json(_browser_error(result.error, lang), 402)
    return _json({"session": browser_session(sandbox, account, result.session, lang)})


def _card(sandbox: Sandbox, typed: Mapping[str, Any]) -> Card:
    number, expiry, cvc = (str(typed.get(name, "")) for name in ("number", "expiry", "cvc"))
    return sandbox.cards.read(number, expiry, cvc, sandbox.now())


def _browser_error(error: Json, lang: str) -> Json:
    field = {"exp_month": "expiry", "exp_year": "expiry"}.get(error.get("param", ""), error.get("param"))
    if error["type"] != "card_error":
        return {"error": {"message": text("not_open", lang)}}
    return {
        "error": {
            "message": reason(error, lang),
            "field": field,
            "code": "paymentFailed",
            "declineCode": error.get("decline_code"),
        }
    }


def _from_own_page(sandbox: Sandbox) -> bool:
    """True when the browser says that a page of ours sent this. The guard has checked the host's name."""
    own = {request.host_url.rstrip("/"), sandbox.config.browser_origin}
    return request.headers.get("Origin") in own


def _own_json(sandbox: Sandbox) -> Json:
    """The body of a call that our own frame made. Raises ApiError for any other origin."""
    if not _from_own_page(sandbox):
        raise ApiError(403, "Only the sandbox's own frames may call this.")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object.")
    return body


def _by_client_secret(sandbox: Sandbox, body: Json) -> tuple[str, Json]:
    secret, key = str(body.get("client_secret", "")), str(body.get("key", ""))
    account = sandbox.keys.publishable(key)
    if account is None:
        raise ApiError(401, "Invalid publishable key.")
    session = sessions.current(sandbox, account.id, secret.partition("_secret_")[0])
    if not session["client_secret"] or session["client_secret"] != secret:
        raise ApiError(404, "No such Checkout Session for this client secret.")
    return account.id, session


def _find_session(sandbox: Sandbox, session_id: str) -> tuple[str, Json] | None:
    try:
        account = account_of(sandbox, session_id)
    except ApiError:
        return None
    session = sessions.current(sandbox, account, session_id)
    return (account, session) if session["ui_mode"] == "hosted_page" else None


def _hosted(sandbox: Sandbox, session_id: str) -> Response:
    found = _find_session(sandbox, session_id)
    if found is None:
        lang = _language(None)
        return page(
            "notice.html",
            lang,
            status=404,
            title=text("unknown_title", lang),
            body=text("unknown_body", lang),
        )
    account, session = found
    lang = _language(session["locale"])
    if session["status"] != "open":
        return _closed(session, lang)
    tried = _last_try(sandbox, account, session, lang) if "tried" in request.args else {}
    return page(
        "hosted.html",
        lang,
        form_action=(origin_of(after(session, "success_url")),),
        session=session,
        lines=lists.line_items(sandbox, session, {"limit": 100})["data"],
        merchant=account_object(sandbox, account)["business_profile"]["name"],
        cards=TEST_CARDS,
        known_email=confirm.given_email(sandbox, account, session),
        problem=tried.get("message", ""),
        field=tried.get("field", ""),
        email=tried.get("email", ""),
    )


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
    if tried.get("message") or not session["payment_intent"]:
        return tried
    intent = sandbox.store.get(account, "payment_intent", session["payment_intent"])
    if intent["status"] == "requires_action":
        return {**tried, "message": text("authentication_open", lang)}
    error = intent["last_payment_error"]
    return {**tried, "message": reason(error, lang)} if error else tried


def _pay_hosted(sandbox: Sandbox, session_id: str) -> Response:
    if not _from_own_page(sandbox):
        abort(403)
    found = _find_session(sandbox, session_id)
    if found is None or found[1]["status"] != "open":
        return _see_other(f"{sandbox.config.browser_url}/c/pay/{session_id}")
    account, session = found
    lang = _language(session["locale"])
    email = request.form.get("email", "").strip()
    try:
        if not _EMAIL.match(email or confirm.payer_email(sandbox, account, session) or ""):
            return _try_again(sandbox, session_id, email, message=text("bad_email", lang), field="email")
        result = confirm.confirm(sandbox, account, session_id, _card(sandbox, request.form), email or None)
    except ApiError as error:
        return _try_again(sandbox, session_id, email, **_browser_error(error.body["error"], lang)["error"])
    if result.challenge:
        _try_again(sandbox, session_id, email)
        return _see_other(f"{sandbox.config.browser_url}/3ds/{result.challenge}")
    if result.error:
        return _try_again(sandbox, session_id, email, message=reason(result.error, lang))
    return _see_other(after(result.session, "success_url"))


def _try_again(
    sandbox: Sandbox, session_id: str, email: str, *, message: str = "", field: str | None = None, **_: object
) -> Response:
    """Keeps why the attempt failed, and nothing of the card, and shows the page anew."""
    tried = {"email": email[:254], "message": message, "field": field or ""}
    sandbox.store.save_hidden(session_id, tried=tried)
    return _see_other(f"{sandbox.config.browser_url}/c/pay/{session_id}?tried=1")


def after(session: Json, name: str) -> str:
    """Where the shopper goes next, with the session's id filled in."""
    return str(session[name] or "").replace("{CHECKOUT_SESSION_ID}", session["id"])


def _challenge_page(sandbox: Sandbox, challenge_id: str, *, wrong: bool = False) -> Response:
    try:
        found = confirm.challenge(sandbox, challenge_id)
    except ApiError:
        lang = _language(None)
        return page(
            "notice.html",
            lang,
            status=404,
            title=text("unknown_title", lang),
            body=text("unknown_body", lang),
        )
    session = sessions.current(sandbox, found.account, found.session)
    found = confirm.challenge(sandbox, challenge_id)
    lang = _language(request.args.get("locale") or session["locale"])
    embedded = session["ui_mode"] == "elements"
    ancestors = sandbox.config.shop_origins if embedded else ()
    if found.state != "open":
        return _challenge_over(sandbox, found.state, session, lang, ancestors)
    return page(
        "challenge.html",
        lang,
        ancestors=ancestors,
        embedded=embedded,
        origins=json.dumps(ancestors),
        session=session,
        code=found.body["code"],
        card=found.card,
        wrong=wrong,
        lang_query=lang,
        form_action=(origin_of(after(session, "success_url")),),
        merchant=account_object(sandbox, found.account)["business_profile"]["name"],
    )


def _challenge_over(
    sandbox: Sandbox, state: str, session: Json, lang: str, ancestors: tuple[str, ...]
) -> Response:
    if ancestors:
        return page(
            "challenge_over.html", lang, ancestors=ancestors, origins=json.dumps(ancestors), state=state
        )
    if session["status"] == "complete":
        return _see_other(after(session, "success_url"))
    return _see_other(f"{sandbox.config.browser_url}/c/pay/{session['id']}?tried=1")


def _answer_challenge(sandbox: Sandbox, challenge_id: str) -> Response:
    if not _from_own_page(sandbox):
        abort(403)
    answer = request.form.get("answer", "")
    if answer not in {"pass", "fail", "cancel"}:
        abort(400)
    try:
        found = confirm.answer_challenge(sandbox, challenge_id, answer, request.form.get("code", ""))
    except ApiError:
        return _challenge_page(sandbox, challenge_id)
    return _challenge_page(sandbox, challenge_id, wrong=found.state == "open")


def _test_cards(sandbox: Sandbox) -> Response:
    del sandbox
    return page("test_cards.html", _language(request.args.get("locale")), cards=TEST_CARDS)


def page(
    template: str,
    lang: str,
    *,
    status: int = 200,
    ancestors: tuple[str, ...] = (),
    form_action: tuple[str, ...] = (),
    **values: Any,
) -> Response:
    """A page with its policy: own files only, framed by nobody or by the named origins alone."""
    texts = {key: text(key, lang) for key in TEXTS}
    html = render_template(template, lang=lang, t=texts, **values)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(("'self'", *(o for o in form_action if o))),
        "frame-ancestors": " ".join(ancestors) or "'none'",
        "base-uri": "'none'",
    }
    response.headers.update(
        {
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Cache-Control": "no-store",
            # `no-referrer` would make browsers send `Origin: null` with our own forms.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }
    )
    if not ancestors:
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def _language(wanted: str | None) -> str:
    return language(wanted, request.headers.get("Accept-Language"))


def _see_other(url: str) -> Response:
    return Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def _json(body: Json, status: int = 200) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
