"""The panel for people at /_sandbox/: payments and what can be done to them, the clock, faults, deliveries, events.
Registered by `app`.

Every action is a form that works without script; its answer is a redirect, so that loading a page again never does a
thing twice. Forms are taken from our own pages only. The control API offers the same to programs.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Response, abort, request

from . import actions, confirm, control, ledger, panel_texts, refunds, webhooks
from .cards import TEST_CARDS
from .context import Sandbox
from .disputes import REASONS
from .errors import ApiError
from .faults import API_KINDS, WEBHOOK_KINDS
from .fields import Json
from .fraud_warnings import FRAUD_TYPES
from .konbini import STORES
from .operations import OPERATIONS
from .web import from_own_page, language_of, page, see_other

SHOWN = 50
HOME = "/_sandbox/"


class Notes:
    """What an action has to say, for the page that follows it. Shown once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: OrderedDict[str, tuple[bool, str]] = OrderedDict()

    def leave(self, text: str, *, good: bool) -> str:
        """Keeps a note; its key."""
        key = secrets.token_urlsafe(8)
        with self._lock:
            self._notes[key] = (good, text)
            while len(self._notes) > SHOWN:
                self._notes.popitem(last=False)
        return key

    def take(self, key: str) -> tuple[bool, str] | None:
        with self._lock:
            return self._notes.pop(key, None)


def register(app: Flask, sandbox: Sandbox) -> None:
    notes = Notes()
    for rule, name, show in (
        (HOME, "home", _payments),
        (f"{HOME}panel/payments/<intent_id>", "payment", _payment),
        (f"{HOME}panel/webhooks", "webhooks", _webhooks),
        (f"{HOME}panel/webhooks/<delivery_id>", "delivery", _delivery),
        (f"{HOME}panel/faults", "faults", _faults),
        (f"{HOME}panel/events", "events", _events),
    ):
        app.add_url_rule(rule, f"panel.{name}", partial(_page, sandbox, notes, show))
    app.add_url_rule(f"{HOME}panel/act", "panel.act", partial(_act, sandbox, notes), methods=["POST"])


def _page(sandbox: Sandbox, notes: Notes, show: Callable[..., tuple[str, Json]], **ids: str) -> Response:
    lang = language_of(request.args.get("locale"))
    try:
        template, values = show(sandbox, **ids)
    except ApiError as error:
        abort(error.status)
    return page(
        template,
        lang,
        p=panel_texts.panel_texts(lang),
        note=notes.take(request.args.get("note", "")),
        here=request.path,
        now=sandbox.now(),
        frozen=sandbox.is_frozen,
        tripwire=sandbox.tripwire.report()["refused"],
        pulse=control.pulse(sandbox),
        stores=STORES,
        reasons=REASONS,
        fraud_types=FRAUD_TYPES,
        tokens=[card.token for card in TEST_CARDS],
        **values,
    )


def _payments(sandbox: Sandbox) -> tuple[str, Json]:
    before = request.args.get("before", "")
    found = ledger.payments(sandbox, SHOWN, int(before) if before.isdecimal() and len(before) < 16 else None)
    return "panel_payments.html", {
        "payments": found,
        "older": found[-1]["seq"] if len(found) == SHOWN else None,
    }


def _payment(sandbox: Sandbox, intent_id: str) -> tuple[str, Json]:
    shown = ledger.payment(sandbox, intent_id)
    return "panel_payment.html", {
        "payment": shown,
        "objects": [_pretty(body) for body in shown["objects"]],
        "events": [_pretty(event) for event in sorted(shown["events"], key=lambda e: int(e["seq"]))],
        "can": {body["id"]: _can(body) for body in shown["objects"]},
    }


def _can(body: Json) -> list[tuple[str, str]]:
    """Group and action for what can be done to an object other than the payment itself."""
    if body["object"] == "dispute" and body["status"] in {"needs_response", "under_review"}:
        return [("disputes", "won"), ("disputes", "lost")]
    if body["object"] == "dispute" and body["status"].startswith("warning_needs"):
        return [("disputes", "closed"), ("disputes", "escalated")]
    if body["object"] == "dispute" and body["status"] == "warning_under_review":
        return [("disputes", "closed"), ("disputes", "escalated")]
    if body["object"] == "refund" and body["status"] in {"pending", "requires_action"}:
        return [("refunds", "complete"), ("refunds", "fail")]
    fails = body["object"] == "refund" and body["status"] == "succeeded" and refunds.may_fail(body)
    return [("refunds", "fail")] if fails else []


