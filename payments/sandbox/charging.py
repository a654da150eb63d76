"""Charges of a PaymentIntent: authorised, captured, declined, received otherwise, and booked. Imported by
`attempts`, `intents` and whatever moves money.

Every function belongs inside the caller's transaction.
"""

from __future__ import annotations

from typing import Any

from .alarms import clear_alarms, set_alarm
from .cards import MESSAGES, Card
from .context import Sandbox
from .events import emit
from .fields import Json, build
from .outcomes import Outcome

FEE_PERCENT = {"card": 3.6, "konbini": 3.6, "customer_balance": 1.5}
"""Stripe's list prices in Japan (those without a card from memory)."""
SETTLEMENT_S = 4 * 86_400


def new_charge(sandbox: Sandbox, intent: Json, method: Json, details: Json, **values: Any) -> Json:
    """A charge of that intent, not stored yet; `details` is the method's part of payment_method_details."""
    return build(
        "charge",
        id=sandbox.new_id("ch" if method["type"] == "card" else "py"),
        created=int(sandbox.now()),
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        livemode=False,
        metadata=intent["metadata"],
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": method["type"], method["type"]: details},
        billing_details=method["billing_details"],
        receipt_email=intent["receipt_email"],
        shipping=intent["shipping"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        **values,
    )


def _card_details(sandbox: Sandbox, intent: Json, card: Card, auth: Json | None) -> Json:
    """What the charge tells of its card; `auth` is the result of 3-D Secure or None."""
    outcome = card.outcome
    reserved = is_manual(intent) and not outcome.decline_code
    return {
        "amount_authorized": intent["amount"],
        "brand": card.brand,
        "capture_before": int(sandbox.now() + sandbox.config.authorisation_s) if reserved else None,
        "checks": {"cvc_check": outcome.cvc_check, "address_postal_code_check": outcome.postal_code_check},
        "country": card.country,
        "electronic_commerce_indicator": (auth or {}).get("electronic_commerce_indicator"),
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "last4": card.last4,
        "network": card.brand,
        "network_token": {"used": False},
        "three_d_secure": auth,
    }


def is_manual(intent: Json) -> bool:
    """True when a card's charge only reserves: the intent says so, or its option for cards."""
    options = (intent["payment_method_options"] or {}).get("card") or {}
    return "manual" in (intent["capture_method"], options.get("capture_method"))


def approve(
    sandbox: Sandbox, account: str, intent: Json, method: Json, card: Card, auth: Json | None
) -> Json:
    """Takes or, with manual capture, only reserves the money. Changes and stores intent and charge."""
    outcome = card.outcome
    charge = new_charge(
        sandbox,
        intent,
        method,
        _card_details(sandbox, intent, card, auth),
        outcome=_approved(outcome),
        paid=True,
        status="succeeded",
    )
    charge["calculated_statement_descriptor"] = "HITSUKA SANDBOX"
    sandbox.store.insert(
        account,
        charge,
        refund=outcome.refund,
        at_once=outcome.available_at_once,
        afterwards=outcome.afterwards,
    )
    _point_to(intent, charge, method)
    if is_manual(intent):
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        sandbox.store.save(intent)
        set_alarm(sandbox, account, intent["id"], "capture.expire", sandbox.config.authorisation_s)
        emit(sandbox, account, "charge.succeeded", charge)
        emit(sandbox, account, "payment_intent.amount_capturable_updated", intent)
    else:
        take(sandbox, account, intent, charge, intent["amount"], "charge.succeeded")
    return charge


def receive(sandbox: Sandbox, account: str, intent: Json, method: Json, details: Json) -> Json:
    """Records money that came by a way without a card: a store's till, a bank."""
    charge = new_charge(sandbox, intent, method, details, paid=True, status="succeeded")
    sandbox.store.insert(account, charge, refund="by_bank", at_once=False, afterwards="")
    _point_to(intent, charge, method)
    take(sandbox, account, intent, charge, intent["amount"], "charge.succeeded")
    return charge


def _point_to(intent: Json, charge: Json, method: Json) -> None:
    intent |= {
        "latest_charge": charge["id"],
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": None,
    }


def take(sandbox: Sandbox, account: str, intent: Json, charge: Json, amount: int, event: str) -> None:
    """Captures the amount; the rest of a reservation is let go. The booking follows as `charge.updated`."""
    clear_alarms(sandbox, intent["id"])
    charge |= {"captured": True, "amount_captured": amount, "amount_refunded": charge["amount"] - amount}
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    sandbox.store.save(charge)
    sandbox.store.save(intent)
    emit(sandbox, account, event, charge)
    emit(sandbox, account, "payment_intent.succeeded", intent)
    type_ = charge["payment_method_details"]["type"]
    fee = round(amount * FEE_PERCENT[type_] / 100)
    hidden = sandbox.store.hidden(charge["id"])
    booking = book(
        sandbox,
        account,
        charge["id"],
        "charge" if type_ == "card" else "payment",
        amount,
        fee,
        at_once=hidden["at_once"],
    )
    charge["balance_transaction"] = booking["id"]
    sandbox.store.save(charge)
    emit(sandbox, account, "charge.updated", charge, {"balance_transaction": None})
    if hidden.get("afterwards"):
        set_alarm(sandbox, account, charge["id"], f"issuer.{hidden['afterwards']}", 0)


def decline(
    sandbox: Sandbox, account: str, intent: Json, method: Json, card: Card, auth: Json | None
) -> Json:
    """Records a failed charge and puts the intent back to `requires_payment_method`. Returns the error."""
    outcome = card.outcome
    code = outcome.error_code
    message = MESSAGES.get(code, MESSAGES["card_declined"])
    charge = new_charge(
        sandbox,
        intent,
        method,
        _card_details(sandbox, intent, card, auth),
        outcome=_refused(outcome),
        paid=False,
        status="failed",
        failure_code=code,
        failure_message=message,
    )
    sandbox.store.insert(account, charge)
    intent["latest_charge"] = charge["id"]
    # The card's own word for a payment that Stripe blocked stays inside: the answer says only "declined".
    error = {
        "type": "card_error",
        "code": code,
        "decline_code": outcome.decline_code,
        "message": MESSAGES.get(outcome.decline_code or "", message),
        "charge": charge["id"],
        "payment_method": method,
        "payment_method_type": "card",
        "doc_url": f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}",
    }
    emit(sandbox, account, "charge.failed", charge)
    fail(sandbox, account, intent, error)
    return error


