"""Tells the Checkout Session, if there is one, that a payment which took its time has ended. Imported by `konbini`,
`transfers`, `intents`."""

from __future__ import annotations

from . import sessions
from .context import Sandbox
from .events import emit
from .fields import Json


def told(sandbox: Sandbox, account: str, intent: Json, *, paid: bool) -> None:
    """Marks the session paid, or leaves it unpaid, and sends Stripe's event for either."""
    session = sessions.of_intent(sandbox, account, intent["id"])
    if session is None or session["status"] != "complete":
        return
    if paid:
        session["payment_status"] = "paid"
        sandbox.store.save(session)
    name = "succeeded" if paid else "failed"
    emit(sandbox, account, f"checkout.session.async_payment_{name}", session)
