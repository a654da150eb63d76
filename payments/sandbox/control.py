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

from . import actions, clockwork, endpoints, ledger, offered, sessions, webhooks
from .cards import is_token
from .confirm import Choice, answer_challenge, challenge, confirm, intent_of
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
    route("faults", "POST", add_fault)
    route("faults", "DELETE", _clear_faults)
    route("deliveries", "GET", _deliveries)
    route("deliveries/<delivery_id>", "GET", _delivery)
    route("deliveries/<delivery_id>/resend", "POST", _resend)
    route("payments", "GET", _payments)
    route("payments/<intent_id>", "GET", _payment)
    route("keys", "POST", _restrict)
    route("cards", "POST", _register_card)
    route("checkout/<session_id>/pay", "POST", _pay)
    route("challenges/<challenge_id>", "POST", _answer_challenge)
    route("webhook_endpoints/<endpoint_id>/roll", "POST", _roll)
    route("clock", "GET", _read_clock)
    route("clock", "POST", move_clock)
    for group in actions.ACTIONS:
        # A session's other actions are below `checkout`, where they have always been.
        below = "checkout" if group == "sessions" else group
        act = functools.partial(_answer, sandbox, functools.partial(_act, group=group), "POST")
        rule = f"/_sandbox/{below}/<object_id>/<action>"
        app.add_url_rule(rule, f"control.act.{group}", act, methods=["POST"])
    app.add_url_rule("/_sandbox/events.jsonl", "control.events", functools.partial(_events, sandbox))
    route("reset", "POST", reset)


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
    return {
        "status": "ok",
        "api_version": api_version(),
        "deliveries_waiting": rows[0]["n"],
        "pulse": pulse(sandbox),
    }


def pulse(sandbox: Sandbox) -> str:
    """A word that changes when anything has happened, for pages that want to know whether to show themselves anew."""
    rows = sandbox.store.rows(
        "SELECT (SELECT MAX(seq) FROM objects) AS a, (SELECT COUNT(*) FROM deliveries) AS b,"
        " (SELECT SUM(attempts) FROM deliveries) AS c"
    )
    return "-".join(str(rows[0][name] or 0) for name in "abc")


def _tripwire(sandbox: Sandbox) -> Json:
    return sandbox.tripwire.report()


def _faults(sandbox: Sandbox) -> Json:
    return {"data": sandbox.faults.list(), "asked": sandbox.faults.asked()}


def add_fault(sandbox: Sandbox, body: Json) -> Json:
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
    return {"data": ledger.deliveries(sandbox, LIST_LIMIT)}


def _delivery(sandbox: Sandbox, delivery_id: str) -> Json:
    return ledger.delivery(sandbox, delivery_id)


def _payments(sandbox: Sandbox) -> Json:
    return {"data": ledger.payments(sandbox, LIST_LIMIT)}


def _payment(sandbox: Sandbox, intent_id: str) -> Json:
    return ledger.payment(sandbox, intent_id)


def _act(sandbox: Sandbox, body: Json, object_id: str, action: str, group: str) -> Json:
    return actions.act(sandbox, group, object_id, action, body)