def fail(sandbox: Sandbox, account: str, intent: Json, error: Json) -> None:
    """Puts the intent back to `requires_payment_method` with this error."""
    filled = build("payment_intent", **{**intent, "last_payment_error": error})["last_payment_error"]
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": filled,
        "next_action": None,
        "payment_method": None,
    }
    sandbox.store.save(intent)
    emit(sandbox, account, "payment_intent.payment_failed", intent)


# A movement's type, where its reporting category has another name (Stripe, reporting categories).
_CATEGORIES = {"payment": "charge", "payment_refund": "refund", "payment_failure_refund": "refund_failure"}


def book(
    sandbox: Sandbox,
    account: str,
    source: str,
    type_: str,
    amount: int,
    fee: int,
    *,
    at_once: bool = False,
    category: str = "",
    description: str | None = None,
) -> Json:
    """Enters a movement of the balance; `amount` is negative for what leaves it."""
    now = int(sandbox.now())
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": "jpy",
            "description": "Dispute fee" if category == "dispute" else "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    transaction = build(
        "balance_transaction",
        id=sandbox.new_id("txn"),
        amount=amount,
        available_on=now if at_once else now + SETTLEMENT_S,
        balance_type="payments",
        created=now,
        currency="jpy",
        description=description,
        fee=fee,
        fee_details=details if fee else [],
        net=amount - fee,
        reporting_category=category or _CATEGORIES.get(type_, type_),
        source=source,
        status="available" if at_once else "pending",
        type=type_,
    )
    return sandbox.store.insert(account, transaction)


def _approved(outcome: Outcome) -> Json:
    return {
        "network_status": "approved_by_network",
        "risk_level": outcome.risk_level,
        "risk_score": 65 if outcome.risk_level == "elevated" else 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def _refused(outcome: Outcome) -> Json:
    if outcome.blocked:
        return {
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "risk_level": outcome.risk_level,
            "risk_score": 92,
            "seller_message": "Stripe blocked this payment as too risky.",
            "type": "blocked",
        }
    return {
        "network_status": "declined_by_network",
        "network_decline_code": "51" if outcome.decline_code == "insufficient_funds" else "05",
        "reason": outcome.decline_code,
        "risk_level": outcome.risk_level,
        "risk_score": 20,
        "seller_message": f"The bank returned the decline code `{outcome.decline_code}`.",
        "type": "issuer_declined",
    }
