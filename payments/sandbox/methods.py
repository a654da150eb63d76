"""PaymentMethods: made from a card or a test token, saved for a customer, taken away. Imported by whatever pays.

Of a card the store keeps brand, last four digits, expiry, and beside them, unseen, the name of its outcome.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .cards import Card, card_error, is_token
from .context import Sandbox
from .errors import ApiError, conflict_of_state, invalid, missing, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .outcomes import OUTCOMES
from .params import merged_metadata

WITHOUT_CARD = ("konbini", "customer_balance")
_CREATES_WITH = {"type", "card", "billing_details", "metadata", "allow_redisplay", "expand", *WITHOUT_CARD}


def of_card(
    sandbox: Sandbox, account: str, card: Card, *, billing: Json | None = None, **values: Any
) -> Json:
    """A new PaymentMethod for a card that was just typed or named."""
    details = {name: value for name, value in asdict(card).items() if name != "outcome"}
    method = build(
        "payment_method",
        id=sandbox.new_id("pm"),
        type="card",
        allow_redisplay=values.pop("allow_redisplay", "unspecified"),
        billing_details=billing or {},
        card={
            **details,
            "checks": {
                "cvc_check": card.outcome.cvc_check,
                "address_postal_code_check": card.outcome.postal_code_check,
            },
            "display_brand": card.brand,
            "networks": {"available": [card.brand]},
            "three_d_secure_usage": {"supported": card.outcome.three_d_secure != "not_supported"},
        },
        created=int(sandbox.now()),
        livemode=False,
        metadata=values.pop("metadata", None) or {},
        **values,
    )
    return sandbox.store.insert(account, method, card={**asdict(card), "outcome": card.outcome.name})


def without_card(sandbox: Sandbox, account: str, type_: str, billing: Json, metadata: Json) -> Json:
    """A new PaymentMethod of a type that needs nothing but its name."""
    if type_ not in WITHOUT_CARD:
        raise not_in_this_sandbox(f"A payment method of type {type_}")
    method = build(
        "payment_method",
        id=sandbox.new_id("pm"),
        type=type_,
        billing_details=billing,
        created=int(sandbox.now()),
        livemode=False,
        metadata=metadata,
        **{type_: {}},
    )
    return sandbox.store.insert(account, method)


def card_of(sandbox: Sandbox, method: Json) -> Card:
    """The card behind a PaymentMethod of type card."""
    kept = sandbox.store.hidden(method["id"])["card"]
    return Card(**{**kept, "outcome": OUTCOMES[kept["outcome"]]})


def named(sandbox: Sandbox, account: str, name: str, param: str = "payment_method") -> Json:
    """The PaymentMethod with that id; a test token such as `pm_card_visa` makes a new one, as at Stripe."""
    if is_token(name):
        return of_card(sandbox, account, sandbox.cards.named(name, sandbox.now()))
    return sandbox.store.get(account, "payment_method", name, param)


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    """A PaymentMethod by token or of a type without a card. Raises ApiError for a card number in the clear."""
    unknown = params.keys() - _CREATES_WITH
    if unknown:
        raise not_in_this_sandbox(f"The parameter {min(unknown)}")
    if "type" not in params:
        raise missing("type")
    billing, metadata = billing_of(params.get("billing_details")), params.get("metadata") or {}
    with sandbox.store.transaction():
        if params["type"] != "card":
            return without_card(sandbox, account, params["type"], billing, metadata)
        token = params.get("card", {}).get("token")
        if params.get("card", {}).keys() & {"number", "cvc"}:
            raise ApiError(
                402,
                "Sending credit card numbers directly to the API is generally unsafe and refused here. Use the"
                " card fields, the payment page, or a test token such as tok_visa.",
            )
        if token is None:
            raise missing("card[token]")
        card = sandbox.cards.named(token.replace("tok_", "pm_card_", 1), sandbox.now())
        return of_card(
            sandbox,
            account,
            card,
            billing=billing,
            metadata=metadata,
            allow_redisplay=params.get("allow_redisplay", "unspecified"),
        )


def billing_of(given: Json | None) -> Json:
    """Billing details as they are kept: an empty text means none."""
    return {name: value or None for name, value in (given or {}).items()}


def attach(sandbox: Sandbox, account: str, method_id: str, params: Json) -> Json:
    """Saves a PaymentMethod for a customer. A card that its issuer refuses is refused here already (402)."""
    if "customer" not in params:
        raise missing("customer")
    with sandbox.store.transaction():
        customer = sandbox.store.get(account, "customer", params["customer"], "customer")
        method = named(sandbox, account, method_id)
        if method["type"] != "card":
            raise invalid(f"A payment method of type {method['type']} cannot be saved.", "payment_method")
        outcome = card_of(sandbox, method).outcome
        if outcome.decline_code and not outcome.can_be_saved:
            raise card_error(outcome.error_code, None, outcome.decline_code)
        return keep(sandbox, account, method, customer["id"])


def keep(sandbox: Sandbox, account: str, method: Json, customer: str, **changes: Any) -> Json:
    """Attaches the method to the customer, unless it is so already, and stores `changes` with it."""
    if method["customer"] not in {None, customer}:
        raise conflict_of_state(
            "The payment method you provided has already been attached to a customer.",
            "payment_method_unexpected_state",
        )
    require_fresh(sandbox, method)
    attached = method["customer"] is None
    method |= {"customer": customer, **changes}
    sandbox.store.save(method)
    if attached:
        emit(sandbox, account, "payment_method.attached", method)
    return method


def require_fresh(sandbox: Sandbox, method: Json) -> None:
    """Raises ApiError for a method that was used or detached without belonging to a customer: it is spent."""
    if method["customer"] is None and sandbox.store.hidden(method["id"]).get("spent"):
        raise conflict_of_state(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from"
            " a Customer, and may not be used again.",
            "payment_method_unexpected_state",
        )


def detach(sandbox: Sandbox, account: str, method_id: str) -> Json:
    """Takes a method from its customer, for good. The customer's default goes with it."""
    with sandbox.store.transaction():
        method = sandbox.store.get(account, "payment_method", method_id, "payment_method")
        if method["customer"] is None:
            raise conflict_of_state(
                "The payment method you provided is not attached to a customer so detachment is impossible.",
                "payment_method_unexpected_state",
            )
        customer = sandbox.store.find(account, "customer", method["customer"])
        settings = (customer or {}).get("invoice_settings") or {}
        if customer and settings.get("default_payment_method") == method_id:
            settings["default_payment_method"] = None
            sandbox.store.save(customer)
        was = method["customer"]
        sandbox.store.save(method | {"customer": None})
        sandbox.store.save_hidden(method_id, spent=True)
        emit(sandbox, account, "payment_method.detached", method | {"customer": None}, {"customer": was})
        return method | {"customer": None}


