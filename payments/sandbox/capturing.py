"""PaymentIntents after the card was asked: capture, cancel, and the end of an authorisation. Imported by `operations`,
`clockwork`, `intents`, `sessions`."""

from __future__ import annotations

from . import async_result, authentication, charging, konbini, sessions, transfers
from .alarms import clear_alarms
from .context import Sandbox
from .errors import conflict_of_state, invalid, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata

CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


def capture(sandbox: Sandbox, account: str, intent_id: str, params: Json) -> Json:
    """Takes a reserved amount, or part of it, once. Raises ApiError in any state but requires_capture."""
    with sandbox.store.transaction():
        intent = sandbox.store.get(account, "payment_intent", intent_id, "intent")
        if params.keys() - {"amount_to_capture", "expand", "metadata"}:
            raise not_in_this_sandbox("That way of capturing")
        if intent["status"] != "requires_capture":
            raise unexpected(intent, "captured", "requires_capture")
        amount = params["amount_to_capture"] if "amount_to_capture" in params else intent["amount_capturable"]
        if not 1 <= amount <= intent["amount_capturable"]:
            raise invalid(
                "The amount to capture must be at least 1 and at most what is capturable.",
                "amount_to_capture",
                "amount_too_large" if amount > 1 else "amount_too_small",
            )
        charge = sandbox.store.get(account, "charge", intent["latest_charge"])
        intent["metadata"] = merged_metadata(intent["metadata"], params.get("metadata", {}))
        charging.take(sandbox, account, intent, charge, amount, "charge.captured")
        session = sessions.of_intent(sandbox, account, intent_id)
        if session:
            sandbox.store.save(session | {"payment_status": "paid"})
        return intent


def cancel(sandbox: Sandbox, account: str, intent_id: str, params: Json) -> Json:
    """Gives up an intent; a reserved amount is let go. An open session must be expired instead."""
    with sandbox.store.transaction():
        intent = sandbox.store.get(account, "payment_intent", intent_id, "intent")
        session = sessions.of_intent(sandbox, account, intent_id)
        if session and session["status"] == "open":
            raise conflict_of_state(
                "You cannot cancel this PaymentIntent because it belongs to a Checkout Session. Expire"
                " the session "
                "instead.",
                "payment_intent_unexpected_state",
                payment_intent=intent,
            )
        if intent["status"] not in CANCELABLE:
            raise unexpected(intent, "canceled", ", ".join(CANCELABLE))
        return give_up(sandbox, account, intent, params.get("cancellation_reason"))


def give_up(sandbox: Sandbox, account: str, intent: Json, reason: str | None) -> Json:
    """Cancels an intent in whatever state: lets a reservation go, gives a transfer's share back."""
    clear_alarms(sandbox, intent["id"])
    authentication.abandon(sandbox, intent["id"], "expired")
    waited = konbini.is_waiting(intent) or transfers.is_waiting(intent)
    transfers.give_back(sandbox, account, intent)
    if intent["status"] == "requires_capture":
        _release(sandbox, account, intent, reason)
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": int(sandbox.now()),
        "cancellation_reason": reason,
        "next_action": None,
    }
    sandbox.store.save(intent)
    emit(sandbox, account, "payment_intent.canceled", intent)
    if waited:
        async_result.told(sandbox, account, intent, paid=False)
    return intent


def expire_authorisation(sandbox: Sandbox, account: str, intent_id: str) -> None:
    """The issuer's promise has run out (`capture_before`): Stripe cancels by itself."""
    with sandbox.store.transaction():
        intent = sandbox.store.find(account, "payment_intent", intent_id)
        if intent and intent["status"] == "requires_capture":
            give_up(sandbox, account, intent, "automatic")


def _release(sandbox: Sandbox, account: str, intent: Json, reason: str | None) -> None:
    """Lets a reservation go: Stripe shows that as a refund of the charge that moves no money."""
    charge = sandbox.store.get(account, "charge", intent["latest_charge"])
    charge |= {"amount_refunded": charge["amount"], "refunded": True}
    sandbox.store.save(charge)
    expired = reason == "automatic"
    refund = build(
        "refund",
        id=sandbox.new_id("re"),
        amount=charge["amount"],
        charge=charge["id"],
        created=int(sandbox.now()),
        currency=charge["currency"],
        payment_intent=intent["id"],
        reason="expired_uncaptured_charge" if expired else None,
        status="succeeded",
        metadata={},
    )
    sandbox.store.insert(account, refund)
    emit(sandbox, account, "charge.expired" if expired else "charge.refunded", charge)


def unexpected(intent: Json, verb: str, wanted: str) -> Exception:
    return conflict_of_state(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}."
        " Only a PaymentIntent "
        f"with one of the following statuses may be {verb}: {wanted}.",
        "payment_intent_unexpected_state",
        payment_intent=intent,
    )
