"""The card fields in frames of the shop's page, and what they call. Registered by `app`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import Flask, Response, request

from . import confirm, sessions
from .browser_session import browser_session
from .card_entry import browser_error, is_email, read_choice
from .context import Sandbox
from .errors import ApiError
from .fields import Json
from .texts import text
from .waiting_page import waiting_url
from .web import from_own_page, json_answer, language_of, page


def register(app: Flask, sandbox: Sandbox) -> None:
    def route(path: str, name: str, view: Callable[[Sandbox], Response], method: str) -> None:
        app.add_url_rule(path, f"elements.{name}", partial(view, sandbox), methods=[method])

    route("/elements/payment", "payment", _payment_frame, "GET")
    route("/elements/controller", "controller", _controller_frame, "GET")
    route("/elements/session", "session", _session, "POST")
    route("/elements/confirm", "confirm", _confirm, "POST")


def _payment_frame(sandbox: Sandbox) -> Response:
    lang = language_of(request.args.get("locale"))
    ancestors = sandbox.config.shop_origins
    return page("payment_frame.html", lang, ancestors=ancestors, origins=json.dumps(ancestors))


def _controller_frame(sandbox: Sandbox) -> Response:
    ancestors = sandbox.config.shop_origins
    return page("controller_frame.html", "en", ancestors=ancestors, origins=json.dumps(ancestors))


def _session(sandbox: Sandbox) -> Response:
    """The session as the script shows it to the shop's page: for whoever has client secret and public key."""
    try:
        body = _own_json(sandbox)
        account, session = _by_client_secret(sandbox, body)
        return json_answer(
            {"session": browser_session(sandbox, account, session, language_of(body.get("locale")))}
        )
    except ApiError as error:
        return json_answer({"error": {"message": str(error)}}, error.status)


def _confirm(sandbox: Sandbox) -> Response:
    """Pays with what was typed into the card fields. The number comes from our own frame and goes no
    further."""
    lang = "ja"
    try:
        body = _own_json(sandbox)
        lang = language_of(body.get("locale"))
        account, session = _by_client_secret(sandbox, body)
        email = str(body.get("email") or "")
        if not is_email(email or confirm.payer_email(sandbox, account, session) or ""):
            return json_answer({"error": {"message": text("bad_email", lang), "field": "email"}}, 402)
        choice = read_choice(sandbox, body)
        if choice.type == "konbini" and not (choice.name or "").strip():
            return json_answer({"error": {"message": text("blank_field", lang), "field": "name"}}, 402)
        result = confirm.confirm(sandbox, account, session["id"], replace(choice, email=email or None))
    except ApiError as error:
        return json_answer(browser_error(error.body["error"], lang), error.status)
    if result.challenge:
        return json_answer(
            {"challenge": f"{sandbox.config.browser_url}/3ds/{result.challenge}?locale={lang}"}
        )
    if result.error:
        return json_answer(browser_error(result.error, lang), 402)
    answer = {"session": browser_session(sandbox, account, result.session, lang)}
    action = waiting_url(sandbox, account, result.session)
    return json_answer(answer | ({"instructions": f"{action}?locale={lang}&embedded=1"} if action else {}))


def _own_json(sandbox: Sandbox) -> Json:
    """The body of a call that our own frame made. Raises ApiError for any other origin."""
    if not from_own_page(sandbox):
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
