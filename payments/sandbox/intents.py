"""PaymentIntents: made, changed and confirmed over the API, or made for a Checkout Session. Imported by `operations`,
`confirm`."""

from __future__ import annotations

from typing import Any

from . import attempts, methods, offered, setups
from .capturing import unexpected
from .context import Sandbox
from .errors import ApiError, conflict_of_state, invalid, missing, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata, yen

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CREATES_WITH = {
    "allowed_payment_method_types",
    "amount",
    "automatic_payment_methods",
    "capture_method",
    "confirm",
    "confirmation_method",
    "currency",
    "customer",
    "description",
    "error_on_requires_action",
    "excluded_payment_method_types",
    "expand",
    "metadata",
    "off_session",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "shipping",
    "statement_descriptor_suffix",
    "use_stripe_sdk",
}
_CONFIRMS_WITH = {
    "capture_method",
    "error_on_requires_action",
    "expand",
    "off_session",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "use_stripe_sdk",
}
_DATA = {"type", "billing_details", "metadata", "allow_redisplay", *methods.WITHOUT_CARD}


def new(sandbox: Sandbox, account: str, **values: Any) -> Json:
    """A PaymentIntent that waits for a method; stored, its event sent."""
    intent_id = sandbox.new_id("pi")
    intent = build(
        "payment_intent",
        **{
            "id": intent_id,
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": "automatic_async",
            "client_secret": f"{intent_id}_secret_{sandbox.new_id('s')[2:]}",
            "confirmation_method": "automatic",
            "created": int(sandbox.now()),
            "livemode": False,
            "metadata": {},
            "status": "requires_payment_method",
            **values,
        },
    )
    sandbox.store.insert(account, intent)
    emit(sandbox, account, "payment_intent.created", intent)
    return intent


def create(sandbox: Sandbox, account: str, params: Json) -> Json | ApiError:
    """Makes a PaymentIntent, and confirms it at once when asked to."""
    _check(params)
    manual = params.get("capture_method") == "manual"
    types = offered.methods_for(params, params["amount"], manual=manual, saves="setup_future_usage" in params)
    with sandbox.store.transaction():
        if params.get("customer"):
            sandbox.store.get(account, "customer", params["customer"], "customer")
        copied = ("customer", "description", "receipt_email", "setup_future_usage", "shipping")
        intent = new(
            sandbox,
            account,
            **{name: params[name] for name in (*copied, "statement_descriptor_suffix") if name in params},
            amount=params["amount"],
            allowed_payment_method_types=params.get("allowed_payment_method_types"),
            automatic_payment_methods={"enabled": True, "allow_redirects": "always"}
            | params.get("automatic_payment_methods", {}),
            capture_method=params.get("capture_method", "automatic_async"),
            currency="jpy",
            metadata=params.get("metadata") or {},
            payment_method_options=offered.options_for(params, types),
            payment_method_types=types,
        )
        _choose(sandbox, account, intent, params)
        if params.get("confirm"):
            return _confirm(sandbox, account, intent, params)
        return intent


def _check(params: Json) -> None:
    """Raises ApiError for what Stripe refuses, and for what this sandbox leaves out."""
    unknown = params.keys() - _CREATES_WITH
    if unknown:
        raise not_in_this_sandbox(f"The parameter {min(unknown)}")
    if params["currency"].lower() != "jpy":
        raise invalid(f"Invalid currency: {params['currency'][:8]}. This sandbox takes jpy.", "currency")
    yen(params["amount"], "amount")
    if params.get("confirmation_method", "automatic") != "automatic":
        raise not_in_this_sandbox("confirmation_method=manual")
    for name in ("off_session", "error_on_requires_action"):
        if name in params and not params.get("confirm"):
            raise invalid(f"The parameter {name} cannot be passed when not confirming.", name)


def _choose(sandbox: Sandbox, account: str, intent: Json, params: Json) -> None:
    """Points the intent to the method that the call names or describes, if it does."""
    method = None
    if "payment_method" in params:
        method = methods.named(sandbox, account, params["payment_method"])
        if method["customer"] not in {None, intent["customer"]}:
            raise invalid(
                "The PaymentMethod belongs to a Customer; give that customer with it.",
                "payment_method",
                "payment_intent_invalid_parameter",
            )
    elif "payment_method_data" in params:
        method = _described(sandbox, account, params["payment_method_data"])
    if method is None:
        return
    if method["type"] not in intent["payment_method_types"]:
        raise invalid(
            f"The payment method type {method['type']} is not allowed for this PaymentIntent; allowed are"
            f" {', '.join(intent['payment_method_types'])}.",
            "payment_method",
            "payment_intent_invalid_parameter",
        )
    intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    sandbox.store.save(intent)


