"""A session from its creation to its end, by the real SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .running import Running, elements_params, hosted_params


def test_session_has_no_payment_intent_until_it_is_confirmed(
    running: Running, client: stripe.StripeClient
) -> None:
    session = client.v1.checkout.sessions.create(hosted_params())
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.amount_total == 2400
    assert session.url == f"{running.config.browser_url}/c/pay/{session.id}"


def test_elements_session_has_a_client_secret_and_no_page(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(elements_params())
    assert session.url is None
    assert session.client_secret is not None
    assert session.client_secret.startswith(session.id + "_secret_")


def test_paid_session_shows_intent_charge_and_booking(running: Running, client: stripe.StripeClient) -> None:
    params = hosted_params(
        client_reference_id="order-1",
        metadata={"a": "1"},
        payment_intent_data={"metadata": {"order": "1"}, "description": "Order 1"},
    )
    created = client.v1.checkout.sessions.create(params)
    assert running.pay(created.id)["result"] == "succeeded"

    expand = ["payment_intent.latest_charge.balance_transaction", "line_items"]
    session = client.v1.checkout.sessions.retrieve(created.id, {"expand": expand})

    intent: Any = session.payment_intent
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert session.client_reference_id == "order-1"
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"a": "1"}
    assert (intent.status, intent.amount_received, intent.description) == ("succeeded", 2400, "Order 1")
    assert intent.metadata.to_dict() == {"order": "1"}
    charge = intent.latest_charge
    assert (charge.paid, charge.captured, charge.livemode, charge.currency) == (True, True, False, "jpy")
    assert charge.balance_transaction.net == 2400 - charge.balance_transaction.fee
    assert session.line_items is not None
    assert [(line.description, line.quantity, line.amount_total) for line in session.line_items] == [
        ("飯碗", 2, 2400)
    ]


def test_decline_is_a_failed_charge_and_leaves_the_session_open(
    running: Running, client: stripe.StripeClient
) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    assert running.pay(created.id, "4000000000009995")["result"] == "declined"

    session = client.v1.checkout.sessions.retrieve(created.id, {"expand": ["payment_intent.latest_charge"]})

    intent: Any = session.payment_intent
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.code == "card_declined"
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    charge = intent.latest_charge
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, "card_declined")
    assert charge.outcome.network_status == "declined_by_network"


def test_second_attempt_uses_the_same_intent(running: Running, client: stripe.StripeClient) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    first = running.pay(created.id, "decline:generic_decline")["session"]["payment_intent"]
    second = running.pay(created.id)["session"]["payment_intent"]
    assert first == second
    charges = client.v1.charges.list({"payment_intent": first})
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_paying_twice_is_refused_and_charges_once(running: Running, client: stripe.StripeClient) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    running.pay(created.id)
    again = running.pay(created.id)
    assert "already complete" in again["error"]["message"]
    assert len(client.v1.charges.list().data) == 1


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"foo": "1"}, "foo", "parameter_unknown"),
        ({"line_items": []}, "line_items", "parameter_missing"),
        ({"return_url": "http://localhost/"}, "return_url", None),
        ({"ui_mode": "window"}, "ui_mode", None),
        ({"success_url": "shop"}, "success_url", "url_invalid"),
        ({"expires_at": 1}, "expires_at", None),
        ({"customer": "cus_unknown", "customer_email": None}, "customer", "resource_missing"),
        (
            {"line_items": [{"price_data": {"unit_amount": 1, "currency": "jpy"}}]},
            "line_items[0][price_data][product_data]",
            "parameter_missing",
        ),
        (
            {"line_items": [{"price_data": {"product_data": {"name": "a"}, "unit_amount": 100}}]},
            "line_items[0][price_data][currency]",
            "parameter_missing",
        ),
    ],
)
def test_wrong_parameters_are_refused_by_name(
    client: stripe.StripeClient, changes: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(hosted_params(**changes))
    assert (refused.value.param, refused.value.code) == (param, code)
    assert client.v1.checkout.sessions.list().data == []


@pytest.mark.parametrize("name", ["success_url", "cancel_url", "submit_type", "custom_text[submit][message]"])
def test_elements_forbids_what_belongs_to_a_page(running: Running, name: str) -> None:
    client = running.client()
    outer = name.partition("[")[0]
    value: Any = {"submit": {"message": "x"}} if "[" in name else "http://localhost:8000/"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(
            elements_params(**{outer: "pay" if outer == "submit_type" else value})
        )
    assert refused.value.param == outer


@pytest.mark.parametrize(
    ("unit_amount", "code"),
    [(49, "amount_too_small"), (50, None), (99_999_999, None), (100_000_000, "amount_too_large")],
)
def test_yen_amounts_have_a_least_and_a_most(
    client: stripe.StripeClient, unit_amount: int, code: str | None
) -> None:
    price = {"currency": "jpy", "unit_amount": unit_amount, "product_data": {"name": "a"}}
    params = hosted_params(line_items=[{"price_data": price, "quantity": 1}])
    if code is None:
        assert client.v1.checkout.sessions.create(params).amount_total == unit_amount
        return
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(params)
    assert refused.value.code == code


def test_expired_session_cannot_be_paid_and_its_intent_is_canceled(
    running: Running, client: stripe.StripeClient
) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    intent = running.pay(created.id, "decline:generic_decline")["session"]["payment_intent"]
    assert client.v1.checkout.sessions.expire(created.id).status == "expired"
    assert "has expired" in running.pay(created.id)["error"]["message"]
    assert client.v1.payment_intents.retrieve(intent).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(created.id)


def test_session_expires_by_itself_when_its_time_has_come(
    running: Running, client: stripe.StripeClient
) -> None:
    running.freeze()
    created = client.v1.checkout.sessions.create(hosted_params(expires_at=int(running.sandbox.now()) + 1800))
    running.control("clock", {"advance_s": 1798})
    assert client.v1.checkout.sessions.retrieve(created.id).status == "open"
    running.control("clock", {"advance_s": 2})
    assert client.v1.checkout.sessions.retrieve(created.id).status == "expired"


def test_manual_capture_reserves_then_takes(running: Running, client: stripe.StripeClient) -> None:
    params = hosted_params(payment_intent_data={"capture_method": "manual"})
    intent_id = running.pay(client.v1.checkout.sessions.create(params).id)["session"]["payment_intent"]
    intent = client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
    charge: Any = intent.latest_charge
    assert (intent.status, intent.amount_capturable, charge.captured) == ("requires_capture", 2400, False)
    assert charge.payment_method_details.card.capture_before > charge.created

    taken = client.v1.payment_intents.capture(intent_id, {"amount_to_capture": 1000})

    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 1000, 0)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(intent_id)
    assert refused.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize("amount", [0, 2401])
def test_capture_of_an_amount_out_of_range_is_refused(
    running: Running, client: stripe.StripeClient, amount: int
) -> None:
    params = hosted_params(payment_intent_data={"capture_method": "manual"})
    intent_id = running.pay(client.v1.checkout.sessions.create(params).id)["session"]["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.capture(intent_id, {"amount_to_capture": amount})
    assert client.v1.payment_intents.retrieve(intent_id).status == "requires_capture"


def test_reservation_can_be_given_up(running: Running, client: stripe.StripeClient) -> None:
    params = hosted_params(payment_method_options={"card": {"capture_method": "manual"}})
    intent_id = running.pay(client.v1.checkout.sessions.create(params).id)["session"]["payment_intent"]
    intent = client.v1.payment_intents.cancel(intent_id, {"expand": ["latest_charge"]})
    charge: Any = intent.latest_charge
    assert (intent.status, charge.refunded, charge.amount_captured) == ("canceled", True, 0)


def test_intent_of_an_open_session_cannot_be_canceled(running: Running, client: stripe.StripeClient) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    intent = running.pay(created.id, "decline:generic_decline")["session"]["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(intent)
    assert refused.value.code == "payment_intent_unexpected_state"
