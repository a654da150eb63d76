"""What the sandbox and Stripe's test mode must answer alike, by the plain SDK.

Against the sandbox always; against Stripe when STRIPE_CONTRACT_KEY is set (the key of a Japanese account with konbini
and bank transfers switched on).

Only what needs no browser and no waiting for days is here; where Stripe takes seconds, the tests ask again.
"""

from __future__ import annotations

import io
from typing import Any

import pytest
import stripe

from payments.columns import new_id
from tests.contract.sides import Side


def test_card_is_paid_booked_and_refunded(side: Side) -> None:
    intent = side.pay(payment_method="pm_card_visa", expand=["latest_charge"])
    assert (intent.status, intent.amount_received, intent.livemode) == ("succeeded", 1200, False)
    card = intent.latest_charge.payment_method_details.card
    assert (card.brand, card.last4, card.checks.cvc_check) == ("visa", "4242", "pass")

    def booked() -> Any:
        charge: Any = side.v1.charges.retrieve(intent.latest_charge.id, {"expand": ["balance_transaction"]})
        return charge.balance_transaction

    movement = side.soon(booked, "the booking")
    assert (movement.type, movement.reporting_category) == ("charge", "charge")
    assert movement.net == movement.amount - movement.fee
    refund = side.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    assert (refund.status, refund.amount) == ("succeeded", 500)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        side.v1.refunds.create({"payment_intent": intent.id, "amount": 701})
    assert refused.value.param == "amount"


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_refused_cards_say_the_same(side: Side, card: str, code: str, decline_code: str | None) -> None:
    with pytest.raises(stripe.CardError) as refused:
        side.pay(payment_method=card)
    error: Any = refused.value.error
    assert (refused.value.http_status, error.code) == (402, code)
    if decline_code:
        assert error.decline_code == decline_code
    assert error.payment_intent["status"] == "requires_payment_method"


