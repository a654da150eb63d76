"""Refunds of captured charges. Imported by `operations`, the control API and, for those that end later, `clockwork`."""

from __future__ import annotations

from . import charging, fraud_warnings, transfers
from .alarms import clear_alarms, set_alarm
from .context import Sandbox
from .errors import ApiError, conflict_of_state, invalid, missing, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata

SETTLES_AFTER_S = 2.0
"""How long a pending refund stays so; Stripe takes days."""


EXPIRES_S = 45 * 86_400
"""How long a customer has to name a bank account (from memory)."""
_NOT_HERE = {"origin", "customer", "reverse_transfer", "refund_application_fee"}


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    """Refunds a charge wholly or in part. Raises ApiError when nothing or too little is left of it."""
    if params.get("origin") == "customer_balance":
        return _of_balance(sandbox, account, params)
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid(
            "Give one of these params: charge, payment_intent.", "payment_intent", "parameter_missing"
        )
    if params.keys() & _NOT_HERE:
        raise not_in_this_sandbox("That kind of refund")
    with sandbox.store.transaction():
        charge = _charge(sandbox, account, params)
        amount = _amount(charge, params)
        type_ = charge["payment_method_details"]["type"]
        refund = build(
            "refund",
            id=sandbox.new_id("re" if type_ == "card" else "pyr"),
            amount=amount,
            charge=charge["id"],
            created=int(sandbox.now()),
            currency=charge["currency"],
            customer=charge["customer"],
            payment_intent=charge["payment_intent"],
            payment_method=charge["payment_method"],
            reason=params.get("reason"),
            metadata=params.get("metadata") or {},
            **_way_back(sandbox, charge, params),
        )
        booked = "refund" if type_ == "card" else "payment_refund"
        booking = charging.book(sandbox, account, refund["id"], booked, -amount, 0)
        refund["balance_transaction"] = booking["id"]
        sandbox.store.insert(account, refund)
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        sandbox.store.save(charge)
        emit(sandbox, account, "refund.created", refund)
        emit(sandbox, account, "charge.refunded", charge)
        if charge["refunded"]:
            fraud_warnings.settle(sandbox, account, charge)
        _wind(sandbox, account, charge, refund)
        return refund


def _of_balance(sandbox: Sandbox, account: str, params: Json) -> Json:
    """Money that lies in a customer's cash balance goes to a bank account yet to be named."""
    for name in ("customer", "amount", "currency"):
        if name not in params:
            raise missing(name)
    if params.keys() & (_NOT_HERE - {"origin", "customer"} | {"charge", "payment_intent"}):
        raise not_in_this_sandbox("That kind of refund")
    with sandbox.store.transaction():
        customer = sandbox.store.get(account, "customer", params["customer"], "customer")
        email = params.get("instructions_email") or customer["email"]
        if not email:
            raise missing("instructions_email")
        if not 1 <= params["amount"] <= transfers.balance_of(sandbox, customer["id"]):
            raise ApiError(
                400,
                "The customer's cash balance does not cover that refund.",
                param="amount",
                remembered=True,
            )
        refund = build(
            "refund",
            id=sandbox.new_id("pyr"),
            amount=params["amount"],
            created=int(sandbox.now()),
            currency=params["currency"].lower(),
            customer=customer["id"],
            metadata=params.get("metadata") or {},
            **_to_a_bank(sandbox, email),
        )
        sandbox.store.insert(account, refund)
        transfers.take_for_refund(sandbox, account, refund)
        emit(sandbox, account, "refund.created", refund)
        set_alarm(sandbox, account, refund["id"], "refund.expire", EXPIRES_S)
        return refund


def _way_back(sandbox: Sandbox, charge: Json, params: Json) -> Json:
    """Status and destination: to the card; to the cash balance; or by transfer to an account yet to be named."""
    type_ = charge["payment_method_details"]["type"]
    if type_ == "card":
        pending = sandbox.store.hidden(charge["id"])["refund"] == "pending"
        card = {
            "type": "refund",
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
        }
        return {
            "status": "pending" if pending else "succeeded",
            "pending_reason": "processing" if pending else None,
            "destination_details": {"type": "card", "card": card},
        }
    email = params.get("instructions_email")
    if type_ == "customer_balance" and not email:
        return {
            "status": "succeeded",
            "destination_details": {"type": "customer_cash_balance", "customer_cash_balance": {}},
        }
    email = email or charge["billing_details"]["email"]
    if not email:
        raise missing("instructions_email")
    return _to_a_bank(sandbox, email)


def _to_a_bank(sandbox: Sandbox, email: str) -> Json:
    now = int(sandbox.now())
    return {
        "status": "requires_action",
        "instructions_email": email,
        "destination_details": {"type": "jp_bank_transfer", "jp_bank_transfer": {}},
        "next_action": {
            "type": "display_details",
            "display_details": {
                "email_sent": {"email_sent_at": now, "email_sent_to": email},
                "expires_at": now + EXPIRES_S,
            },
        },
    }


