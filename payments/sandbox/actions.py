"""What people other than the shop do to a payment: the provider's staff, the issuer, a customer at a till or a bank.

Imported by the control API and the panel, which both offer all of it. Each action takes the sandbox, the object's id
and a hash of what it needs, and answers with the object that came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import capturing, disputes, fraud_warnings, konbini, refunds, sessions, transfers
from .context import Sandbox
from .errors import ApiError, no_such
from .fields import Json

Action = Callable[[Sandbox, str, str, Json], Json]


def owner_of(sandbox: Sandbox, kind: str, object_id: str) -> str:
    """The account that an object belongs to. Raises ApiError 404 for an unknown one."""
    rows = sandbox.store.rows("SELECT account FROM objects WHERE id = ? AND kind = ?", (object_id, kind))
    if not rows:
        raise no_such(kind, object_id)
    return sandbox.keys.by_id(rows[0]["account"]).id


def _number(given: Json, name: str) -> int | None:
    """A whole number that may be missing. Raises ApiError for anything else."""
    value: Any = given.get(name)
    if value is None or value == "":
        return None
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ApiError(400, f"{name} is a whole number of yen.", param=name)
    return int(text)


def _text(given: Json, name: str, otherwise: str) -> str:
    value = given.get(name) or otherwise
    if not isinstance(value, str) or len(value) > 500:
        raise ApiError(400, f"{name} is a text.", param=name)
    return value


def _amount(given: Json) -> Json:
    amount = _number(given, "amount")
    return {} if amount is None else {"amount": amount}


def _charge(sandbox: Sandbox, account: str, intent_id: str) -> str:
    intent = sandbox.store.get(account, "payment_intent", intent_id, "payment_intent")
    if not intent["latest_charge"]:
        raise ApiError(400, "This payment has no charge.")
    return str(intent["latest_charge"])


def _refund(sandbox: Sandbox, account: str, intent_id: str, given: Json) -> Json:
    """A refund from the provider's own screen: the shop hears of it by webhook only."""
    reason = {"reason": given["reason"]} if given.get("reason") else {}
    if reason and given["reason"] not in {"duplicate", "fraudulent", "requested_by_customer"}:
        raise ApiError(400, "reason is duplicate, fraudulent or requested_by_customer.", param="reason")
    return refunds.create(sandbox, account, {"payment_intent": intent_id, **_amount(given), **reason})


def _dispute(sandbox: Sandbox, account: str, intent_id: str, given: Json) -> Json:
    return disputes.open_dispute(
        sandbox,
        account,
        _charge(sandbox, account, intent_id),
        _text(given, "reason", "fraudulent"),
        inquiry=given.get("inquiry") in {True, "yes"},
        amount=_number(given, "amount"),
    )


def _warn(sandbox: Sandbox, account: str, intent_id: str, given: Json) -> Json:
    charge = _charge(sandbox, account, intent_id)
    return fraud_warnings.warn(sandbox, account, charge, _text(given, "fraud_type", "misc"))


def _capture(sandbox: Sandbox, account: str, intent_id: str, given: Json) -> Json:
    amount = _number(given, "amount")
    params = {} if amount is None else {"amount_to_capture": amount}
    return capturing.capture(sandbox, account, intent_id, params)


def _cancel(sandbox: Sandbox, account: str, intent_id: str, _given: Json) -> Json:
    return capturing.cancel(sandbox, account, intent_id, {"cancellation_reason": "requested_by_customer"})


def _pay(sandbox: Sandbox, account: str, intent_id: str, given: Json) -> Json:
    return konbini.pay(sandbox, account, intent_id, _text(given, "store", "familymart"))


def _expire(sandbox: Sandbox, account: str, intent_id: str, _given: Json) -> Json:
    return konbini.expire(sandbox, account, intent_id)


def _fund(sandbox: Sandbox, account: str, intent_id: str, given: Json) -> Json:
    """The customer transfers money, by default all that is missing, and names the payment's reference."""
    intent = sandbox.store.get(account, "payment_intent", intent_id, "payment_intent")
    if not transfers.is_waiting(intent):
        raise ApiError(400, "No bank transfer is awaited for this payment.")
    told = intent["next_action"]["display_bank_transfer_instructions"]
    amount = _number(given, "amount")
    params = {
        "amount": told["amount_remaining"] if amount is None else amount,
        "currency": "jpy",
        "reference": _text(given, "reference", told["reference"]),
    }
    return transfers.fund(sandbox, account, intent["customer"], params)


def _verdict(verdict: str) -> Action:
    return lambda sandbox, account, dispute_id, _given: disputes.decide(sandbox, account, dispute_id, verdict)


PAYMENT_ACTIONS: dict[str, Action] = {
    "cancel": _cancel,
    "capture": _capture,
    "dispute": _dispute,
    "expire": _expire,
    "fraud_warning": _warn,
    "fund": _fund,
    "pay": _pay,
    "refund": _refund,
}
DISPUTE_ACTIONS: dict[str, Action] = {
    verdict: _verdict(verdict) for verdict in ("won", "lost", "closed", "escalated")
}
REFUND_ACTIONS: dict[str, Action] = {
    "complete": lambda s, a, i, _given: refunds.succeed(s, a, i),
    "fail": lambda s, a, i, _given: refunds.fail(s, a, i),
}
SESSION_ACTIONS: dict[str, Action] = {"expire": lambda s, a, i, _given: sessions.expire(s, a, i)}
ACTIONS: dict[str, tuple[str, dict[str, Action]]] = {
    "payments": ("payment_intent", PAYMENT_ACTIONS),
    "disputes": ("dispute", DISPUTE_ACTIONS),
    "refunds": ("refund", REFUND_ACTIONS),
    "sessions": ("checkout.session", SESSION_ACTIONS),
}


def act(sandbox: Sandbox, group: str, object_id: str, action: str, given: Json) -> Json:
    """Does one action. Raises ApiError for an unknown group, action or object, and when the state forbids it."""
    if group not in ACTIONS or action not in ACTIONS[group][1]:
        known = ", ".join(ACTIONS[group][1]) if group in ACTIONS else ", ".join(ACTIONS)
        raise ApiError(404, f"There is no such action. Known: {known}.")
    kind, run = ACTIONS[group][0], ACTIONS[group][1][action]
    with sandbox.store.transaction():
        return run(sandbox, owner_of(sandbox, kind, object_id), object_id, given)


def possible(intent: Json, charge: Json | None) -> list[str]:
    """The actions that the state of a payment allows, for a screen that offers no others."""
    offered = []
    if konbini.is_waiting(intent):
        offered += ["pay", "expire"]
    if transfers.is_waiting(intent):
        offered += ["fund"]
    if intent["status"] == "requires_capture":
        offered += ["capture"]
    if intent["status"] in capturing.CANCELABLE:
        offered += ["cancel"]
    unspent = bool(charge and charge["captured"] and charge["amount_refunded"] < charge["amount"])
    if unspent and charge and not charge["disputed"]:
        offered += ["refund"]
    card = bool(charge and charge["payment_method_details"]["type"] == "card" and charge["paid"])
    if card and charge and charge["captured"] and not charge["disputed"]:
        offered += ["dispute"]
    return [*offered, "fraud_warning"] if card else offered
