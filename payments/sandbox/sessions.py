"""Checkout Sessions: create, find, expire. Imported by `operations`, `confirm` and the pages."""

from __future__ import annotations

from typing import Any

from . import authentication, offered, setups
from .config import origin_of
from .context import Sandbox
from .errors import conflict_of_state, invalid, missing, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata, yen

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
_COPIED = (
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
_ACCEPTED = {*_COPIED, *_READ, "ui_mode"}
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


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    """A new open session. Stripe makes the PaymentIntent only when the session is confirmed; so do we. The SetupIntent
    of mode `setup` is there at once."""
    _check(params)
    setup = params.get("mode") == "setup"
    with sandbox.store.transaction():
        customer = params.get("customer")
        if customer:
            sandbox.store.get(account, "customer", customer, "customer")
        return (
            _setup_session(sandbox, account, params) if setup else _payment_session(sandbox, account, params)
        )


def _payment_session(sandbox: Sandbox, account: str, params: Json) -> Json:
    lines = [_line(sandbox, f"line_items[{i}]", item) for i, item in enumerate(params["line_items"])]
    total = yen(sum(line["amount_total"] for line in lines), "line_items")
    intent_data = params.get("payment_intent_data", {})
    manual = intent_data.get("capture_method") == "manual"
    saves = "setup_future_usage" in intent_data
    types = offered.methods_for(params, total, manual=manual, saves=saves)
    session = _session(
        sandbox,
        params,
        amount_subtotal=total,
        amount_total=total,
        currency="jpy",
        mode="payment",
        payment_method_options=offered.options_for(params, types),
        payment_method_types=types,
        payment_status="unpaid",
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    )
    return sandbox.store.insert(account, session, lines=lines, intent_data=intent_data)


def _setup_session(sandbox: Sandbox, account: str, params: Json) -> Json:
    offered.only_card(params)
    data = params.get("setup_intent_data", {})
    options = offered.card_options(params)
    intent = setups.new(
        sandbox,
        account,
        customer=params.get("customer"),
        description=data.get("description"),
        metadata=data.get("metadata", {}),
        payment_method_options={"card": {"request_three_d_secure": options["request_three_d_secure"]}},
    )
    session = _session(
        sandbox,
        params,
        currency=params.get("currency"),
        mode="setup",
        payment_method_options={"card": options},
        payment_method_types=["card"],
        payment_status="no_payment_required",
        setup_intent=intent["id"],
    )
    return sandbox.store.insert(account, session, lines=[], intent_data={})


def _session(sandbox: Sandbox, params: Json, **values: Any) -> Json:
    """What both modes have in common."""
    session_id = sandbox.new_id("cs_test_a1", 58)
    mode = params.get("ui_mode", "hosted_page")
    hosted = mode == "hosted_page"
    return build(
        "checkout.session",
        **{name: params[name] for name in _COPIED if name in params},
        **({} if "metadata" in params else {"metadata": {}}),
        id=session_id,
        client_secret=None if hosted else f"{session_id}_secret_{sandbox.new_id('s', 40)[2:]}",
        created=int(sandbox.now()),
        customer=params.get("customer"),
        expires_at=_expiry(sandbox, params),
        livemode=False,
        status="open",
        ui_mode=mode,
        url=f"{sandbox.config.browser_url}/c/pay/{session_id}" if hosted else None,
        **values,
    )


def _check(params: Json) -> None:
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


def _expiry(sandbox: Sandbox, params: Json) -> int:
    now = sandbox.now()
    expires_at = int(params.get("expires_at", now + LONGEST_S))
    if not now + SHORTEST_S - CLOCK_GRACE_S <= expires_at <= now + LONGEST_S + CLOCK_GRACE_S:
        raise invalid("`expires_at` must be between 30 minutes and 24 hours from now.", "expires_at")
    return expires_at


def _line(sandbox: Sandbox, path: str, item: Json) -> Json:
    if "price" in item:
        raise not_in_this_sandbox(f"{path}[price]")
    if "price_data" not in item:
        raise missing(f"{path}[price_data]")
    data = item["price_data"]
    if data["currency"].lower() != "jpy":
        raise invalid(
            f"Invalid currency: {data['currency'][:8]}. This sandbox takes jpy.",
            f"{path}[price_data][currency]",
        )
    if "unit_amount" not in data:
        raise missing(f"{path}[price_data][unit_amount]")
    if "product_data" not in data:
        raise missing(f"{path}[price_data][product_data]")
    quantity, unit = item.get("quantity", 1), data["unit_amount"]
    if unit < 0:
        raise invalid(
            "Invalid non-negative integer", f"{path}[price_data][unit_amount]", "parameter_invalid_integer"
        )
    if quantity < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", f"{path}[quantity]", "parameter_invalid_integer"
        )
    price = build(
        "price",
        id=sandbox.new_id("price"),
        active=False,
        billing_scheme="per_unit",
        created=int(sandbox.now()),
        currency="jpy",
        livemode=False,
        product=sandbox.new_id("prod", 14),
        type="one_time",
        unit_amount=unit,
        unit_amount_decimal=str(unit),
        tax_behavior=data.get("tax_behavior", "unspecified"),
    )
    return build(
        "item",
        id=sandbox.new_id("li"),
        amount_discount=0,
        amount_subtotal=unit * quantity,
        amount_tax=0,
        amount_total=unit * quantity,
        currency="jpy",
        description=data["product_data"]["name"],
        price=price,
        quantity=quantity,
        metadata=item.get("metadata", {}),
    )


