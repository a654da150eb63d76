"""Charges a card for a PaymentIntent: authorises, captures, declines, and books. Imported by `confirm`,
`intents`.

Every function belongs inside the caller's transaction.
"""

from __future__ import annotations

from .cards import MESSAGES, Card
from .context import Sandbox
from .events import emit
from .fields import Json, build
from .outcomes import Outcome
from .store import new_id

FEE_PERCENT = 3.6
"""Stripe's list price for a card payment in Japan."""
AUTHORISATION_S = 7 * 86_400
SETTLEMENT_S = 4 * 86_400


def new_charge(
    sandbox: Sandbox, intent: Json, method: Json, card: Card, auth: Json | None, **values: object
) -> Json:
    """A charge of that intent, not stored yet; `auth` is the result of 3-D Secure or None."""
    manual = intent["capture_method"] == "manual"
    outcome = card.outcome
    details = {
        "amount_authorized": intent["amount"],
        "brand": card.brand,
        "capture_before": int(sandbox.now()) + AUTHORISATION_S
        if manual and not outcome.decline_code
        else None,
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
    return build(
        "charge",
        id=new_id("ch"),
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
        payment_method_details={"type": "card", "card": details},
        billing_details=method["billing_details"],
        receipt_email=intent["receipt_email"],
        shipping=intent["shipping"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        **values,
    )


def approve(
    sandbox: Sandbox, account: str, intent: Json, method: Json, card: Card, auth: Json | None
) -> Json:
    """Takes or, with manual capture, only reserves the money. Changes and stores intent and charge."""
    charge = new_charge(
        sandbox, intent, method, card, auth, outcome=_approved(card.outcome), paid=True, status="succeeded"
    )
    charge["calculated_statement_descriptor"] = "HITSUKA SANDBOX"
    sandbox.store.insert(account, charge, refund=card.outcome.refund, at_once=card.outcome.available_at_once)
    intent |= {
        "latest_charge": charge["id"],
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        sandbox.store.save(intent)
        emit(sandbox, account, "charge.succeeded", charge)
        emit(sandbox, account, "payment_intent.amount_capturable_updated", intent)
    else:
        take(sandbox, account, intent, charge, intent["amount"], "charge.succeeded")
    return charge


def take(sandbox: Sandbox, account: str, intent: Json, charge: Json, amount: int, event: str) -> None:
    """Captures the amount; the rest of a reservation is let go. The booking follows as `charge.updated`."""
    charge |= {"captured": True, "amount_captured": amount, "amount_refunded": charge["amount"] - amount}
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    sandbox.store.save(charge)
    sandbox.store.save(intent)
    emit(sandbox, account, event, charge)
    emit(sandbox, account, "payment_intent.succeeded", intent)
    fee = round(amount * FEE_PERCENT / 100)
    at_once = sandbox.store.hidden(charge["id"])["at_once"]
    booking = book(sandbox, account, charge["id"], "charge", amount, fee, at_once=at_once)
    charge["balance_transaction"] = booking["id"]
    sandbox.store.save(charge)
    emit(sandbox, account, "charge.updated", charge, {"balance_transaction": None})


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
        card,
        auth,
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


def book(
    sandbox: Sandbox, account: str, source: str, type_: str, amount: int, fee: int, *, at_once: bool = False
) -> Json:
    """Enters a movement of the balance; `amount` is negative for what leaves it."""
    now = int(sandbox.now())
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": "jpy",
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    transaction = build(
        "balance_transaction",
        id=new_id("txn"),
        amount=amount,
        available_on=now if at_once else now + SETTLEMENT_S,
        balance_type="payments",
        created=now,
        currency="jpy",
        fee=fee,
        fee_details=details if fee else [],
        net=amount - fee,
        reporting_category=type_,
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
