"""Refunds of captured charges. Imported by `operations` and, for those that settle later, `webhooks`."""

from __future__ import annotations

from . import charging
from .context import Sandbox
from .errors import ApiError, conflict_of_state, invalid, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .store import new_id

SETTLES_AFTER_S = 2.0
"""How long a pending refund stays so; Stripe takes days."""


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    """Refunds a charge wholly or in part. Raises ApiError when nothing or too little is left of it."""
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid(
            "Give one of these params: charge, payment_intent.", "payment_intent", "parameter_missing"
        )
    if params.keys() & {
        "instructions_email",
        "origin",
        "customer",
        "reverse_transfer",
        "refund_application_fee",
    }:
        raise not_in_this_sandbox("That kind of refund")
    with sandbox.store.transaction():
        charge = _charge(sandbox, account, params)
        amount = _amount(charge, params)
        behaviour = sandbox.store.hidden(charge["id"])["refund"]
        refund = build(
            "refund",
            id=new_id("re"),
            amount=amount,
            charge=charge["id"],
            created=int(sandbox.now()),
            currency=charge["currency"],
            customer=charge["customer"],
            payment_intent=charge["payment_intent"],
            reason=params.get("reason"),
            metadata=params.get("metadata") or {},
            status="pending" if behaviour == "pending" else "succeeded",
            pending_reason="processing" if behaviour == "pending" else None,
            destination_details={
                "type": "card",
                "card": {
                    "type": "refund",
                    "reference_status": "pending",
                    "reference_type": "acquirer_reference_number",
                },
            },
        )
        booking = charging.book(sandbox, account, refund["id"], "refund", -amount, 0)
        refund["balance_transaction"] = booking["id"]
        sandbox.store.insert(account, refund, settles_at=sandbox.now() + SETTLES_AFTER_S, behaviour=behaviour)
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        sandbox.store.save(charge)
        emit(sandbox, account, "refund.created", refund)
        emit(sandbox, account, "charge.refunded", charge)
        return refund


def _charge(sandbox: Sandbox, account: str, params: Json) -> Json:
    if "charge" in params:
        charge = sandbox.store.get(account, "charge", params["charge"], "charge")
    else:
        intent = sandbox.store.get(account, "payment_intent", params["payment_intent"], "payment_intent")
        charge_id = intent["latest_charge"]
        found = sandbox.store.find(account, "charge", charge_id) if charge_id else None
        if found is None or not found["paid"]:
            raise ApiError(
                400,
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
                remembered=True,
            )
        charge = found
    if not charge["captured"]:
        raise conflict_of_state(
            f"Charge {charge['id']} has not been captured; cancel its PaymentIntent instead.",
            "charge_not_refundable",
        )
    return charge


def _amount(charge: Json, params: Json) -> int:
    left = charge["amount_captured"] - _refunded(charge)
    if left == 0:
        raise conflict_of_state(
            f"Charge {charge['id']} has already been refunded.", "charge_already_refunded"
        )
    amount = int(params.get("amount", left))
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        raise ApiError(
            400,
            f"Refund amount (¥{amount:,}) is greater than unrefunded amount on charge (¥{left:,})",
            param="amount",
            remembered=True,
        )
    return amount


def _refunded(charge: Json) -> int:
    """What was refunded of the captured part; the part never captured counts as refunded in Stripe's
    field."""
    released = charge["amount"] - charge["amount_captured"]
    return int(charge["amount_refunded"] - released)


def settle_due(sandbox: Sandbox) -> None:
    """Ends the refunds that wait: pending ones succeed, those of the failing card fail and give the money
    back."""
    rows = sandbox.store.rows(
        "SELECT account, id FROM objects WHERE kind = 'refund' AND json_extract(hidden, '$.settles_at') <= ?"
        " AND json_extract(hidden, '$.behaviour') <> 'succeeded'",
        (sandbox.now(),),
    )
    for row in rows:
        with sandbox.store.transaction():
            _settle(sandbox, row["account"], sandbox.store.get(row["account"], "refund", row["id"]))


def _settle(sandbox: Sandbox, account: str, refund: Json) -> None:
    behaviour = sandbox.store.hidden(refund["id"])["behaviour"]
    sandbox.store.save_hidden(refund["id"], behaviour="succeeded")
    if behaviour == "pending":
        sandbox.store.save(refund | {"status": "succeeded", "pending_reason": None})
        emit(sandbox, account, "refund.updated", refund, {"status": "pending"})
        return
    booking = charging.book(sandbox, account, refund["id"], "refund_failure", refund["amount"], 0)
    refund |= {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": booking["id"],
    }
    sandbox.store.save(refund)
    charge = sandbox.store.get(account, "charge", refund["charge"])
    charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
    sandbox.store.save(charge)
    emit(sandbox, account, "refund.updated", refund, {"status": "succeeded"})
    emit(sandbox, account, "refund.failed", refund)
