"""Makes events and queues their deliveries, in the transaction of the change they tell of."""

from __future__ import annotations

from contextvars import ContextVar

from .context import Sandbox
from .fields import Json, api_version, build

current_request: ContextVar[Json | None] = ContextVar("current_request", default=None)
"""`id` and `idempotency_key` of the API call being answered; None for what a browser or the clock did."""


def emit(sandbox: Sandbox, account: str, type_: str, body: Json, previous: Json | None = None) -> Json:
    """Stores an event with a copy of the object as it is now, and one delivery for each endpoint that wants
    it.

    Call inside a transaction. `previous` holds the old values of changed fields, for `….updated` events.
    """
    endpoints = [e for e in endpoints_of(sandbox, account) if wants(e, type_)]
    data: Json = {"object": body}
    if previous is not None:
        data["previous_attributes"] = previous
    event = build(
        "event",
        id=sandbox.new_id("evt"),
        api_version=api_version(),
        created=int(sandbox.now()),
        data=data,
        livemode=False,
        pending_webhooks=len(endpoints),
        request=current_request.get() or {"id": None, "idempotency_key": None},
        type=type_,
    )
    sandbox.store.insert(account, event)
    for endpoint in endpoints:
        queue(sandbox, account, event["id"], endpoint["id"])
    return event


def endpoints_of(sandbox: Sandbox, account: str) -> list[Json]:
    rows = sandbox.store.rows(
        "SELECT id FROM objects WHERE account = ? AND kind = 'webhook_endpoint' ORDER BY seq", (account,)
    )
    return [sandbox.store.get(account, "webhook_endpoint", row["id"]) for row in rows]


def wants(endpoint: Json, type_: str) -> bool:
    enabled = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in enabled or type_ in enabled)


def queue(sandbox: Sandbox, account: str, event: str, endpoint: str, delay_s: float = 0.0) -> str:
    """Queues one delivery; the delivery threads see it once the transaction is kept."""
    delivery = sandbox.new_id("dlv")
    now = sandbox.now()
    sandbox.store.run(
        "INSERT INTO deliveries (id, account, event, endpoint, state, next_at, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (delivery, account, event, endpoint, "pending", now + delay_s, now),
    )
    sandbox.work_waiting.set()
    return delivery
