"""The pages of payments that take their time: the convenience store's voucher and the account to transfer to.
Registered by `app`.

Each shows what the customer must do and, below it, lets a tester do it: pay at the till, let the voucher expire, send
money. In a frame of the shop's page they are shown with `embedded`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial

from flask import Flask, Response, abort, request

from . import konbini, sessions, transfers
from .config import origin_of
from .context import Sandbox
from .errors import ApiError
from .fields import Json
from .operations import account_object
from .texts import text
from .web import from_own_page, language_of, page, see_other


def register(app: Flask, sandbox: Sandbox) -> None:
    for name in ("konbini", "transfer"):
        rule = f"/{name}/<intent_id>/<secret>"
        app.add_url_rule(rule, f"waiting.{name}", partial(_view, sandbox))
        app.add_url_rule(rule, f"waiting.{name}_act", partial(_act, sandbox), methods=["POST"])


def after(session: Json, name: str) -> str:
    """Where the shopper goes next, with the session's id filled in."""
    return str(session[name] or "").replace("{CHECKOUT_SESSION_ID}", session["id"])


def waiting_url(sandbox: Sandbox, account: str, session: Json) -> str:
    """The page that tells how to pay, when the session's payment waits for it; else an empty text."""
    if not session["payment_intent"]:
        return ""
    intent = sandbox.store.get(account, "payment_intent", session["payment_intent"])
    action = intent["next_action"] or {}
    told = action.get(action.get("type", ""), {})
    return str(told.get("hosted_voucher_url") or told.get("hosted_instructions_url") or "")


def _find(sandbox: Sandbox, intent_id: str, secret: str) -> tuple[str, Json]:
    try:
        return konbini.find(sandbox, intent_id, secret)
    except ApiError:
        abort(404)


def _view(sandbox: Sandbox, intent_id: str, secret: str) -> Response:
    account, intent = _find(sandbox, intent_id, secret)
    session = sessions.of_intent(sandbox, account, intent_id)
    lang = language_of(request.args.get("locale") or (session or {}).get("locale"))
    embedded = "embedded" in request.args
    ancestors = sandbox.config.shop_origins if embedded else ()
    back = after(session, "success_url") if session else ""
    action = intent["next_action"] or {}
    return page(
        "waiting.html",
        lang,
        ancestors=ancestors,
        form_action=(origin_of(back),),
        embedded=embedded,
        origins=json.dumps(ancestors),
        intent=intent,
        told=action.get(action.get("type", ""), {}),
        voucher=request.path.startswith("/konbini/"),
        waits=konbini.is_waiting(intent) or transfers.is_waiting(intent),
        stores=konbini.STORES,
        state=text(_STATES.get(intent["status"], "waiting_failed"), lang),
        back=back,
        merchant=account_object(sandbox, account)["business_profile"]["name"],
    )


_STATES = {"requires_action": "waiting_open", "succeeded": "waiting_paid"}


def _act(sandbox: Sandbox, intent_id: str, secret: str) -> Response:
    if not from_own_page(sandbox):
        abort(403)
    account, intent = _find(sandbox, intent_id, secret)
    with suppress(ApiError):  # it ended meanwhile; the page says how
        _do(sandbox, account, intent)
    return see_other(request.full_path.rstrip("?"))


def _do(sandbox: Sandbox, account: str, intent: Json) -> None:
    act = request.form.get("act", "")
    if act == "pay":
        konbini.pay(sandbox, account, intent["id"], request.form.get("store", "familymart"))
    elif act == "expire":
        konbini.expire(sandbox, account, intent["id"])
    elif act == "fund":
        amount = request.form.get("amount", "")
        if not amount.isdigit() or not amount.isascii() or len(amount) > 9 or not intent["customer"]:
            abort(400)
        params = {"amount": int(amount), "currency": "jpy", "reference": request.form.get("reference", "")}
        transfers.fund(sandbox, account, intent["customer"], params)
    else:
        abort(400)
