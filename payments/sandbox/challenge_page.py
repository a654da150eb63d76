"""The 3-D Secure page: over the shop's page in a frame, or on its own after the payment page. Registered by `app`."""

from __future__ import annotations

import json
from functools import partial
from urllib.parse import urlencode

from flask import Flask, Response, abort, request

from . import confirm, sessions
from .authentication import Challenge
from .config import origin_of
from .context import Sandbox
from .errors import ApiError
from .fields import Json
from .operations import account_object
from .texts import text
from .waiting_page import after
from .web import from_own_page, language_of, page, see_other


def register(app: Flask, sandbox: Sandbox) -> None:
    app.add_url_rule("/3ds/<challenge_id>", "challenge.show", partial(_show, sandbox))
    app.add_url_rule("/3ds/<challenge_id>", "challenge.answer", partial(_answer, sandbox), methods=["POST"])


def _show(sandbox: Sandbox, challenge_id: str, *, wrong: bool = False) -> Response:
    try:
        found = confirm.challenge(sandbox, challenge_id)
    except ApiError:
        lang = language_of(None)
        return page(
            "notice.html",
            lang,
            status=404,
            title=text("unknown_title", lang),
            body=text("unknown_body", lang),
        )
    session = sessions.of_intent(sandbox, found.account, found.intent)
    lang = language_of(request.args.get("locale") or (session or {}).get("locale"))
    # Shown over the shop's page where its script opens it: no payment page is there to come back to.
    embedded = session["ui_mode"] == "elements" if session else not found.body["return_url"]
    ancestors = sandbox.config.shop_origins if embedded else ()
    if found.state != "open":
        return _over(sandbox, found, session, lang, ancestors)
    method = sandbox.store.get(found.account, "payment_method", found.body["method"])
    back = after(session, "success_url") if session else found.body["return_url"]
    return page(
        "challenge.html",
        lang,
        ancestors=ancestors,
        embedded=embedded,
        origins=json.dumps(ancestors),
        amount=confirm.intent_of(sandbox, found).get("amount"),
        code=found.body["code"],
        card=method["card"],
        wrong=wrong,
        lang_query=lang,
        form_action=(origin_of(back),),
        merchant=account_object(sandbox, found.account)["business_profile"]["name"],
    )


def _over(
    sandbox: Sandbox, found: Challenge, session: Json | None, lang: str, ancestors: tuple[str, ...]
) -> Response:
    if ancestors:
        return page(
            "challenge_over.html", lang, ancestors=ancestors, origins=json.dumps(ancestors), state=found.state
        )
    if session is None:
        return see_other(_return_url(sandbox, found))
    if session["status"] == "complete":
        return see_other(after(session, "success_url"))
    return see_other(f"{sandbox.config.browser_url}/c/pay/{session['id']}?tried=1")


def _return_url(sandbox: Sandbox, found: Challenge) -> str:
    """The shop's page, told which intent it is about and what became of it, in Stripe's words."""
    intent = confirm.intent_of(sandbox, found)
    ended = "succeeded" if intent["status"] in {"succeeded", "requires_capture"} else "failed"
    told = {
        intent["object"]: intent["id"],
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": ended,
    }
    url = found.body["return_url"]
    return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"


def _answer(sandbox: Sandbox, challenge_id: str) -> Response:
    if not from_own_page(sandbox):
        abort(403)
    answer = request.form.get("answer", "")
    if answer not in {"pass", "fail", "cancel"}:
        abort(400)
    try:
        found = confirm.answer_challenge(sandbox, challenge_id, answer, request.form.get("code", ""))
    except ApiError:
        return _show(sandbox, challenge_id)
    return _show(sandbox, challenge_id, wrong=found.state == "open")
