"""What a Checkout Session's parameters may be: what its mode forbids or needs, what this sandbox leaves out.

Imported by `sessions`.
"""

from __future__ import annotations

from . import offered
from .config import origin_of
from .errors import invalid, missing, not_in_this_sandbox
from .fields import Json

SHORTEST_S, LONGEST_S = 30 * 60, 24 * 3600
"""How long a session may live (Stripe, `expires_at`)."""
CLOCK_GRACE_S = 60
"""A caller who asks for exactly thirty minutes by its own clock must not fail for a second's difference."""
MOST_LINES = 100
# What each mode of the page forbids: the parameter texts of the SDK.
_FORBIDDEN = {
    "elements": (
        "after_expiration",
        "branding_settings",
        "cancel_url",
        "custom_fields",
        "custom_text",
        "optional_items",
        "origin_context",
        "submit_type",
        "success_url",
    ),
    "hosted_page": ("permissions", "return_url", "redirect_on_completion"),
}
# What the sandbox acts on. Anything else of Stripe's parameters is refused, never silently left out.
COPIED = (
    "adaptive_pricing",
    "allowed_payment_method_types",
    "cancel_url",
    "client_reference_id",
    "customer_creation",
    "customer_email",
    "excluded_payment_method_types",
    "integration_identifier",
    "locale",
    "metadata",
    "return_url",
    "saved_payment_method_options",
    "success_url",
    "wallet_options",
)
_READ = (
    "currency",
    "customer",
    "expand",
    "expires_at",
    "line_items",
    "mode",
    "payment_intent_data",
    "payment_method_options",
    "setup_intent_data",
)
_ACCEPTED = {*COPIED, *_READ, "ui_mode"}
_ACCEPTED_OF_INTENT = {
    "capture_method",
    "description",
    "metadata",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor_suffix",
}
_ACCEPTED_OF_SETUP = {"description", "metadata"}
# What belongs to one mode only.
_PAYMENT_ONLY = ("line_items", "payment_intent_data")


def check(params: Json) -> None:
    """Raises ApiError for what the mode forbids or needs, and for what this sandbox leaves out."""
    if params.get("mode", "payment") not in {"payment", "setup"}:
        raise not_in_this_sandbox(f"mode={params['mode']}")
    mode = params.get("ui_mode", "hosted_page")
    if mode not in _FORBIDDEN:
        raise not_in_this_sandbox(f"ui_mode={mode}")
    for name in _FORBIDDEN[mode]:
        if name in params:
            raise invalid(f"You can't set `{name}` if `ui_mode` is `{mode}`.", name)
    _check_known(params)
    _check_urls(params, "success_url" if mode == "hosted_page" else "return_url")
    if params.get("customer"):
        for name in ("customer_email", "customer_creation"):
            if params.get(name):
                raise invalid(f"You may only specify one of these parameters: customer, {name}.", "customer")
    _check_mode(params)


def _check_mode(params: Json) -> None:
    if params.get("mode") == "setup":
        for name in _PAYMENT_ONLY:
            if name in params:
                raise invalid(f"You can not pass `{name}` in `setup` mode.", name)
        return
    if "setup_intent_data" in params:
        raise invalid("You can not pass `setup_intent_data` in `payment` mode.", "setup_intent_data")
    if params.get("currency", "jpy").lower() != "jpy":
        raise invalid(f"Invalid currency: {params['currency'][:8]}. This sandbox takes jpy.", "currency")
    if not params.get("line_items"):
        raise missing("line_items")
    if len(params["line_items"]) > MOST_LINES:
        raise invalid(f"line_items can have at most {MOST_LINES} entries.", "line_items")


def _check_known(params: Json) -> None:
    unknown = {
        *(params.keys() - _ACCEPTED),
        *(
            f"payment_intent_data[{name}]"
            for name in params.get("payment_intent_data", {}).keys() - _ACCEPTED_OF_INTENT
        ),
        *(
            f"setup_intent_data[{name}]"
            for name in params.get("setup_intent_data", {}).keys() - _ACCEPTED_OF_SETUP
        ),
    }
    if unknown:
        raise not_in_this_sandbox(f"The parameter {min(unknown)}")
    offered.check_options(params)


def _check_urls(params: Json, needed: str) -> None:
    if needed not in params:
        raise missing(needed)
    for name in ("success_url", "cancel_url", "return_url"):
        if name in params and not origin_of(params[name]):
            raise invalid("Not a valid URL", name, "url_invalid")


def expiry(params: Json, now: float) -> int:
    """When the session ends. Raises ApiError outside Stripe's bounds."""
    expires_at = int(params.get("expires_at", now + LONGEST_S))
    if not now + SHORTEST_S - CLOCK_GRACE_S <= expires_at <= now + LONGEST_S + CLOCK_GRACE_S:
        raise invalid("`expires_at` must be between 30 minutes and 24 hours from now.", "expires_at")
    return expires_at
