"""Payment at a convenience store: a voucher with codes, paid at a till, or expired. Imported by `attempts`,
`clockwork`, the voucher's page and the control API.

Stripe's test addresses and test phone numbers decide what happens by itself (from memory): an e-mail address that
ends in `succeed_immediately@…`, `expire_immediately@…`, `expire_with_delay@…` or `fill_never@…`, or a confirmation
number 22222222220, 33333333330, 44444444440, 55555555550. Anything else pays after three minutes.
"""

from __future__ import annotations

import datetime as dt

from . import async_result, charging
from .alarms import clear_alarms, set_alarm
from .context import Sandbox
from .errors import ApiError, invalid
from .events import emit
from .fields import Json

DAYS, MOST_DAYS = 3, 60
DELAY_S = 180.0
STORES = ("familymart", "lawson", "ministop", "seicomart")
_JST = dt.timezone(dt.timedelta(hours=9))
_BY_NUMBER = {
    "22222222220": "succeed_immediately",
    "33333333330": "expire_immediately",
    "44444444440": "expire_with_delay",
    "55555555550": "fill_never",
}
_ALARMS: dict[str, tuple[str, float]] = {
    "succeed_immediately": ("konbini.pay", 0.0),
    "expire_immediately": ("konbini.expire", 0.0),
    "expire_with_delay": ("konbini.expire", DELAY_S),
}
EXPIRED = {
    "type": "invalid_request_error",
    "code": "payment_intent_payment_attempt_expired",
    "message": "The payment was not made in time. Give the customer a new voucher or another way to pay.",
    "payment_method_type": "konbini",
}


def show(sandbox: Sandbox, account: str, intent: Json, method: Json) -> None:
    """Hands out a voucher: the intent waits for the customer to pay at a store."""
    if not method["billing_details"]["email"] or not method["billing_details"]["name"]:
        raise invalid(
            "A konbini payment needs the customer's name and e-mail address.",
            "payment_method_data[billing_details]",
            "parameter_missing",
        )
    options = (intent["payment_method_options"] or {}).get("konbini") or {}
    expires_at = _expiry(sandbox, options)
    number = options.get("confirmation_number") or f"0{sandbox.ids.number('konbini', 10**10):010}"
    stores = {
        store: {
            "payment_code": f"{sandbox.ids.number('konbini', 10**6):06}",
            "confirmation_number": None if store == "seicomart" else number,
        }
        for store in STORES
    }
    intent |= {
        "status": "requires_action",
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": {
            "type": "konbini_display_details",
            "konbini_display_details": {
                "expires_at": expires_at,
                "hosted_voucher_url": f"{sandbox.config.browser_url}/konbini/{intent['id']}/{_secret(intent)}",
                "stores": stores,
            },
        },
    }
    sandbox.store.save(intent)
    emit(sandbox, account, "payment_intent.requires_action", intent)
    _wind(sandbox, account, intent, method, number, expires_at)


def _secret(intent: Json) -> str:
    return str(intent["client_secret"]).rpartition("_")[2]


def find(sandbox: Sandbox, intent_id: str, secret: str) -> tuple[str, Json]:
    """Account and intent of a voucher's page. Raises ApiError 404 when the address is not that of a voucher."""
    rows = sandbox.store.rows(
        "SELECT account FROM objects WHERE id = ? AND kind = 'payment_intent'", (intent_id,)
    )
    if rows:
        intent = sandbox.store.get(rows[0]["account"], "payment_intent", intent_id)
        if _secret(intent) == secret:
            return rows[0]["account"], intent
    raise ApiError(404, "There is no such voucher.")


def _expiry(sandbox: Sandbox, options: Json) -> int:
    """23:59:59 Japanese time, so many days from today, or the moment that the shop named."""
    now = sandbox.now()
    if options.get("expires_at"):
        at = int(options["expires_at"])
        if not now < at <= now + MOST_DAYS * 86_400:
            raise invalid(
                f"expires_at must be within the next {MOST_DAYS} days.",
                "payment_method_options[konbini][expires_at]",
            )
        return at
    day = dt.datetime.fromtimestamp(now, _JST).date() + dt.timedelta(
        days=options.get("expires_after_days") or DAYS
    )
    return int(dt.datetime.combine(day, dt.time(23, 59, 59), _JST).timestamp())


def _wind(sandbox: Sandbox, account: str, intent: Json, method: Json, number: str, expires_at: int) -> None:
    """Sets what happens by itself: expiry always, and what the test address or number asks for."""
    local = method["billing_details"]["email"].partition("@")[0]
    asked = next((name for name in (*_ALARMS, "fill_never") if local.endswith(name)), None)
    asked = asked or _BY_NUMBER.get(number) or "pay"
    set_alarm(sandbox, account, intent["id"], "konbini.expire", expires_at - sandbox.now())
    if asked != "fill_never":
        what, after_s = _ALARMS.get(asked, ("konbini.pay", DELAY_S))
        set_alarm(sandbox, account, intent["id"], what, after_s)


def is_waiting(intent: Json) -> bool:
    action = intent["next_action"] or {}
    return intent["status"] == "requires_action" and action.get("type") == "konbini_display_details"


def pay(sandbox: Sandbox, account: str, intent_id: str, store: str = "familymart") -> Json:
    """The customer pays at a till. Raises ApiError when no voucher waits or there is no such chain."""
    if store not in STORES:
        raise ApiError(400, f"store is one of {', '.join(STORES)}.", param="store")
    with sandbox.store.transaction():
        intent = _waiting(sandbox, account, intent_id)
        method = sandbox.store.get(account, "payment_method", intent["payment_method"])
        charging.receive(sandbox, account, intent, method, {"store": {"chain": store}})
        async_result.told(sandbox, account, intent, paid=True)
        return intent


def expire(sandbox: Sandbox, account: str, intent_id: str) -> Json:
    """The voucher's time is up: the payment has failed. Raises ApiError when no voucher waits."""
    with sandbox.store.transaction():
        intent = _waiting(sandbox, account, intent_id)
        method = sandbox.store.get(account, "payment_method", intent["payment_method"])
        clear_alarms(sandbox, intent_id)
        charging.fail(sandbox, account, intent, {**EXPIRED, "payment_method": method})
        async_result.told(sandbox, account, intent, paid=False)
        return intent


def _waiting(sandbox: Sandbox, account: str, intent_id: str) -> Json:
    intent = sandbox.store.get(account, "payment_intent", intent_id, "intent")
    if not is_waiting(intent):
        raise ApiError(400, "No convenience store voucher is waiting to be paid.")
    return intent
