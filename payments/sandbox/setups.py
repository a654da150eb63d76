"""SetupIntents: a card is saved for later without a payment. Imported by `operations`, `confirm`, `sessions`."""

from __future__ import annotations

from typing import Any

from . import authentication, methods, offered
from .cards import card_error
from .context import Sandbox
from .errors import ApiError, conflict_of_state, invalid, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata

CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CREATES_WITH = {
    "allowed_payment_method_types",
    "automatic_payment_methods",
    "confirm",
    "customer",
    "description",
    "excluded_payment_method_types",
    "expand",
    "metadata",
    "payment_method",
    "payment_method_options",
    "return_url",
    "usage",
    "use_stripe_sdk",
}


def new(sandbox: Sandbox, account: str, **values: object) -> Json:
    """A SetupIntent that waits for a method; stored, its event sent."""
    intent_id = sandbox.new_id("seti")
    intent = build(
        "setup_intent",
        **{
            "id": intent_id,
            "allowed_payment_method_types": ["card"],
            "automatic_payment_methods": {"enabled": True},
            "client_secret": f"{intent_id}_secret_{sandbox.new_id('s')[2:]}",
            "created": int(sandbox.now()),
            "livemode": False,
            "metadata": {},
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
            "usage": "off_session",
            **values,
        },
    )
    sandbox.store.insert(account, intent)
    emit(sandbox, account, "setup_intent.created", intent)
    return intent


def create(sandbox: Sandbox, account: str, params: Json) -> Json | ApiError:
    """Makes a SetupIntent, and confirms it at once when asked to."""
    unknown = params.keys() - _CREATES_WITH
    if unknown:
        raise not_in_this_sandbox(f"The parameter {min(unknown)}")
    offered.only_card(params)
    with sandbox.store.transaction():
        if params.get("customer"):
            sandbox.store.get(account, "customer", params["customer"], "customer")
        intent = new(
            sandbox,
            account,
            customer=params.get("customer"),
            description=params.get("description"),
            metadata=params.get("metadata") or {},
            payment_method_options={"card": offered.card_options(params)},
            usage=params.get("usage", "off_session"),
        )
        if "payment_method" in params:
            method = methods.named(sandbox, account, params["payment_method"])
            _point_to(sandbox, intent, method)
        if params.get("confirm"):
            return confirm(sandbox, account, intent["id"], {"return_url": params.get("return_url", "")})
        return intent


def _point_to(sandbox: Sandbox, intent: Json, method: Json) -> None:
    if method["type"] != "card":
        raise invalid(f"A payment method of type {method['type']} cannot be saved.", "payment_method")
    if method["customer"] not in {None, intent["customer"]}:
        raise invalid("The payment method belongs to another customer.", "payment_method")
    intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    sandbox.store.save(intent)


def confirm(sandbox: Sandbox, account: str, intent_id: str, params: Json) -> Json | ApiError:
    """Sets the method up. The answer is an ApiError, not raised so that it stays, when its issuer refuses."""
    if params.keys() - {"expand", "payment_method", "payment_method_options", "return_url", "use_stripe_sdk"}:
        raise not_in_this_sandbox("That way of confirming a SetupIntent")
    with sandbox.store.transaction():
        intent = sandbox.store.get(account, "setup_intent", intent_id, "intent")
        if intent["status"] not in CANCELABLE:
            raise _unexpected(intent, "confirmed")
        if "payment_method_options" in params:
            intent["payment_method_options"] = {"card": offered.card_options(params)}
        if "payment_method" in params:
            _point_to(sandbox, intent, methods.named(sandbox, account, params["payment_method"]))
        if not intent["payment_method"]:
            raise conflict_of_state(
                "You cannot confirm this SetupIntent because it's missing a payment method.",
                "setup_intent_unexpected_state",
                setup_intent=intent,
            )
        method = sandbox.store.get(account, "payment_method", intent["payment_method"])
        attempt(sandbox, account, intent, method, params.get("return_url") or "")
        error = intent["last_setup_error"]
        if error and intent["status"] == "requires_payment_method":
            return refused(error, setup_intent=intent)
        return intent


def refused(error: Json, **more: Any) -> ApiError:
    """The answer to a call whose card was refused; what was done stays."""
    return ApiError(
        402,
        error["message"],
        type_=error["type"],
        code=error["code"],
        remembered=True,
        decline_code=error.get("decline_code"),
        charge=error.get("charge"),
        payment_method=error.get("payment_method"),
        **more,
    )


