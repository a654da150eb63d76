"""A page that shows what the sandbox holds: objects, events, deliveries, faults. Registered by `app`."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from flask import Flask, Response, request

from .context import Sandbox
from .faults import API_KINDS, WEBHOOK_KINDS
from .operations import OPERATIONS
from .web import page

SHOWN = 50


def register(app: Flask, sandbox: Sandbox) -> None:
    app.add_url_rule("/_sandbox/", "panel.home", partial(_home, sandbox))


def _home(sandbox: Sandbox) -> Response:
    store = sandbox.store
    objects = store.rows(
        "SELECT id, created, body FROM objects WHERE kind <> 'event' ORDER BY seq DESC LIMIT ?",
        (SHOWN,),
    )
    events = store.rows(
        "SELECT id, created, body FROM objects WHERE kind = 'event' ORDER BY seq DESC LIMIT ?", (SHOWN,)
    )
    deliveries = store.rows("SELECT * FROM deliveries ORDER BY created DESC, rowid DESC LIMIT ?", (SHOWN,))
    return page(
        "panel.html",
        "en" if request.args.get("locale") == "en" else "ja",
        objects=[_shown(row) for row in objects],
        events=[_shown(row) for row in events],
        deliveries=[dict(row) for row in deliveries],
        faults=sandbox.faults.list(),
        tripwire=sandbox.tripwire.report(),
        operations=[operation.name for operation in OPERATIONS],
        kinds=(*API_KINDS, *WEBHOOK_KINDS),
        control_key=sandbox.config.control_key,
    )


def _shown(row: Any) -> dict[str, Any]:
    body = json.loads(row["body"])
    return {
        **dict(row),
        "state": body.get("status") or body.get("type") or "",
        "amount": body.get("amount_total", body.get("amount")),
        "pretty": json.dumps(body, ensure_ascii=False, indent=2),
    }
