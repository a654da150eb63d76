"""What the panel and the control API show: payments with all that belongs to them, deliveries, the event log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from . import actions
from .context import Sandbox
from .errors import ApiError
from .fields import Json

_BELONGS = (
    "SELECT id, account, kind, body FROM objects WHERE kind <> 'event' AND (json_extract(body,"
    " '$.payment_intent') = ? OR id = ?) ORDER BY seq"
)


def payments(sandbox: Sandbox, limit: int, before: int | None = None) -> list[Json]:
    """The newest payments and sessions without one yet: what each is, in which state, and what can be done to it."""
    rows = sandbox.store.rows(
        "SELECT seq, account, kind, body FROM objects WHERE (kind = 'payment_intent' OR (kind ="
        " 'checkout.session' AND json_extract(body, '$.payment_intent') IS NULL)) AND seq < ?"
        " ORDER BY seq DESC LIMIT ?",
        (before or 2**62, limit),
    )
    return [_summary(sandbox, row) for row in rows]


def _summary(sandbox: Sandbox, row: Any) -> Json:
    body = json.loads(row["body"])
    summary = {"seq": row["seq"], "account": row["account"], "kind": row["kind"], "id": body["id"]}
    if row["kind"] == "checkout.session":
        can = ["expire"] if body["status"] == "open" else []
        return summary | {
            "created": body["created"],
            "status": body["status"],
            "amount": body["amount_total"],
            "method": ", ".join(body["payment_method_types"]),
            "reference": body["client_reference_id"],
            "actions": can,
            "url": body["url"],
        }
    charge_id = body["latest_charge"]
    charge = sandbox.store.find(row["account"], "charge", charge_id) if charge_id else None
    details = (charge or {}).get("payment_method_details") or {}
    return summary | {
        "created": body["created"],
        "status": _status(body, charge),
        "amount": body["amount"],
        "method": details.get("type") or ", ".join(body["payment_method_types"]),
        "reference": body["metadata"].get("payment") or body["description"],
        "actions": actions.possible(body, charge),
        "url": None,
    }


def _status(intent: Json, charge: Json | None) -> str:
    """One word for people: a refund or dispute counts for more than that the charge once succeeded."""
    if charge and charge["disputed"]:
        return "disputed"
    if charge and intent["status"] == "succeeded" and charge["amount_refunded"]:
        return "refunded" if charge["refunded"] else "partially_refunded"
    return str(intent["status"])


def payment(sandbox: Sandbox, intent_id: str) -> Json:
    """A payment with every object that belongs to it, its events and their deliveries. Raises ApiError 404."""
    account = actions.owner_of(sandbox, "payment_intent", intent_id)
    rows = sandbox.store.rows(_BELONGS, (intent_id, intent_id))
    objects = [json.loads(row["body"]) for row in rows if row["account"] == account]
    intent = next(body for body in objects if body["id"] == intent_id)
    charge = next((b for b in objects if b["id"] == intent["latest_charge"]), None)
    ids = [body["id"] for body in objects]
    return {
        "id": intent_id,
        "status": _status(intent, charge),
        "actions": actions.possible(intent, charge),
        "objects": objects,
        "events": [event for one in ids for event in _events_about(sandbox, one)],
        "movements": [movement for one in ids for movement in _movements(sandbox, one)],
    }


def _events_about(sandbox: Sandbox, object_id: str) -> list[Json]:
    rows = sandbox.store.rows(
        "SELECT seq, body FROM objects WHERE kind = 'event' AND json_extract(body, '$.data.object.id') = ?"
        " ORDER BY seq",
        (object_id,),
    )
    return [{**json.loads(row["body"]), "seq": row["seq"]} for row in rows]


def _movements(sandbox: Sandbox, object_id: str) -> list[Json]:
    rows = sandbox.store.rows(
        "SELECT body FROM objects WHERE json_extract(body, '$.source') = ? AND kind = 'balance_transaction'",
        (object_id,),
    )
    return [json.loads(row["body"]) for row in rows]


def deliveries(sandbox: Sandbox, limit: int) -> list[Json]:
    """The newest deliveries, with their event's type and their endpoint's address."""
    rows = sandbox.store.rows(
        "SELECT d.*, json_extract(o.body, '$.type') AS type, json_extract(e.body, '$.url') AS url"
        " FROM deliveries d"
        " LEFT JOIN objects o ON o.id = d.event LEFT JOIN objects e ON e.id = d.endpoint"
        " ORDER BY d.created DESC, d.rowid DESC LIMIT ?",
        (limit,),
    )
    return [dict(row) for row in rows]


def delivery(sandbox: Sandbox, delivery_id: str) -> Json:
    """One delivery with the event that it carries. Raises ApiError 404."""
    rows = sandbox.store.rows(
        "SELECT d.*, o.body AS event_body, json_extract(e.body, '$.url') AS url FROM deliveries d"
        " LEFT JOIN objects o ON o.id = d.event LEFT JOIN objects e ON e.id = d.endpoint WHERE d.id = ?",
        (delivery_id,),
    )
    if not rows:
        raise ApiError(404, "There is no such delivery.")
    found = dict(rows[0])
    body = found.pop("event_body")
    return {**found, "body": json.loads(body) if body else None}


def event_log(sandbox: Sandbox) -> Iterator[str]:
    """Every event, oldest first, one JSON object a line."""
    for row in sandbox.store.rows("SELECT account, body FROM objects WHERE kind = 'event' ORDER BY seq"):
        yield json.dumps({"account": row["account"], **json.loads(row["body"])}, ensure_ascii=False) + "\n"