def attempt(sandbox: Sandbox, account: str, intent: Json, method: Json, return_url: str = "") -> str | None:
    """Tries to set the method up; the id of the challenge when the cardholder must answer first."""
    methods.require_fresh(sandbox, method)
    outcome = methods.card_of(sandbox, method).outcome
    asked = intent["payment_method_options"]["card"]["request_three_d_secure"]
    # What wants an authentication once wants it now, when it is saved; a card set up elsewhere does not.
    elsewhere = outcome.three_d_secure == "required" and outcome.off_session == "charges"
    if authentication.is_challenged(asked, outcome) and not elsewhere:
        challenge = authentication.open_challenge(sandbox, account, intent, method, return_url)
        intent |= {
            "status": "requires_action",
            "payment_method": method["id"],
            "last_setup_error": None,
            "next_action": authentication.next_action(sandbox, challenge, return_url),
        }
        sandbox.store.save(intent)
        emit(sandbox, account, "setup_intent.requires_action", intent)
        return challenge
    finish(sandbox, account, intent, method)
    return None


def finish(sandbox: Sandbox, account: str, intent: Json, method: Json) -> None:
    """Asks the issuer whether the card may be saved, and saves it for the intent's customer."""
    outcome = methods.card_of(sandbox, method).outcome
    if outcome.decline_code and not outcome.can_be_saved:
        error = card_error(outcome.error_code, None, outcome.decline_code).body["error"]
        fail(sandbox, account, intent, method, error)
        return
    if intent["customer"]:
        methods.keep(sandbox, account, method, intent["customer"])
    sandbox.store.save_hidden(method["id"], set_up=True)
    _record(sandbox, account, intent, method, "succeeded", None)
    intent |= {
        "status": "succeeded",
        "payment_method": method["id"],
        "last_setup_error": None,
        "next_action": None,
    }
    sandbox.store.save(intent)
    emit(sandbox, account, "setup_intent.succeeded", intent)


def fail(sandbox: Sandbox, account: str, intent: Json, method: Json, error: Json) -> None:
    error = {**error, "payment_method": method, "payment_method_type": "card"}
    error.pop("param", None)
    filled = build("setup_intent", **{**intent, "last_setup_error": error})["last_setup_error"]
    _record(sandbox, account, intent, method, "failed", filled)
    intent |= {
        "status": "requires_payment_method",
        "last_setup_error": filled,
        "next_action": None,
        "payment_method": None,
    }
    sandbox.store.save(intent)
    emit(sandbox, account, "setup_intent.setup_failed", intent)


def _record(
    sandbox: Sandbox, account: str, intent: Json, method: Json, status: str, error: Json | None
) -> None:
    attempt = build(
        "setup_attempt",
        id=sandbox.new_id("setatt"),
        created=int(sandbox.now()),
        customer=intent["customer"],
        livemode=False,
        payment_method=method["id"],
        payment_method_details={"type": "card", "card": {"last4": method["card"]["last4"]}},
        setup_error=error,
        setup_intent=intent["id"],
        status=status,
        usage=intent["usage"],
    )
    sandbox.store.insert(account, attempt)
    intent["latest_attempt"] = attempt["id"]


def update(sandbox: Sandbox, account: str, intent_id: str, params: Json) -> Json:
    with sandbox.store.transaction():
        intent = sandbox.store.get(account, "setup_intent", intent_id, "intent")
        if params.keys() - {"customer", "description", "expand", "metadata", "payment_method"}:
            raise not_in_this_sandbox("Changing that of a SetupIntent")
        if "metadata" in params:
            intent["metadata"] = merged_metadata(intent["metadata"], params["metadata"])
        if "description" in params:
            intent["description"] = params["description"] or None
        if "customer" in params:
            intent["customer"] = sandbox.store.get(account, "customer", params["customer"], "customer")["id"]
        if "payment_method" in params:
            _point_to(sandbox, intent, methods.named(sandbox, account, params["payment_method"]))
        return sandbox.store.save(intent)


def cancel(sandbox: Sandbox, account: str, intent_id: str, params: Json) -> Json:
    with sandbox.store.transaction():
        intent = sandbox.store.get(account, "setup_intent", intent_id, "intent")
        if intent["status"] not in CANCELABLE:
            raise _unexpected(intent, "canceled")
        return give_up(sandbox, account, intent, params.get("cancellation_reason"))


def give_up(sandbox: Sandbox, account: str, intent: Json, reason: str | None) -> Json:
    """Cancels a SetupIntent and whatever challenge is open for it."""
    authentication.abandon(sandbox, intent["id"], "expired")
    intent |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    sandbox.store.save(intent)
    emit(sandbox, account, "setup_intent.canceled", intent)
    return intent


def _unexpected(intent: Json, verb: str) -> ApiError:
    return conflict_of_state(
        f"This SetupIntent could not be {verb} because it has a status of {intent['status']}. Only a SetupIntent"
        f" with one of the following statuses may be {verb}: {', '.join(CANCELABLE)}.",
        "setup_intent_unexpected_state",
        setup_intent=intent,
    )