def _events(sandbox: Sandbox) -> Response:
    """The whole event log, one event a line."""
    lines = "".join(ledger.event_log(sandbox))
    return Response(lines, content_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


def _restrict(sandbox: Sandbox, body: Json) -> Json:
    """Adds or changes a restricted key until the next reset."""
    key, permissions, account = body.get("key"), body.get("permissions"), body.get("account", "")
    if not isinstance(key, str) or not isinstance(permissions, list):
        raise ApiError(400, "Give key as a string and permissions as a list.")
    owner = next((a for a in sandbox.keys.accounts if a.name == account), None)
    if owner is None:
        raise ApiError(400, "There is no account of that name.", param="account")
    try:
        sandbox.keys.restrict(key, [str(p) for p in permissions], owner)
    except ValueError as error:
        raise ApiError(400, str(error)) from error
    return {"key": key, "permissions": sorted(map(str, permissions))}


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
    result = confirm(sandbox, account, session_id, _choice(sandbox, body, card, email))
    if result.challenge:
        return {"result": "requires_action", "challenge": result.challenge, "session": result.session}
    if result.error:
        return {"result": "declined", "error": result.error, "session": result.session}
    return {"result": "succeeded", "session": result.session}


def _choice(sandbox: Sandbox, body: Json, card: str, email: str | None) -> Choice:
    """`card` is a token, a number, an outcome, or the id of a saved card; `method` another way to pay."""
    name, method = body.get("name"), body.get("method", "card")
    if not isinstance(name, str | None) or method not in offered.ACCOUNT_METHODS:
        raise ApiError(400, "name is a string; method is card, konbini or customer_balance.")
    save = body.get("save") is True
    if method != "card":
        return Choice(type=method, email=email, name=name or "Sandbox")
    if card.startswith("pm_") and not is_token(card):
        return Choice(saved=card, email=email, name=name)
    return Choice(card=sandbox.cards.named(card, sandbox.now()), email=email, name=name, save=save)


def account_of(sandbox: Sandbox, session_id: str) -> str:
    """The account that a session belongs to. Raises ApiError 404 for an unknown one."""
    return actions.owner_of(sandbox, "checkout.session", session_id)


def _answer_challenge(sandbox: Sandbox, body: Json, challenge_id: str) -> Json:
    answer = body.get("answer", "pass")
    if answer not in {"pass", "fail", "cancel"}:
        raise ApiError(400, "answer is pass, fail or cancel.")
    code = challenge(sandbox, challenge_id).body["code"]
    found = answer_challenge(sandbox, challenge_id, answer, code)
    return {
        "state": found.state,
        "session": sessions.of_intent(sandbox, found.account, found.intent),
        "intent": intent_of(sandbox, found),
    }


def _roll(sandbox: Sandbox, body: Json, endpoint_id: str) -> Json:
    old_for_s = body.get("old_for_s", 86_400)
    if not isinstance(old_for_s, int | float) or old_for_s < 0:
        raise ApiError(400, "old_for_s is a number of seconds.")
    return {"secret": endpoints.roll_secret(sandbox, endpoint_id, float(old_for_s))}


def _read_clock(sandbox: Sandbox) -> Json:
    return {"now": sandbox.now(), "frozen": sandbox.is_frozen}


def move_clock(sandbox: Sandbox, body: Json) -> Json:
    """Moves the clock forward, freezes it (now, or `at` a moment), lets it run on. Then does what has become due."""
    if body.keys() - {"advance_s", "freeze", "at"} or not body:
        raise ApiError(400, "Give advance_s, or freeze as true or false, with at if wanted.")
    _freeze(sandbox, body)
    seconds = body.get("advance_s", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 366 * 86_400:
        raise ApiError(400, "advance_s is a number of seconds, up to a year.")
    sandbox.advance_clock(float(seconds))
    clockwork.tick(sandbox)
    return _read_clock(sandbox)


def _freeze(sandbox: Sandbox, body: Json) -> None:
    freeze, at = body.get("freeze"), body.get("at")
    if not isinstance(freeze, bool | None) or isinstance(at, bool) or not isinstance(at, int | float | None):
        raise ApiError(400, "freeze is true or false, at a number of seconds since 1970.")
    if at is not None and (not freeze or not 0 <= at <= 2**33):
        raise ApiError(400, "at goes with freeze, and lies between 1970 and 2242.")
    if freeze:
        sandbox.freeze_clock(None if at is None else float(at))
    elif freeze is False:
        sandbox.thaw_clock()


def reset(sandbox: Sandbox, body: Json) -> Json:
    """Begins anew; `seed` makes ids and chances the same as in every run with that seed."""
    seed = body.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int | None):
        raise ApiError(400, "seed is a whole number.", param="seed")
    sandbox.reset(seed)
    endpoints.register_at_start(sandbox)
    return {"reset": True, "seed": sandbox.ids.seed}
