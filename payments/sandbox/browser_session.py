"""The Checkout Session as the browser script gives it to the shop's page. Imported by `elements`.

The shape is that of Stripe's own script (npm package `@stripe/stripe-js`): names in camel case, amounts
with a written form beside the number.
"""

from __future__ import annotations

from . import confirm, lists, methods
from .context import Sandbox
from .fields import Json
from .operations import account_object
from .texts import reason


def amount(value: int) -> Json:
    return {"minorUnitsAmount": value, "amount": f"¥{value:,}"}


def browser_session(sandbox: Sandbox, account: str, session: Json, lang: str) -> Json:
    """`canConfirm` tells what the server knows; the script adds whether the card fields are filled in."""
    email = confirm.payer_email(sandbox, account, session)
    total = session["amount_total"] or 0
    lines = lists.line_items(sandbox, session, {"limit": 100})["data"]
    return {
        "billingAddress": None,
        "businessName": account_object(sandbox, account)["business_profile"]["name"],
        "canConfirm": session["status"] == "open" and email is not None,
        "currency": session["currency"],
        "currencyOptions": None,
        "discountAmounts": None,
        "email": email,
        "id": session["id"],
        "lastPaymentError": _last_error(sandbox, account, session, lang),
        "lineItems": [_line(line) for line in lines],
        "livemode": False,
        "minorUnitsAmountDivisor": 1,
        "nameCollection": None,
        "optionalItems": None,
        "paymentMethodTypes": session["payment_method_types"],
        "phoneNumber": None,
        "recurring": None,
        "returnUrl": session["return_url"],
        "savedPaymentMethods": _saved(sandbox, account, session),
        "shipping": None,
        "shippingAddress": None,
        "shippingOptions": [],
        "status": _status(session),
        "surcharge": None,
        "tax": {"status": "ready"},
        "taxAmounts": None,
        "taxIdInfo": None,
        "total": {
            "appliedBalance": amount(0),
            "balanceAppliedToNextInvoice": False,
            "discount": amount(0),
            "shippingRate": amount(0),
            "subtotal": amount(session["amount_subtotal"] or 0),
            "surcharge": amount(0),
            "taxExclusive": amount(0),
            "taxInclusive": amount(0),
            "total": amount(total),
        },
    }


def _status(session: Json) -> Json:
    if session["status"] == "complete":
        return {"type": "complete", "paymentStatus": session["payment_status"]}
    return {"type": session["status"]}


def _last_error(sandbox: Sandbox, account: str, session: Json, lang: str) -> Json | None:
    if session["payment_intent"]:
        intent = sandbox.store.get(account, "payment_intent", session["payment_intent"])
        error = intent["last_payment_error"]
    elif session["setup_intent"]:
        error = sandbox.store.get(account, "setup_intent", session["setup_intent"])["last_setup_error"]
    else:
        return None
    return {"message": reason(error, lang), "declineCode": error["decline_code"]} if error else None


def _saved(sandbox: Sandbox, account: str, session: Json) -> list[Json] | None:
    if not session["customer"]:
        return None
    filters = (session["saved_payment_method_options"] or {}).get("allow_redisplay_filters") or ["always"]
    return [
        {
            "id": method["id"],
            "type": "card",
            "card": {
                "brand": method["card"]["brand"],
                "expMonth": method["card"]["exp_month"],
                "expYear": method["card"]["exp_year"],
                "last4": method["card"]["last4"],
            },
            "billingDetails": {
                name: method["billing_details"][name] for name in ("address", "email", "name", "phone")
            },
        }
        for method in methods.saved(sandbox, account, session["customer"], tuple(filters))
    ]


def _line(line: Json) -> Json:
    zero = amount(0)
    return {
        "id": line["id"],
        "name": line["description"],
        "description": None,
        "quantity": line["quantity"],
        "unitAmount": amount(line["price"]["unit_amount"]),
        "unitAmountDecimal": None,
        "unitLabel": None,
        "subtotal": amount(line["amount_subtotal"]),
        "total": amount(line["amount_total"]),
        "discount": zero,
        "taxExclusive": zero,
        "taxInclusive": zero,
        "discountAmounts": None,
        "taxAmounts": None,
        "recurring": None,
        "adjustableQuantity": None,
        "images": [],
        "priceId": line["price"]["id"],
        "isRemovable": False,
        "pricing": None,
        "transformQuantity": None,
    }