def lines(sandbox: Sandbox, session: Json) -> list[Json]:
    found: list[Json] = sandbox.store.hidden(session["id"])["lines"]
    return found


def current(sandbox: Sandbox, account: str, session_id: str) -> Json:
    """The session, expired first when its time has come. Raises ApiError `resource_missing`."""
    with sandbox.store.transaction():
        session = sandbox.store.get(account, "checkout.session", session_id, "session")
        if session["status"] == "open" and session["expires_at"] <= sandbox.now():
            close(sandbox, account, session)
        return session


def expire(sandbox: Sandbox, account: str, session_id: str) -> Json:
    """Expires an open session at the shop's request. Raises ApiError when it is no longer open."""
    with sandbox.store.transaction():
        session = current(sandbox, account, session_id)
        if session["status"] != "open":
            raise conflict_of_state(
                "Only an open Checkout Session can be expired. This one has a status of"
                f" {session['status']}.",
                "checkout_session_not_open",
            )
        return close(sandbox, account, session)


def close(sandbox: Sandbox, account: str, session: Json) -> Json:
    """Marks an open session expired, and cancels its payment and any authentication still open."""
    session |= {"status": "expired", "url": None}
    sandbox.store.save(session)
    emit(sandbox, account, "checkout.session.expired", session)
    if session["payment_intent"]:
        authentication.abandon(sandbox, session["payment_intent"], "expired")
        intent = sandbox.store.get(account, "payment_intent", session["payment_intent"])
        intent |= {
            "status": "canceled",
            "cancellation_reason": "expired",
            "canceled_at": int(sandbox.now()),
            "next_action": None,
        }
        sandbox.store.save(intent)
        emit(sandbox, account, "payment_intent.canceled", intent)
    if session["setup_intent"]:
        intent = sandbox.store.get(account, "setup_intent", session["setup_intent"])
        setups.give_up(sandbox, account, intent, "abandoned")
    return session


def update(sandbox: Sandbox, account: str, session_id: str, params: Json) -> Json:
    """Changes a session's metadata."""
    if params.keys() - {"expand", "metadata"}:
        raise not_in_this_sandbox("Changing that of a Checkout Session")
    with sandbox.store.transaction():
        session = current(sandbox, account, session_id)
        if "metadata" in params:
            session["metadata"] = merged_metadata(session["metadata"] or {}, params["metadata"])
        return sandbox.store.save(session)


def expire_due(sandbox: Sandbox) -> None:
    """Expires every open session whose time has come."""
    due = sandbox.store.rows(
        "SELECT account, id FROM objects WHERE kind = 'checkout.session' AND json_extract(body,"
        " '$.status') = 'open'"
        " AND json_extract(body, '$.expires_at') <= ?",
        (sandbox.now(),),
    )
    for row in due:
        current(sandbox, row["account"], row["id"])


# Literal paths, because an index serves only the very expression that it was made of.
_OF_INTENT = {
    "payment": "SELECT id FROM objects WHERE json_extract(body, '$.payment_intent') = ? AND kind ="
    " 'checkout.session' AND account = ?",
    "setup": "SELECT id FROM objects WHERE json_extract(body, '$.setup_intent') = ? AND kind ="
    " 'checkout.session' AND account = ?",
}


def of_intent(sandbox: Sandbox, account: str, intent_id: str) -> Json | None:
    """The session that this PaymentIntent or SetupIntent belongs to, if any."""
    statement = _OF_INTENT["setup" if intent_id.startswith("seti_") else "payment"]
    rows: list[Any] = sandbox.store.rows(statement, (intent_id, account))
    return sandbox.store.get(account, "checkout.session", rows[0]["id"]) if rows else None