def _wind(sandbox: Sandbox, account: str, charge: Json, refund: Json) -> None:
    """Sets what happens to the refund by itself."""
    if refund["status"] == "requires_action":
        set_alarm(sandbox, account, refund["id"], "refund.expire", EXPIRES_S)
        return
    behaviour = sandbox.store.hidden(charge["id"])["refund"]
    if behaviour == "by_bank":
        transfers.refund_to_balance(sandbox, account, refund["customer"], refund)
    elif behaviour == "pending":
        set_alarm(sandbox, account, refund["id"], "refund.succeed", SETTLES_AFTER_S)
    elif behaviour == "failed":
        set_alarm(sandbox, account, refund["id"], "refund.fail", SETTLES_AFTER_S)


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
    if charge["disputed"] and not _is_refundable(sandbox, charge["id"]):
        raise conflict_of_state(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", "charge_disputed"
        )
    if not charge["captured"]:
        raise conflict_of_state(
            f"Charge {charge['id']} has not been captured; cancel its PaymentIntent instead.",
            "charge_not_refundable",
        )
    return charge


def _is_refundable(sandbox: Sandbox, charge_id: str) -> bool:
    rows = sandbox.store.rows(
        "SELECT json_extract(body, '$.is_charge_refundable') AS yes FROM objects WHERE"
        " json_extract(body, '$.charge') = ? AND kind = 'dispute'",
        (charge_id,),
    )
    return all(row["yes"] for row in rows)


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


def succeed(sandbox: Sandbox, account: str, refund_id: str) -> Json:
    """A refund that waited has arrived: at the card, or at the bank account that the customer has named."""
    with sandbox.store.transaction():
        refund = _waiting(sandbox, account, refund_id)
        was = refund["status"]
        clear_alarms(sandbox, refund_id)
        refund |= {"status": "succeeded", "pending_reason": None, "next_action": None}
        sandbox.store.save(refund)
        emit(sandbox, account, "refund.updated", refund, {"status": was})
        return refund


def fail(sandbox: Sandbox, account: str, refund_id: str, reason: str = "expired_or_canceled_card") -> Json:
    """A refund has come back: the money is in the merchant's balance again."""
    with sandbox.store.transaction():
        refund = sandbox.store.get(account, "refund", refund_id, "refund")
        if refund["status"] in {"failed", "canceled"} or not may_fail(refund):
            raise _wrong_state(refund, "failed")
        _undo(sandbox, account, refund)
        was = refund["status"]
        refund |= {"status": "failed", "failure_reason": reason, "next_action": None}
        sandbox.store.save(refund)
        emit(sandbox, account, "refund.updated", refund, {"status": was})
        emit(sandbox, account, "refund.failed", refund)
        return refund


def may_fail(refund: Json) -> bool:
    """A reservation that was let go moved no money, and what lies in a cash balance has arrived."""
    to = (refund["destination_details"] or {}).get("type")
    moved = refund["balance_transaction"] is not None or refund["charge"] is None
    return moved and to != "customer_cash_balance"


def cancel(sandbox: Sandbox, account: str, refund_id: str) -> Json:
    """Takes back a refund whose customer has not named an account yet."""
    with sandbox.store.transaction():
        refund = sandbox.store.get(account, "refund", refund_id, "refund")
        if refund["status"] != "requires_action":
            raise _wrong_state(refund, "canceled")
        _undo(sandbox, account, refund)
        refund |= {"status": "canceled", "next_action": None}
        sandbox.store.save(refund)
        emit(sandbox, account, "refund.updated", refund, {"status": "requires_action"})
        return refund


def expire(sandbox: Sandbox, account: str, refund_id: str) -> Json:
    """The customer named no account in time (also Stripe's test helper)."""
    refund = sandbox.store.get(account, "refund", refund_id, "refund")
    if refund["status"] != "requires_action":
        raise _wrong_state(refund, "expired")
    return fail(sandbox, account, refund_id, "unknown")


def update(sandbox: Sandbox, account: str, refund_id: str, params: Json) -> Json:
    with sandbox.store.transaction():
        refund = sandbox.store.get(account, "refund", refund_id, "refund")
        if "metadata" in params:
            old = refund["metadata"]
            refund["metadata"] = merged_metadata(old, params["metadata"])
            sandbox.store.save(refund)
            emit(sandbox, account, "refund.updated", refund, {"metadata": old})
        return refund


def _undo(sandbox: Sandbox, account: str, refund: Json) -> None:
    clear_alarms(sandbox, refund["id"])
    if refund["charge"] is None:
        transfers.refund_to_balance(sandbox, account, refund["customer"], refund)
        return
    card = refund["destination_details"]["type"] == "card"
    type_ = "refund_failure" if card else "payment_failure_refund"
    booking = charging.book(sandbox, account, refund["id"], type_, refund["amount"], 0)
    refund["failure_balance_transaction"] = booking["id"]
    charge = sandbox.store.get(account, "charge", refund["charge"])
    charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
    sandbox.store.save(charge)


def _waiting(sandbox: Sandbox, account: str, refund_id: str) -> Json:
    refund = sandbox.store.get(account, "refund", refund_id, "refund")
    if refund["status"] not in {"pending", "requires_action"}:
        raise _wrong_state(refund, "completed")
    return refund


def _wrong_state(refund: Json, verb: str) -> ApiError:
    return ApiError(400, f"This refund cannot be {verb}: its status is {refund['status']}.", remembered=True)
