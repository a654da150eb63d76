"""Payments without a card in Stripe's words: PaymentIntents that are confirmed as they are made. Pure translation; the
adapter beside it calls.

Why not Checkout Sessions, as for cards: the payment of a session that is complete can't be cancelled any more
(docs.stripe.com/api/payment_intents/cancel), and an account to transfer to never ends by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payments.methods import PROMISE, Method
from payments.money import Money
from payments.provider import Charge, Promise, Session, SessionRequest, SessionStatus
from payments.providers.objects import id_of, in_full, moment

_STATUS = {
    "requires_action": SessionStatus.OPEN,
    "requires_confirmation": SessionStatus.OPEN,
    "processing": SessionStatus.OPEN,
    "succeeded": SessionStatus.COMPLETE,
    # A number that ran out: without a new confirmation, which nobody makes, it can't be paid.
    "requires_payment_method": SessionStatus.EXPIRED,
    "canceled": SessionStatus.EXPIRED,
}
_ACCOUNT = ("bank_code", "bank_name", "branch_code", "branch_name", "account_type", "account_number")


def is_promise(session_id: str) -> bool:
    """Whether a session's id is a PaymentIntent's."""
    return session_id.startswith("pi_")


def create_params(request: SessionRequest, customer: str | None) -> dict[str, Any]:
    """POST /v1/payment_intents, confirmed at once."""
    assert request.payer is not None
    params: dict[str, Any] = {
        "amount": request.total.minor,
        "currency": request.total.currency.lower(),
        "allowed_payment_method_types": [request.method],
        "payment_method_data": {
            "type": request.method,
            request.method: {},
            "billing_details": {"name": request.payer.name, "email": request.payer.email},
        },
        "payment_method_options": {request.method: _options(request)},
        "metadata": metadata(request),
        "confirm": True,
        "expand": ["latest_charge"],
    }
    return params | ({"customer": customer} if customer else {})


def metadata(request: SessionRequest) -> dict[str, str]:
    return {
        "payment": request.reference,
        "attempt": request.idempotency_key,
        "request": request.request_id,
        "kind": PROMISE,
    }


def _options(request: SessionRequest) -> dict[str, Any]:
    if request.method == Method.KONBINI:
        return {"expires_at": int(request.expires_at.timestamp())}
    return {"funding_type": "bank_transfer", "bank_transfer": {"type": "jp_bank_transfer"}}


def is_ours(intent: Any) -> bool:
    """Whether an intent of the provider's list is a payment without a card, and not a Checkout Session's."""
    kept = intent.metadata.to_dict() if intent.metadata else {}
    return bool(kept.get("kind") == PROMISE)


def told(intent: Any, charge: Callable[[Any], Charge]) -> Session:
    """A PaymentIntent as the port's session."""
    kept = intent.metadata.to_dict() if intent.metadata else {}
    currency = str(intent.currency).upper()
    promise = _promise(intent, currency)
    made = moment(intent.created)
    last = in_full(intent.latest_charge)
    return Session(
        id=intent.id,
        status=_STATUS.get(intent.status, SessionStatus.OPEN),
        paid=intent.status == "succeeded",
        reference=kept.get("payment"),
        attempt=kept.get("attempt"),
        amount=Money(intent.amount, currency),
        livemode=intent.livemode,
        ui_mode=PROMISE,
        methods=tuple(intent.payment_method_types or ()),
        url=None,
        client_secret=None,
        payment_id=intent.id,
        payment_status=intent.status,
        charge=charge(last) if last is not None else None,
        decline=None,
        created=made,
        expires_at=(promise.deadline if promise else None) or made,
        promise=promise,
        customer=id_of(intent.customer),
    )


def _promise(intent: Any, currency: str) -> Promise | None:
    action = intent.next_action
    if intent.status != "requires_action" or action is None:
        return None
    if action.type == "konbini_display_details":
        shown = action.konbini_display_details
        return Promise(
            deadline=moment(shown.expires_at),
            remaining=Money(intent.amount, currency),
            details=_stores(shown.stores),
            voucher_url=shown.hosted_voucher_url,
        )
    if action.type == "display_bank_transfer_instructions":
        shown = action.display_bank_transfer_instructions
        return Promise(
            deadline=None,
            remaining=Money(shown.amount_remaining, currency),
            details={"account": _account(shown)},
            voucher_url=shown.hosted_instructions_url,
        )
    return None


def _stores(stores: Any) -> dict[str, dict[str, str | None]]:
    found = {}
    for chain in ("familymart", "lawson", "ministop", "seicomart"):
        codes = getattr(stores, chain, None)
        if codes is not None:
            found[chain] = {
                "payment_code": codes.payment_code,
                "confirmation_number": getattr(codes, "confirmation_number", None),
            }
    return found


def _account(shown: Any) -> dict[str, str | None]:
    zengin = next(one.zengin for one in shown.financial_addresses if one.type == "zengin")
    parts: dict[str, str | None] = {name: getattr(zengin, name) for name in _ACCOUNT}
    return parts | {"holder": zengin.account_holder_name, "reference": shown.reference}
