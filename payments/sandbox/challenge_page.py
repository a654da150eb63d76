"""The 3-D Secure page: over the shop's page in a frame, or on its own after the payment page. Registered by `app`."""

from __future__ import annotations

import json
from functools import partial

from flask import Flask, Response, abort, request

from . import confirm, sessions
from .config import origin_of
from .context import Sandbox
from .errors import ApiError
from .fields import Json
from .hosted import after
from .operations import account_object
from .texts import text
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
    session = sessions.current(sandbox, found.account, found.session)
    found = confirm.challenge(sandbox, challenge_id)
    lang = language_of(request.args.get("locale") or session["locale"])
    embedded = session["ui_mode"] == "elements"
    ancestors = sandbox.config.shop_origins if embedded else ()
    if found.state != "open":
        return _over(sandbox, found.state, session, lang, ancestors)
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


def _over(sandbox: Sandbox, state: str, session: Json, lang: str, ancestors: tuple[str, ...]) -> Response:
    if ancestors:
        return page(
            "challenge_over.html", lang, ancestors=ancestors, origins=json.dumps(ancestors), state=state
        )
    if session["status"] == "complete":
        return see_other(after(session, "success_url"))
    return see_other(f"{sandbox.config.browser_url}/c/pay/{session['id']}?tried=1")


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
