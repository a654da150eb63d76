"""Payments that take their time: convenience stores and bank transfers."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest
import stripe

from .running import Running, hosted_params

DAY_S = 86_400


def konbini_params(email: str = "fill_never@example.com", **changes: Any) -> Any:
    return hosted_params(customer_email=email, allowed_payment_method_types=["konbini"], **changes)


def begin(running: Running, **changes: Any) -> tuple[str, str]:
    """A session completed with a voucher, and its intent; what a test address asks for may have happened since."""
    created = running.client().v1.checkout.sessions.create(konbini_params(**changes))
    answer = running.pay(created.id, method="konbini", name="山田 花")
    assert (answer["result"], answer["session"]["payment_status"]) == ("succeeded", "unpaid")
    return created.id, str(answer["session"]["payment_intent"])


def voucher(running: Running, **changes: Any) -> tuple[str, Any]:
    """The same with the intent read anew: it waits for the customer at a store."""
    session, intent_id = begin(running, **changes)
    intent: Any = running.client().v1.payment_intents.retrieve(intent_id)
    assert (intent.status, intent.next_action.type) == ("requires_action", "konbini_display_details")
    return session, intent


def types(client: stripe.StripeClient) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": 100})][::-1]


def test_voucher_is_shown_then_paid_at_a_store(running: Running, client: stripe.StripeClient) -> None:
    options: Any = {"konbini": {"expires_after_days": 2}}
    running.freeze()
    session, intent = voucher(running, payment_method_options=options)
    told = intent.next_action.konbini_display_details
    assert 2 * DAY_S - 1 <= told.expires_at - running.sandbox.now() <= 3 * DAY_S
    assert (told.expires_at + 9 * 3600) % DAY_S == DAY_S - 1  # the last second of a day in Japan
    assert len(told.stores.lawson.payment_code) == 6
    page = running.http("GET", urllib.parse.urlsplit(told.hosted_voucher_url).path)[1].decode()
    assert told.stores.familymart.payment_code in page
    assert types(client)[-2:] == ["payment_intent.requires_action", "checkout.session.completed"]

    running.control(f"payments/{intent.id}/pay", {"store": "lawson"})

    assert client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
    charge: Any = client.v1.charges.list({"payment_intent": intent.id}).data[0]
    assert charge.payment_method_details.konbini.store.chain == "lawson"
    assert types(client)[-4:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.async_payment_succeeded",
    ]
    booked: Any = client.v1.balance_transactions.list({"source": charge.id}).data[0]
    assert (booked.type, booked.reporting_category) == ("payment", "charge")
    assert "error" in running.control(f"payments/{intent.id}/pay", {})


@pytest.mark.parametrize(
    ("email", "advance_s", "status"),
    [
        ("x.succeed_immediately@example.com", 1, "paid"),
        ("x.expire_immediately@example.com", 1, "expired"),
        ("expire_with_delay@example.com", 181, "expired"),
        ("buyer@example.com", 179, "open"),
        ("buyer@example.com", 181, "paid"),
        ("fill_never@example.com", 3600, "open"),
        ("fill_never@example.com", 5 * DAY_S, "expired"),
    ],
)
def test_test_addresses_decide_what_happens(
    running: Running, client: stripe.StripeClient, email: str, advance_s: int, status: str
) -> None:
    running.freeze()
    session, intent = begin(running, email=email)
    running.control("clock", {"advance_s": advance_s})
    now = client.v1.payment_intents.retrieve(intent)
    paid = client.v1.checkout.sessions.retrieve(session).payment_status
    wanted = {
        "paid": ("succeeded", "paid"),
        "expired": ("requires_payment_method", "unpaid"),
        "open": ("requires_action", "unpaid"),
    }[status]
    assert (now.status, paid) == wanted
    if status == "expired":
        assert now.last_payment_error is not None
        assert now.last_payment_error.code == "payment_intent_payment_attempt_expired"
        assert types(client)[-2:] == [
            "payment_intent.payment_failed",
            "checkout.session.async_payment_failed",
        ]


@pytest.mark.parametrize(("amount", "code"), [(119, "amount_too_small"), (300_001, "amount_too_large")])
def test_konbini_has_its_own_bounds(client: stripe.StripeClient, amount: int, code: str) -> None:
    price = {"currency": "jpy", "unit_amount": amount, "product_data": {"name": "a"}}
    lines = [{"price_data": price, "quantity": 1}]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(konbini_params(line_items=lines))
    assert refused.value.code == code
    either = client.v1.checkout.sessions.create(hosted_params(line_items=lines))
    assert either.payment_method_types == ["card"]


def test_session_offers_only_what_it_allows(running: Running, client: stripe.StripeClient) -> None:
    card = client.v1.checkout.sessions.create(hosted_params(allowed_payment_method_types=["card"]))
    assert card.payment_method_types == ["card"]
    assert "error" in running.pay(card.id, method="konbini", name="花")
    konbini = client.v1.checkout.sessions.create(konbini_params())
    assert "error" in running.pay(konbini.id)
    assert client.v1.charges.list().data == []
    both = client.v1.checkout.sessions.create(hosted_params())
    assert both.payment_method_types == ["card", "konbini"]
    page = running.http("GET", f"/c/pay/{both.id}")[1].decode()
    assert 'value="konbini"' in page


@pytest.mark.parametrize(
    "options",
    [
        {"expires_after_days": 0},
        {"expires_after_days": 61},
    ],
)
def test_wrong_konbini_options_are_refused(client: stripe.StripeClient, options: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(konbini_params(payment_method_options={"konbini": options}))


def test_konbini_refund_waits_for_the_customers_account(
    running: Running, client: stripe.StripeClient
) -> None:
    _, intent = voucher(running)
    running.control(f"payments/{intent.id}/pay", {})
    refund: Any = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    assert (refund.status, refund.next_action.display_details.email_sent.email_sent_to) == (
        "requires_action",
        "fill_never@example.com",
    )
    running.control(f"refunds/{refund.id}/complete", {})
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    second = client.v1.refunds.create({"payment_intent": intent.id})
    assert second.amount == 1400
    assert client.v1.refunds.cancel(second.id).status == "canceled"
    third = client.v1.refunds.create({"payment_intent": intent.id})
    assert client.v1.test_helpers.refunds.expire(third.id).status == "failed"
    fourth = client.v1.refunds.create({"payment_intent": intent.id})
    running.control("clock", {"advance_s": 46 * DAY_S})
    assert client.v1.refunds.retrieve(fourth.id).status == "failed"
    charge = client.v1.charges.list({"payment_intent": intent.id}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (1000, False)


def test_konbini_intent_over_the_api(client: stripe.StripeClient) -> None:
    billing = {"name": "花", "email": "fill_never@example.com"}
    params: Any = {
        "amount": 1200,
        "currency": "jpy",
        "allowed_payment_method_types": ["konbini"],
        "payment_method_data": {"type": "konbini", "billing_details": billing},
        "payment_method_options": {"konbini": {"confirmation_number": "0312345678"}},
        "confirm": True,
    }
    intent: Any = client.v1.payment_intents.create(params)
    assert intent.next_action.konbini_display_details.stores.familymart.confirmation_number == "0312345678"
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"
    del params["payment_method_data"]["billing_details"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(params)


def transfer(running: Running) -> tuple[str, str, Any]:
    """A customer, a completed session, and its intent that waits for ¥2,400."""
    client = running.client()
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    params = hosted_params(customer=customer, allowed_payment_method_types=["customer_balance"])
    del params["customer_email"]
    params["payment_method_options"] = {
        "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "jp_bank_transfer"}}
    }
    created = client.v1.checkout.sessions.create(params)
    answer = running.pay(created.id, method="customer_balance")
    return customer, created.id, client.v1.payment_intents.retrieve(answer["session"]["payment_intent"])


def fund(client: stripe.StripeClient, customer: str, amount: int, **more: Any) -> Any:
    given: Any = {"amount": amount, "currency": "jpy", **more}
    return client.v1.test_helpers.customers.fund_cash_balance(customer, given)


def remaining(client: stripe.StripeClient, intent: str) -> int:
    found: Any = client.v1.payment_intents.retrieve(intent)
    return int(found.next_action.display_bank_transfer_instructions.amount_remaining)


def test_transfer_in_parts_and_too_much(running: Running, client: stripe.StripeClient) -> None:
    customer, session, intent = transfer(running)
    told = intent.next_action.display_bank_transfer_instructions
    assert (told.type, told.amount_remaining) == ("jp_bank_transfer", 2400)
    assert told.financial_addresses[0].zengin.account_number.isdigit()
    page = running.http("GET", urllib.parse.urlsplit(told.hosted_instructions_url).path)[1].decode()
    assert told.financial_addresses[0].zengin.account_number in page

    fund(client, customer, 1000)
    assert remaining(client, intent.id) == 1400
    assert client.v1.checkout.sessions.retrieve(session).payment_status == "unpaid"
    assert types(client)[-1] == "payment_intent.partially_funded"

    fund(client, customer, 2000)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
    assert types(client)[-2:] == ["checkout.session.async_payment_succeeded", "cash_balance.funds_available"]
    held: Any = client.v1.customers.cash_balance.retrieve(customer)
    assert held.available.to_dict() == {"jpy": 600}
    listed: Any = client.v1.customers.cash_balance_transactions.list(customer)
    assert [(m.type, m.net_amount, m.ending_balance) for m in listed][::-1] == [
        ("funded", 1000, 1000),
        ("applied_to_payment", -1000, 0),
        ("funded", 2000, 2000),
        ("applied_to_payment", -1400, 600),
    ]


def test_money_finds_its_payment_by_reference_then_amount_then_age(
    running: Running, client: stripe.StripeClient
) -> None:
    customer, _, first = transfer(running)
    data: Any = {"type": "customer_balance"}
    params: Any = {"currency": "jpy", "customer": customer, "payment_method_data": data, "confirm": True}

    def ask(amount: int) -> Any:
        given: Any = {**params, "amount": amount}
        return client.v1.payment_intents.create(given)

    second, third = ask(900), ask(800)
    fund(client, customer, 900)
    assert client.v1.payment_intents.retrieve(second.id).status == "succeeded"
    named = third.next_action.display_bank_transfer_instructions.reference
    fund(client, customer, 500, reference=f"Yamada {named}")
    assert remaining(client, third.id) == 300
    fund(client, customer, 100)
    assert remaining(client, first.id) == 2300


def test_canceled_transfer_gives_its_share_back_and_the_next_one_uses_it(
    running: Running, client: stripe.StripeClient
) -> None:
    customer, _, intent = transfer(running)
    fund(client, customer, 1000)
    client.v1.payment_intents.cancel(intent.id)
    held: Any = client.v1.customers.cash_balance.retrieve(customer)
    assert held.available.to_dict() == {"jpy": 1000}
    assert types(client)[-1] == "checkout.session.async_payment_failed"
    params: Any = {
        "amount": 1000,
        "currency": "jpy",
        "customer": customer,
        "payment_method_data": {"type": "customer_balance"},
        "confirm": True,
    }
    paid = client.v1.payment_intents.create(params)
    assert paid.status == "succeeded"
    assert client.v1.customers.cash_balance.retrieve(customer).available is None
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 300})
    again: Any = client.v1.customers.cash_balance.retrieve(customer)
    assert again.available.to_dict() == {"jpy": 300}
    by_bank: Any = client.v1.refunds.create(
        {"payment_intent": paid.id, "amount": 200, "instructions_email": "a@example.com"}
    )
    assert by_bank.status == "requires_action"


def test_bank_transfer_needs_a_customer(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(hosted_params(allowed_payment_method_types=["customer_balance"]))
    assert refused.value.param == "customer"


def test_customer_has_one_account_to_pay_into(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({}).id
    params: Any = {
        "currency": "jpy",
        "funding_type": "bank_transfer",
        "bank_transfer": {"type": "jp_bank_transfer"},
    }
    numbers = {
        str(client.v1.customers.funding_instructions.create(customer, params).bank_transfer) for _ in range(2)
    }
    assert len(numbers) == 1
