"""One attempt to pay a PaymentIntent: the one path for sessions, the API and the control API.

Every function belongs inside the caller's transaction. What a Checkout Session does with the result is `confirm`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import authentication, charging, konbini, methods, transfers
from .context import Sandbox
from .events import emit
from .fields import Json


@dataclass(frozen=True)
class Attempt:
    """What became of it: `error` for a decline, `challenge` for a 3-D Secure page. With neither it is paid, or
    the intent's `next_action` says how the customer pays."""

    intent: Json
    error: Json | None = None
    challenge: str | None = None


def pay(
    sandbox: Sandbox,
    account: str,
    intent: Json,
    method: Json,
    *,
    off_session: bool = False,
    return_url: str = "",
) -> Attempt:
    """Pays with the method. `off_session` says that nobody is there to authenticate."""
    methods.require_fresh(sandbox, method)
    authentication.abandon(sandbox, intent["id"])
    if method["type"] == "konbini":
        konbini.show(sandbox, account, intent, method)
        return Attempt(intent)
    if method["type"] == "customer_balance":
        transfers.instruct(sandbox, account, intent, method)
        return Attempt(intent)
    return _card(sandbox, account, intent, method, off_session=off_session, return_url=return_url)


def _card(
    sandbox: Sandbox, account: str, intent: Json, method: Json, *, off_session: bool, return_url: str
) -> Attempt:
    outcome = methods.card_of(sandbox, method).outcome
    set_up = bool(sandbox.store.hidden(method["id"]).get("set_up"))
    if off_session:
        wanted = outcome.off_session == "authenticates" or (outcome.off_session == "if_set_up" and not set_up)
        return charge(sandbox, account, intent, method, None, unauthenticated=wanted)
    asked = asked_of(intent)
    if authentication.is_challenged(asked, outcome, set_up=set_up):
        return _challenge(sandbox, account, intent, method, return_url)
    return charge(sandbox, account, intent, method, authentication.unseen(sandbox, asked, outcome))


def asked_of(intent: Json) -> str:
    options = (intent["payment_method_options"] or {}).get("card") or {}
    return options.get("request_three_d_secure") or "automatic"


def _challenge(sandbox: Sandbox, account: str, intent: Json, method: Json, return_url: str) -> Attempt:
    challenge = authentication.open_challenge(sandbox, account, intent, method, return_url)
    intent |= {
        "status": "requires_action",
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": authentication.next_action(sandbox, challenge, return_url),
    }
    sandbox.store.save(intent)
    emit(sandbox, account, "payment_intent.requires_action", intent)
    return Attempt(intent, challenge=challenge)


def charge(
    sandbox: Sandbox,
    account: str,
    intent: Json,
    method: Json,
    auth: Json | None,
    *,
    unauthenticated: bool = False,
) -> Attempt:
    """Asks the issuer. A method that is to be used again is saved when the charge has succeeded."""
    card = methods.card_of(sandbox, method)
    if unauthenticated:
        card = replace(card, outcome=replace(card.outcome, decline_code="authentication_required"))
    if card.outcome.decline_code:
        return Attempt(intent, error=charging.decline(sandbox, account, intent, method, card, auth))
    charging.approve(sandbox, account, intent, method, card, auth)
    remember(sandbox, account, intent, method)
    return Attempt(intent)


def remember(sandbox: Sandbox, account: str, intent: Json, method: Json) -> None:
    """Saves the method for its customer where the intent says so; else a method without customer is spent."""
    if intent["customer"] and _is_to_be_kept(intent, method["type"]):
        methods.keep(sandbox, account, method, intent["customer"])
        sandbox.store.save_hidden(method["id"], set_up=True)
    elif method["customer"] is None:
        sandbox.store.save_hidden(method["id"], spent=True)


def _is_to_be_kept(intent: Json, type_: str) -> bool:
    """What the options of its kind say of `setup_future_usage` goes before what is said for all kinds."""
    own = ((intent["payment_method_options"] or {}).get(type_) or {}).get("setup_future_usage")
    return (own or intent["setup_future_usage"] or "none") != "none"


AUTHENTICATION_REQUIRED = {
    "type": "card_error",
    "code": "authentication_required",
    "decline_code": "authentication_required",
    "message": "Your card was declined. This transaction requires authentication.",
    "payment_method_type": "card",
}


def give_up_challenge(sandbox: Sandbox, account: str, intent: Json, method: Json) -> Json:
    """The shop wanted no challenge (`error_on_requires_action`): the attempt fails. Returns the error."""
    authentication.abandon(sandbox, intent["id"])
    error = {**AUTHENTICATION_REQUIRED, "payment_method": method}
    charging.fail(sandbox, account, intent, error)
    return error