def update(sandbox: Sandbox, account: str, method_id: str, params: Json) -> Json:
    """Changes billing details, expiry, metadata and where the method may be shown again."""
    with sandbox.store.transaction():
        method = sandbox.store.get(account, "payment_method", method_id, "payment_method")
        unknown = params.keys() - {"allow_redisplay", "billing_details", "card", "expand", "metadata"}
        if unknown or params.get("card", {}).keys() - {"exp_month", "exp_year"}:
            raise not_in_this_sandbox("Changing that of a PaymentMethod")
        old = {name: method[name] for name in ("allow_redisplay", "billing_details", "card", "metadata")}
        method["billing_details"] = method["billing_details"] | billing_of(params.get("billing_details"))
        method["allow_redisplay"] = params.get("allow_redisplay", method["allow_redisplay"])
        if "card" in params:
            method["card"] = method["card"] | params["card"]
            kept = sandbox.store.hidden(method_id)["card"] | params["card"]
            sandbox.store.save_hidden(method_id, card=kept)
        if "metadata" in params:
            method["metadata"] = merged_metadata(method["metadata"], params["metadata"])
        sandbox.store.save(method)
        emit(
            sandbox,
            account,
            "payment_method.updated",
            method,
            {name: value for name, value in old.items() if method[name] != value},
        )
        return method


def saved(
    sandbox: Sandbox, account: str, customer: str, filters: tuple[str, ...] = ("always",)
) -> list[Json]:
    """The customer's saved cards that may be shown again, newest first."""
    rows = sandbox.store.rows(
        "SELECT id FROM objects WHERE json_extract(body, '$.customer') = ? AND kind = 'payment_method'"
        " AND account = ? ORDER BY seq DESC",
        (customer, account),
    )
    found = [sandbox.store.get(account, "payment_method", row["id"]) for row in rows]
    return [m for m in found if m["type"] == "card" and (m["allow_redisplay"] or "unspecified") in filters]
