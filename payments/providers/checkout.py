"""Checkout Sessions (card payments) in Stripe's words and back. Pure translation; the adapter beside it calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payments.money import Money
from payments.provider import Charge, Decline, Session, SessionRequest, SessionStatus, UIMode
from payments.providers.objects import in_full, moment


def create_params(request: SessionRequest) -> dict[str, Any]:
    """POST /v1/checkout/sessions."""
    metadata = {
        "payment": request.reference,
        "attempt": request.idempotency_key,
        "request": request.request_id,
    }
    params: dict[str, Any] = {
        "mode": "payment",
        "ui_mode": request.ui_mode.value,
        "client_reference_id": request.reference,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "line_items": [
            {
                "quantity": line.quantity,
                "price_data": {
                    "currency": line.unit.currency.lower(),
                    "unit_amount": line.unit.minor,
                    "product_data": {"name": line.name},
                },
            }
            for line in request.lines
        ],
        "allowed_payment_method_types": [request.method],
        "wallet_options": {"link": {"display": "never"}},
        "payment_method_options": {"card": _card_options(request)},
        "locale": request.locale,
        "expires_at": int(request.expires_at.timestamp()),
    }
    if request.customer:
        params["customer"] = request.customer
        # What was kept here was kept with its holder's word, whatever name Stripe has for it.
        params["saved_payment_method_options"] = {
            "allow_redisplay_filters": ["always", "limited", "unspecified"]
        }
    elif request.email:
        params["customer_email"] = request.email
    if request.ui_mode is UIMode.HOSTED_PAGE:
        return params | {"success_url": request.return_url, "cancel_url": request.cancel_url}
    return params | {"return_url": request.return_url}


def _card_options(request: SessionRequest) -> dict[str, str]:
    asked = {"request_three_d_secure": request.three_d_secure.value}
    if request.save_card and request.customer:
        asked["setup_future_usage"] = "on_session"
    return asked | {"capture_method": "manual"} if request.capture_later else asked


def told(session: Any, charge: Callable[[Any], Charge]) -> Session:
    """A Checkout Session as the port's, with its payment's last charge."""
    intent = in_full(session.payment_intent)
    last = in_full(intent.latest_charge) if intent is not None else None
    metadata: Any = session.metadata.to_dict() if session.metadata else {}
    return Session(
        id=session.id,
        status=SessionStatus(session.status or "expired"),
        paid=session.payment_status == "paid",
        reference=session.client_reference_id,
        attempt=metadata.get("attempt"),
        amount=Money(session.amount_total or 0, (session.currency or "jpy").upper()),
        livemode=session.livemode,
        ui_mode=str(session.ui_mode),
        methods=tuple(session.payment_method_types or ()),
        url=session.url,
        client_secret=session.client_secret,
        payment_id=intent.id if intent is not None else session.payment_intent,
        payment_status=intent.status if intent is not None else None,
        charge=charge(last) if last is not None else None,
        decline=_decline(intent.last_payment_error) if intent is not None else None,
        created=moment(session.created),
        expires_at=moment(session.expires_at),
    )


_FUNDS = frozenset({"insufficient_funds", "card_velocity_exceeded", "withdrawal_count_limit_exceeded"})
_ENTRY = frozenset(
    {
        "incorrect_number",
        "invalid_number",
        "incorrect_cvc",
        "invalid_cvc",
        "expired_card",
        "invalid_expiry_year",
    }
)
_AUTHENTICATION = frozenset({"authentication_required", "payment_intent_authentication_failure"})


def _decline(error: Any) -> Decline | None:
    """As coarse as a stranger may know it (docs.stripe.com/declines/codes)."""
    if error is None:
        return None
    words = {str(error.code), str(getattr(error, "decline_code", None))}
    for group, kind in (
        (_FUNDS, Decline.FUNDS),
        (_ENTRY, Decline.ENTRY),
        (_AUTHENTICATION, Decline.AUTHENTICATION),
    ):
        if words & group:
            return kind
    return Decline.ISSUER
