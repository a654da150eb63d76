"""Checkout Sessions: create, find, expire. Imported by `operations`, `confirm` and the pages."""

from __future__ import annotations

from typing import Any

from . import authentication, offered, setups
from .context import Sandbox
from .errors import conflict_of_state, invalid, missing, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata, yen
from .session_params import COPIED, check, expiry


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    """A new open session. Stripe makes the PaymentIntent only when the session is confirmed; so do we. The SetupIntent
    of mode `setup` is there at once."""
    check(params)
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
        **{name: params[name] for name in COPIED if name in params},
        **({} if "metadata" in params else {"metadata": {}}),
        id=session_id,
        client_secret=None if hosted else f"{session_id}_secret_{sandbox.new_id('s', 40)[2:]}",
        created=int(sandbox.now()),
        customer=params.get("customer"),
        expires_at=expiry(params, sandbox.now()),
        livemode=False,
        status="open",
        ui_mode=mode,
        url=f"{sandbox.config.browser_url}/c/pay/{session_id}" if hosted else None,
        **values,
    )


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
                f"Only an open Checkout Session can be expired. This one has a status of {session['status']}."
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