def _described(sandbox: Sandbox, account: str, data: Json) -> Json:
    if data["type"] == "card":
        raise not_in_this_sandbox("payment_method_data[type]=card; give payment_method, it")
    if data.keys() - _DATA:
        raise not_in_this_sandbox(f"The parameter payment_method_data[{min(data.keys() - _DATA)}]")
    billing = methods.billing_of(data.get("billing_details"))
    return methods.without_card(sandbox, account, data["type"], billing, data.get("metadata") or {})


def confirm(sandbox: Sandbox, account: str, intent_id: str, params: Json) -> Json | ApiError:
    """Pays with the intent's method. A refused card is an ApiError that is not raised, so that what was done stays."""
    unknown = params.keys() - _CONFIRMS_WITH
    if unknown:
        raise not_in_this_sandbox(f"The parameter {min(unknown)}")
    with sandbox.store.transaction():
        intent = sandbox.store.get(account, "payment_intent", intent_id, "intent")
        if intent["status"] not in CONFIRMABLE:
            raise unexpected(intent, "confirmed", ", ".join(CONFIRMABLE))
        if sandbox.store.hidden(intent_id).get("session"):
            raise conflict_of_state(
                "You cannot confirm this PaymentIntent because it belongs to a Checkout Session.",
                "payment_intent_unexpected_state",
                payment_intent=intent,
            )
        for name in ("capture_method", "receipt_email", "setup_future_usage"):
            if name in params:
                intent[name] = params[name] or None
        if "payment_method_options" in params:
            changed = offered.options_for(params, list(params["payment_method_options"]))
            intent["payment_method_options"] = {**(intent["payment_method_options"] or {}), **changed}
        _choose(sandbox, account, intent, params)
        return _confirm(sandbox, account, intent, params)


def _confirm(sandbox: Sandbox, account: str, intent: Json, params: Json) -> Json | ApiError:
    if not intent["payment_method"]:
        raise conflict_of_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. Give one by"
            " payment_method or payment_method_data.",
            "payment_intent_unexpected_state",
            payment_intent=intent,
        )
    off_session = params.get("off_session", "false") != "false"
    method = sandbox.store.get(account, "payment_method", intent["payment_method"])
    if off_session and intent["setup_future_usage"]:
        raise invalid("off_session and setup_future_usage exclude each other.", "off_session")
    if off_session and method["customer"] is None:
        raise missing("customer")
    return_url = "" if params.get("use_stripe_sdk") else params.get("return_url", "")
    attempt = attempts.pay(sandbox, account, intent, method, off_session=off_session, return_url=return_url)
    if attempt.challenge and params.get("error_on_requires_action"):
        error = attempts.give_up_challenge(sandbox, account, intent, method)
        return setups.refused(error, payment_intent=intent)
    if attempt.error:
        return setups.refused(attempt.error, payment_intent=intent)
    return intent


def update(sandbox: Sandbox, account: str, intent_id: str, params: Json) -> Json:
    """Changes description, receipt address and metadata; before it is confirmed also amount, customer and method.
    What belongs to a session the session owns."""
    with sandbox.store.transaction():
        intent = sandbox.store.get(account, "payment_intent", intent_id, "intent")
        changes = {"amount", "customer", "payment_method", "setup_future_usage"} & params.keys()
        known = {"description", "expand", "metadata", "receipt_email", "shipping"} | changes
        if params.keys() - known or (changes and sandbox.store.hidden(intent_id).get("session")):
            raise not_in_this_sandbox("Updating that of a PaymentIntent")
        if "metadata" in params:
            intent["metadata"] = merged_metadata(intent["metadata"], params["metadata"])
        for name in ("description", "receipt_email", "shipping"):
            if name in params:
                intent[name] = params[name] or None
        if changes:
            _change(sandbox, account, intent, params)
        return sandbox.store.save(intent)


def _change(sandbox: Sandbox, account: str, intent: Json, params: Json) -> None:
    if intent["status"] not in CONFIRMABLE:
        raise unexpected(intent, "updated", ", ".join(CONFIRMABLE))
    if "amount" in params:
        intent["amount"] = yen(params["amount"], "amount")
    if "customer" in params:
        intent["customer"] = sandbox.store.get(account, "customer", params["customer"], "customer")["id"]
    if "setup_future_usage" in params:
        intent["setup_future_usage"] = params["setup_future_usage"] or None
    _choose(sandbox, account, intent, params)
