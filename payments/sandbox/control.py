"""The control API under /_sandbox: health, reset, faults, deliveries, proof numbers, paying without a
browser.

Answers are JSON. Reading is free; whatever changes something needs `Authorization: Bearer` with the control
key.
"""

from __future__ import annotations

import functools
import hmac
import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from . import endpoints, sessions, webhooks
from .confirm import answer_challenge, challenge, confirm
from .context import Sandbox
from .errors import ApiError
from .fields import Json, api_version

LIST_LIMIT = 200


def register(app: Flask, sandbox: Sandbox) -> None:
    def route(path: str, method: str, run: Callable[..., Any]) -> None:
        view = functools.partial(_answer, sandbox, run, method)
        app.add_url_rule(f"/_sandbox/{path}", f"control.{run.__name__}", view, methods=[method])

    route("health", "GET", _health)
    route("tripwire", "GET", _tripwire)
    route("faults", "GET", _faults)
    route("faults", "POST", _add_fault)
    route("faults", "DELETE", _clear_faults)
    route("deliveries", "GET", _deliveries)
    route("deliveries/<delivery_id>/resend", "POST", _resend)
    route("cards", "POST", _register_card)
    route("checkout/<session_id>/pay", "POST", _pay)
    route("challenges/<challenge_id>", "POST", _answer_challenge)
    route("webhook_endpoints/<endpoint_id>/roll", "POST", _roll)
    route("clock", "POST", _clock)
    route("reset", "POST", _reset)


def _answer(sandbox: Sandbox, run: Callable[..., Any], method: str, **ids: str) -> Response:
    try:
        if method != "GET":
            _require_key(sandbox)
        body = run(sandbox, **ids) if method == "GET" else run(sandbox, _body(), **ids)
        return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")
    except ApiError as error:
        return Response(json.dumps(error.body), error.status, content_type="application/json")


def _require_key(sandbox: Sandbox) -> None:
    given = (request.authorization.token if request.authorization else None) or ""
    if not hmac.compare_digest(given.encode(), sandbox.config.control_key.encode()):
        raise ApiError(401, "This needs the sandbox's control key as a Bearer token.")


def _body() -> Json:
    body = request.get_json(silent=True, force=True)
    if body is None and not request.get_data():
        return {}
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object.")
    return body


def _health(sandbox: Sandbox) -> Json:
    rows = sandbox.store.rows("SELECT COUNT(*) AS n FROM deliveries WHERE state IN ('pending', 'sending')")
    return {"status": "ok", "api_version": api_version(), "deliveries_waiting": rows[0]["n"]}


def _tripwire(sandbox: Sandbox) -> Json:
    return sandbox.tripwire.report()


def _faults(sandbox: Sandbox) -> Json:
    return {"data": sandbox.faults.list()}


def _add_fault(sandbox: Sandbox, body: Json) -> Json:
    unknown = body.keys() - {"operation", "kind", "times", "probability", "delay_s"}
    if unknown or not isinstance(body.get("operation"), str) or not isinstance(body.get("kind"), str):
        raise ApiError(400, "Give operation and kind; times, probability and delay_s if wanted.")
    times, probability, delay_s = (
        body.get("times", 1),
        body.get("probability", 1.0),
        body.get("delay_s", 30.0),
    )
    if not isinstance(times, int | None) or not all(
        isinstance(n, int | float) for n in (probability, delay_s)
    ):
        raise ApiError(400, "times, probability and delay_s are numbers.")
    fault = sandbox.faults.add(body["operation"], body["kind"], times, float(probability), float(delay_s))
    return {"id": fault.id}


def _clear_faults(sandbox: Sandbox, _body: Json) -> Json:
    sandbox.faults.clear()
    return {"cleared": True}


def _deliveries(sandbox: Sandbox) -> Json:
    rows = sandbox.store.rows(
        "SELECT d.*, json_extract(o.body, '$.type') AS type, json_extract(e.body, '$.url') AS url"
        " FROM deliveries d"
        " LEFT JOIN objects o ON o.id = d.event LEFT JOIN objects e ON e.id = d.endpoint"
        " ORDER BY d.created DESC, d.rowid DESC LIMIT ?",
        (LIST_LIMIT,),
    )
    return {"data": [dict(row) for row in rows]}


def _resend(sandbox: Sandbox, _body: Json, delivery_id: str) -> Json:
    return {"id": webhooks.resend(sandbox, delivery_id)}


def _register_card(sandbox: Sandbox, body: Json) -> Json:
    number, outcome = body.get("number"), body.get("outcome", "success")
    if not isinstance(number, str) or not isinstance(outcome, str):
        raise ApiError(400, "Give number and outcome as strings.")
    sandbox.cards.register(number, outcome)
    return {"registered": True, "outcome": outcome}


def _pay(sandbox: Sandbox, body: Json, session_id: str) -> Json:
    """Pays a session as its page would. A decline or an authentication is an answer like any other."""
    card = body.get("card", "pm_card_visa")
    email = body.get("email")
    if not isinstance(card, str) or not isinstance(email, str | None):
        raise ApiError(400, "Give card as a string; email, if wanted, too.")
    account = account_of(sandbox, session_id)
    result = confirm(sandbox, account, session_id, sandbox.cards.named(card, sandbox.now()), email)
    if result.challenge:
        return {"result": "requires_action", "challenge": result.challenge, "session": result.session}
    if result.error:
        return {"result": "declined", "error": result.error, "session": result.session}
    return {"result": "succeeded", "session": result.session}


def account_of(sandbox: Sandbox, session_id: str) -> str:
    """The account that a session belongs to. Raises ApiError 404 for an unknown one."""
    rows = sandbox.store.rows(
        "SELECT account FROM objects WHERE id = ? AND kind = 'checkout.session'", (session_id,)
    )
    if not rows:
        raise ApiError(404, "There is no such Checkout Session.", code="resource_missing")
    return sandbox.keys.by_id(rows[0]["account"]).id


def _answer_challenge(sandbox: Sandbox, body: Json, challenge_id: str) -> Json:
    answer = body.get("answer", "pass")
    if answer not in {"pass", "fail", "cancel"}:
        raise ApiError(400, "answer is pass, fail or cancel.")
    code = challenge(sandbox, challenge_id).body["code"]
    found = answer_challenge(sandbox, challenge_id, answer, code)
    return {"state": found.state, "session": sessions.current(sandbox, found.account, found.session)}


def _roll(sandbox: Sandbox, body: Json, endpoint_id: str) -> Json:
    old_for_s = body.get("old_for_s", 86_400)
    if not isinstance(old_for_s, int | float) or old_for_s < 0:
        raise ApiError(400, "old_for_s is a number of seconds.")
    return {"secret": endpoints.roll_secret(sandbox, endpoint_id, float(old_for_s))}


def _clock(sandbox: Sandbox, body: Json) -> Json:
    seconds = body.get("advance_s")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 366 * 86_400:
        raise ApiError(400, "advance_s is a number of seconds, up to a year.")
    sandbox.advance_clock(float(seconds))
    webhooks.tick(sandbox)
    return {"now": sandbox.now()}


def _reset(sandbox: Sandbox, _body: Json) -> Json:
    sandbox.reset()
    endpoints.register_at_start(sandbox)
    return {"reset": True}