def test_reservation_is_captured_in_part_or_let_go(side: Side) -> None:
    first = side.pay(payment_method="pm_card_visa", capture_method="manual", expand=["latest_charge"])
    charge = first.latest_charge
    assert (first.status, first.amount_capturable, charge.captured) == ("requires_capture", 1200, False)
    assert charge.payment_method_details.card.capture_before > charge.created
    taken = side.v1.payment_intents.capture(first.id, {"amount_to_capture": 700})
    assert (taken.status, taken.amount_received) == ("succeeded", 700)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        side.v1.payment_intents.capture(first.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    second = side.pay(payment_method="pm_card_visa", capture_method="manual")
    gone = side.v1.payment_intents.cancel(second.id, {"cancellation_reason": "requested_by_customer"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "requested_by_customer")


def test_saved_card_off_session(side: Side) -> None:
    customer, method = side.customer_with("pm_card_visa")
    paid = side.pay(customer=customer, payment_method=method, off_session=True)
    assert (paid.status, paid.payment_method) == ("succeeded", method)
    assert [m.id for m in side.v1.customers.payment_methods.list(customer)] == [method]
    assert side.v1.payment_methods.detach(method).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        side.v1.payment_methods.attach(method, {"customer": customer})


def test_card_that_wants_its_holder_is_refused_off_session(side: Side) -> None:
    customer, method = side.customer_with("pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as refused:
        side.pay(customer=customer, payment_method=method, off_session=True)
    assert refused.value.code == "authentication_required"


def test_setup_saves_a_card(side: Side) -> None:
    customer = side.v1.customers.create({}).id
    params: Any = {
        "customer": customer,
        "payment_method": "pm_card_visa",
        "confirm": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    setup = side.v1.setup_intents.create(params)
    assert (setup.status, setup.usage) == ("succeeded", "off_session")
    method = side.v1.payment_methods.retrieve(str(setup.payment_method))
    assert method.customer == customer


def test_challenge_is_asked_for(side: Side) -> None:
    intent = side.pay(
        payment_method="pm_card_threeDSecure2Required",
        return_url="https://style.example/back",
        automatic_payment_methods={"enabled": True},
    )
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    assert intent.next_action.redirect_to_url.return_url == "https://style.example/back"
    assert side.v1.payment_intents.cancel(intent.id).status == "canceled"


def test_dispute_is_answered_with_a_file_and_won(side: Side) -> None:
    intent = side.pay(payment_method="pm_card_createDispute")

    def listed() -> Any:
        return side.v1.disputes.list({"payment_intent": intent.id}).data

    dispute = side.soon(listed, "the dispute")[0]
    assert (dispute.reason, dispute.status, dispute.amount) == ("fraudulent", "needs_response", 1200)
    side.soon(lambda: listed()[0].balance_transactions, "the money taken")
    withdrawn = listed()[0].balance_transactions[0]
    assert (withdrawn.type, withdrawn.reporting_category, withdrawn.amount) == (
        "adjustment",
        "dispute",
        -1200,
    )
    with io.BytesIO(b"%PDF-1.4\n%%EOF\n") as receipt:
        receipt.name = "receipt.pdf"
        file = side.v1.files.create({"purpose": "dispute_evidence", "file": receipt})
    evidence: Any = {"receipt": file.id, "uncategorized_text": "winning_evidence"}
    side.v1.disputes.update(dispute.id, {"evidence": evidence, "submit": True})
    side.soon(lambda: listed()[0].status == "won", "the verdict")


def test_early_fraud_warning(side: Side) -> None:
    intent = side.pay(payment_method="pm_card_createIssuerFraudRecord")
    params: Any = {"payment_intent": intent.id}
    warning = side.soon(lambda: side.v1.radar.early_fraud_warnings.list(params).data, "the warning")[0]
    assert warning.charge == intent.latest_charge


def test_store_voucher(side: Side) -> None:
    billing = {"name": "山田 花", "email": "fill_never@example.com"}
    intent = side.pay(
        allowed_payment_method_types=["konbini"],
        payment_method_data={"type": "konbini", "billing_details": billing},
        payment_method_options={"konbini": {"expires_after_days": 2}},
    )
    told = intent.next_action.konbini_display_details
    assert (intent.status, intent.next_action.type) == ("requires_action", "konbini_display_details")
    assert (told.expires_at + 9 * 3600) % 86_400 == 86_399
    assert told.stores.lawson.payment_code
    assert told.hosted_voucher_url.startswith("http")
    assert side.v1.payment_intents.cancel(intent.id).status == "canceled"


@pytest.mark.parametrize("yen", [119, 300_001])
def test_konbini_bounds(side: Side, yen: int) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        side.pay(
            amount=yen,
            confirm=False,
            allowed_payment_method_types=["konbini"],
        )


def test_bank_transfer_in_parts(side: Side) -> None:
    customer = side.v1.customers.create({"email": "guest@example.com"}).id
    transfer = {"funding_type": "bank_transfer", "bank_transfer": {"type": "jp_bank_transfer"}}
    intent = side.pay(
        customer=customer,
        allowed_payment_method_types=["customer_balance"],
        payment_method_data={"type": "customer_balance"},
        payment_method_options={"customer_balance": transfer},
    )
    told = intent.next_action.display_bank_transfer_instructions
    assert (told.type, told.amount_remaining) == ("jp_bank_transfer", 1200)
    assert told.financial_addresses[0].zengin.account_number
    for amount in (500, 1000):
        params: Any = {"amount": amount, "currency": "jpy"}
        side.v1.test_helpers.customers.fund_cash_balance(customer, params)
    side.soon(lambda: side.v1.payment_intents.retrieve(intent.id).status == "succeeded", "the payment")
    held = side.soon(lambda: side.v1.customers.cash_balance.retrieve(customer).available, "what is left")
    assert held.to_dict() == {"jpy": 300}


def test_idempotency(side: Side) -> None:
    key: Any = {"idempotency_key": new_id()}
    first = side.v1.customers.create({"name": "花"}, key)
    again = side.v1.customers.create({"name": "花"}, key)
    assert first.id == again.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as refused:
        side.v1.customers.create({"name": "葉"}, key)
    assert refused.value.http_status == 400


def test_unknown_parameter_is_named(side: Side) -> None:
    strange: Any = {"colour": "red"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        side.v1.customers.create(strange)
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")


def test_lists_page_by_cursor(side: Side) -> None:
    made = [side.v1.customers.create({}).id for _ in range(3)][::-1]
    assert [c.id for c in side.v1.customers.list({"limit": 2, "starting_after": made[0]})] == made[1:]
    assert side.v1.customers.list({"limit": 1, "ending_before": made[2]}).data[0].id == made[1]
    with pytest.raises(stripe.InvalidRequestError):
        side.v1.customers.list({"limit": 0})


def test_session_of_mode_setup(side: Side) -> None:
    customer = side.v1.customers.create({}).id
    params: Any = {
        "mode": "setup",
        "ui_mode": "hosted_page",
        "currency": "jpy",
        "customer": customer,
        "success_url": "https://style.example/done",
    }
    session = side.v1.checkout.sessions.create(params)
    assert (session.payment_status, session.amount_total) == ("no_payment_required", None)
    assert session.setup_intent is not None
    assert side.v1.checkout.sessions.expire(session.id).status == "expired"