def _pretty(body: Json) -> Json:
    shown = {name: value for name, value in body.items() if name != "seq"}
    return {**body, "pretty": json.dumps(shown, ensure_ascii=False, indent=2)}


def _webhooks(sandbox: Sandbox) -> tuple[str, Json]:
    return "panel_webhooks.html", {"deliveries": ledger.deliveries(sandbox, SHOWN)}


def _delivery(sandbox: Sandbox, delivery_id: str) -> tuple[str, Json]:
    found = ledger.delivery(sandbox, delivery_id)
    return "panel_delivery.html", {
        "delivery": found,
        "body": json.dumps(found["body"], ensure_ascii=False, indent=2),
    }


def _faults(sandbox: Sandbox) -> tuple[str, Json]:
    return "panel_faults.html", {
        "faults": sandbox.faults.list(),
        "operations": [operation.name for operation in OPERATIONS],
        "kinds": (*API_KINDS, *WEBHOOK_KINDS),
    }


def _events(sandbox: Sandbox) -> tuple[str, Json]:
    rows = sandbox.store.rows(
        "SELECT body FROM objects WHERE kind = 'event' ORDER BY seq DESC LIMIT ?", (SHOWN * 2,)
    )
    return "panel_events.html", {"events": [_pretty(json.loads(row["body"])) for row in rows]}


def _act(sandbox: Sandbox, notes: Notes) -> Response:
    if not from_own_page(sandbox):
        abort(403)
    form = request.form
    lang = language_of(form.get("locale"))
    try:
        _do(sandbox, form.get("group", ""), form.get("action", ""), form.get("id", ""), form.to_dict())
        note = notes.leave(panel_texts.panel_texts(lang)["done"], good=True)
    except (ApiError, ValueError) as error:
        note = notes.leave(str(error), good=False)
    back = form.get("back", HOME)
    if not back.startswith(HOME) or "\\" in back:
        back = HOME
    return see_other(f"{request.host_url.rstrip('/')}{back}?locale={lang}&note={note}")


def _do(sandbox: Sandbox, group: str, action: str, object_id: str, given: dict[str, str]) -> None:
    own: dict[tuple[str, str], Callable[[], Any]] = {
        ("clock", "advance"): lambda: control.move_clock(
            sandbox, {"advance_s": float(given.get("seconds", ""))}
        ),
        ("clock", "freeze"): lambda: control.move_clock(sandbox, {"freeze": True}),
        ("clock", "thaw"): lambda: control.move_clock(sandbox, {"freeze": False}),
        ("sandbox", "reset"): lambda: control.reset(sandbox, _numbers(given, "seed")),
        ("deliveries", "resend"): lambda: webhooks.resend(sandbox, object_id),
        ("faults", "add"): lambda: control.add_fault(sandbox, _fault(given)),
        ("faults", "clear"): lambda: sandbox.faults.clear(),
        ("sessions", "pay_card"): lambda: _pay(sandbox, object_id, given),
    }
    run = own.get((group, action))
    if run is not None:
        run()
        return
    actions.act(sandbox, group, object_id, action, {n: v for n, v in given.items() if v != ""})


def _numbers(given: dict[str, str], *names: str) -> Json:
    """The named fields as whole numbers; an empty one is left out. Raises ValueError for anything else."""
    return {name: int(given[name]) for name in names if given.get(name)}


def _fault(given: dict[str, str]) -> Json:
    times = _numbers(given, "times").get("times")
    return {
        "operation": given.get("operation"),
        "kind": given.get("kind"),
        "times": times,
        "delay_s": float(given.get("delay_s") or 5),
        "probability": float(given.get("probability") or 1),
    }


def _pay(sandbox: Sandbox, session_id: str, given: dict[str, str]) -> None:
    """Pays an open session with a test card. A decline is told as a problem, a challenge by its address."""
    account = control.account_of(sandbox, session_id)
    card = sandbox.cards.named(given.get("card", ""), sandbox.now())
    result = confirm.confirm(
        sandbox, account, session_id, confirm.Choice(card=card, email="panel@sandbox.example")
    )
    if result.error:
        raise ValueError(str(result.error["message"]))
    if result.challenge:
        raise ValueError(f"3-D Secure: {sandbox.config.browser_url}/3ds/{result.challenge}")
