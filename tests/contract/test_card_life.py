"""A card's whole life by our port: taken in whole and in part, let go, given back, kept, disputed, warned of.

Against the sandbox always; against Stripe's test mode when STRIPE_CONTRACT_KEY is set. Payments are made by the plain
SDK with Stripe's published tokens, for at Stripe only a browser pays a Checkout Session. What an issuer does beyond the
published cards, only the sandbox can play: that is in `test_only_here`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from payments.columns import new_id, utcnow
from payments.money import Money
from payments.provider import DisputeTold, Evidence, Movement, NotThere, Refused
from payments.providers.stripe import StripeProvider
from tests.contract.sides import Side

YEN = Money(1200)


def _evidence(text: str = "winning_evidence") -> Evidence:
    return Evidence(
        {"uncategorized_text": text, "shipping_tracking_number": "1234-5678"},
        "shipping_documentation",
        "proof.pdf",
        b"%PDF-1.4\n%%EOF\n",
    )


@pytest.mark.parametrize("yen", [1200, 700])
def test_a_promise_is_taken_once_in_whole_or_in_part(side: Side, yen: int) -> None:
    intent, key = side.reserve(), new_id()
    for _again in range(2):
        side.port.capture(intent.id, Money(yen), idempotency_key=key)  # the same key: one capture
    taken = side.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    charge: Any = taken.latest_charge
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", yen, 0)
    assert (charge.captured, charge.amount, charge.amount_captured) == (True, 1200, yen)
    with pytest.raises(Refused):
        side.port.capture(intent.id, Money(1), idempotency_key=new_id())
    with pytest.raises(Refused):
        side.port.refund(intent.id, Money(yen + 1), idempotency_key=new_id(), reference="style.x")
    back = side.port.refund(intent.id, Money(yen), idempotency_key=new_id(), reference="style.x")
    assert (back.amount, back.status) == (Money(yen), "succeeded")  # what was taken, not what was promised


def test_more_than_was_promised_is_refused_and_the_promise_stays(side: Side) -> None:
    intent = side.reserve()
    with pytest.raises(Refused):
        side.port.capture(intent.id, Money(1201), idempotency_key=new_id())
    with pytest.raises(Refused):
        side.port.capture(intent.id, Money(0), idempotency_key=new_id())
    after = side.v1.payment_intents.retrieve(intent.id)
    assert (after.status, after.amount_capturable, after.amount_received) == ("requires_capture", 1200, 0)
    side.port.void(intent.id, idempotency_key=new_id())


def test_what_was_let_go_can_t_be_taken_and_gives_nothing_back(side: Side) -> None:
    intent, key = side.reserve(), new_id()
    for _again in range(2):
        side.port.void(intent.id, idempotency_key=key)
    with pytest.raises(Refused) as refused:
        side.port.capture(intent.id, YEN, idempotency_key=new_id())
    assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(Refused) as refused:
        side.port.void(intent.id, idempotency_key=new_id())
    assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(Refused):
        side.port.refund(intent.id, YEN, idempotency_key=new_id(), reference="style.x")
    after = side.v1.payment_intents.retrieve(intent.id)
    assert (after.status, after.amount_received) == ("canceled", 0)
    assert sum(one.amount.minor for one in side.port.refunds_of(intent.id) if not one.is_release) == 0


def test_what_was_taken_can_t_be_let_go(side: Side) -> None:
    intent = side.pay(payment_method="pm_card_visa")
    with pytest.raises(Refused) as refused:
        side.port.void(intent.id, idempotency_key=new_id())
    assert refused.value.code == "payment_intent_unexpected_state"


def _on_payment(port: StripeProvider) -> dict[str, Callable[[], object]]:
    return {
        "capture": lambda: port.capture("pi_nothing", YEN, idempotency_key=new_id()),
        "void": lambda: port.void("pi_nothing", idempotency_key=new_id()),
        "refund": lambda: port.refund("pi_nothing", YEN, idempotency_key=new_id(), reference="style.x"),
        "dispute": lambda: port.retrieve_dispute("du_nothing"),
        "answer": lambda: port.answer_dispute(
            "du_nothing", Evidence({"uncategorized_text": "x"}), idempotency_key=new_id()
        ),
        "close": lambda: port.close_dispute("du_nothing", idempotency_key=new_id()),
    }


@pytest.mark.parametrize("call", ["capture", "void", "refund", "dispute", "answer", "close"])
def test_what_is_not_there_is_said_to_be_not_there(side: Side, call: str) -> None:
    ask = _on_payment(side.port)[call]
    with pytest.raises(NotThere):
        ask()


def test_parts_go_back_until_nothing_is_left(side: Side) -> None:
    intent, key = side.pay(payment_method="pm_card_visa"), new_id()
    first = side.port.refund(intent.id, Money(500), idempotency_key=key, reference="style.pay")
    assert side.port.refund(intent.id, Money(500), idempotency_key=key, reference="style.pay") == first
    assert (first.amount, first.reference, first.key) == (Money(500), "style.pay", key)
    with pytest.raises(Refused):
        side.port.refund(intent.id, Money(701), idempotency_key=new_id(), reference="style.pay")
    with pytest.raises(Refused):
        side.port.refund(
            intent.id, Money(1), idempotency_key=key, reference="style.pay"
        )  # a key is one refund
    second = side.port.refund(intent.id, Money(700), idempotency_key=new_id(), reference="style.pay")
    with pytest.raises(Refused) as refused:
        side.port.refund(intent.id, Money(1), idempotency_key=new_id(), reference="style.pay")
    assert refused.value.code == "charge_already_refunded"
    assert [one.id for one in side.port.refunds_of(intent.id)] == [second.id, first.id]
    charge = side.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.refunded, charge.amount_refunded) == (True, 1200)
    since = utcnow() - dt.timedelta(minutes=10)
    assert {first.id, second.id} <= {one.id for one in side.port.refunds_since(since)}


def test_a_refund_can_fail_after_it_had_succeeded(side: Side) -> None:
    intent = side.pay(payment_method="pm_card_refundFail")
    refund = side.port.refund(intent.id, YEN, idempotency_key=new_id(), reference="style.x")
    assert refund.status in {"succeeded", "pending"}
    side.soon(lambda: side.port.refunds_of(intent.id)[0].status == "failed", "the failure")


def test_money_moves_the_balance_by_its_reporting_category(side: Side) -> None:
    since = utcnow() - dt.timedelta(minutes=5)
    intent = side.pay(payment_method="pm_card_visa")
    refund = side.port.refund(intent.id, Money(200), idempotency_key=new_id(), reference="style.x")

    def moved() -> dict[str | None, Movement]:
        found = {one.source: one for one in side.port.movements_since(since)}
        return found if {str(intent.latest_charge), refund.id} <= found.keys() else {}

    found = side.soon(moved, "both movements")
    came, went = found[str(intent.latest_charge)], found[refund.id]
    assert (came.category, came.amount) == ("charge", YEN)
    assert came.fee.minor > 0
    assert (went.category, went.amount, went.fee) == ("refund", Money(-200), Money(0))


def test_a_card_is_kept_by_paying_with_it(side: Side) -> None:
    """What a session with `setup_future_usage` does when its page is paid, by the intent that it makes."""
    customer = side.port.create_customer("style.account", "guest@example.com", idempotency_key=new_id())
    assert side.port.saved_cards(customer) == []
    paid = side.pay(
        customer=customer,
        payment_method="pm_card_visa",
        payment_method_options={"card": {"setup_future_usage": "on_session"}},
    )
    (kept,) = side.port.saved_cards(customer)
    assert (kept.id, kept.brand, kept.last4, kept.is_default) == (paid.payment_method, "visa", "4242", False)
    again = side.pay(customer=customer, payment_method=kept.id)
    assert again.status == "succeeded"


def test_a_card_is_not_kept_unasked(side: Side) -> None:
    customer = side.port.create_customer("style.account", "guest@example.com", idempotency_key=new_id())
    side.pay(customer=customer, payment_method="pm_card_visa")
    assert side.port.saved_cards(customer) == []


def test_the_preferred_card_comes_first_and_goes_with_its_preference(side: Side) -> None:
    customer, first = side.customer_with("pm_card_visa")
    second = side.v1.payment_methods.attach("pm_card_jcb", {"customer": customer}).id
    side.port.prefer_card(customer, first)
    assert [(one.id, one.is_default) for one in side.port.saved_cards(customer)] == [
        (first, True),
        (second, False),
    ]
    side.port.prefer_card(customer, second)
    assert side.port.saved_cards(customer)[0].id == second
    side.port.forget_card(customer, second)
    assert [(one.id, one.is_default) for one in side.port.saved_cards(customer)] == [(first, False)]
    with pytest.raises(NotThere):
        side.port.forget_card(customer, second)
    with pytest.raises(stripe.InvalidRequestError):
        side.pay(customer=customer, payment_method=second)  # detached is spent
    side.port.forget_customer(customer)
    with pytest.raises(NotThere):
        side.port.saved_cards(customer)


def test_nobody_has_another_s_card(side: Side) -> None:
    owner, card = side.customer_with("pm_card_visa")
    other, others = side.customer_with("pm_card_mastercard")
    for ask in (side.port.forget_card, side.port.prefer_card):
        with pytest.raises(NotThere):
            ask(other, card)
    with pytest.raises(stripe.InvalidRequestError):
        side.pay(customer=other, payment_method=card)
    with pytest.raises(stripe.InvalidRequestError):
        side.pay(payment_method=card)  # and nobody has it without its owner
    default: Any = {"invoice_settings": {"default_payment_method": card}}
    with pytest.raises(stripe.InvalidRequestError):
        side.v1.customers.update(other, default)
    assert [one.id for one in side.port.saved_cards(owner)] == [card]
    assert [one.id for one in side.port.saved_cards(other)] == [others]


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_a_dispute_says_of_what_until_when_and_what_it_took(
    side: Side, card: str, reason: str, status: str
) -> None:
    intent, told = side.disputed(card)
    takes = not status.startswith("warning_")

    def whole() -> DisputeTold | None:
        dispute = side.port.retrieve_dispute(told.id)
        return dispute if bool(dispute.movements) == takes else None

    dispute = side.soon(whole, "what it moved")
    assert (dispute.payment_id, dispute.amount, dispute.reason, dispute.status) == (
        intent.id,
        YEN,
        reason,
        status,
    )
    assert dispute.due_by is not None
    assert dispute.due_by > utcnow()
    assert (dispute.submissions, dispute.livemode) == (0, False)
    assert [(one.category, one.amount) for one in dispute.movements] == [("dispute", Money(-1200))] * takes
    assert [one.id for one in side.port.disputes_of(intent.id)] == [dispute.id]
    since = utcnow() - dt.timedelta(minutes=10)
    assert dispute.id in {one.id for one in side.port.disputes_since(since)}


def test_money_in_dispute_is_not_given_back_besides(side: Side) -> None:
    intent, _dispute = side.disputed("pm_card_createDispute")
    with pytest.raises(Refused) as refused:
        side.port.refund(intent.id, YEN, idempotency_key=new_id(), reference="style.x")
    assert refused.value.code == "charge_disputed"


def test_evidence_is_staged_first_and_handed_in_once(side: Side) -> None:
    _intent, dispute = side.disputed("pm_card_createDispute")
    staged: Any = {"evidence": {"product_description": "飯碗"}, "submit": False}
    kept = side.v1.disputes.update(dispute.id, staged)
    assert (kept.status, kept.evidence.product_description) == ("needs_response", "飯碗")
    assert (kept.evidence_details.has_evidence, kept.evidence_details.submission_count) == (True, 0)
    key = new_id()
    for _again in range(2):
        answered = side.port.answer_dispute(dispute.id, _evidence(), idempotency_key=key)
        assert answered.submissions == 1
    whole = side.v1.disputes.retrieve(dispute.id)
    assert whole.evidence.product_description == "飯碗"  # what was staged goes with it
    assert whole.evidence.shipping_documentation
    won = side.soon(lambda: side.port.retrieve_dispute(dispute.id).status == "won", "the verdict")
    assert won

    def reinstated() -> bool:
        moved = side.port.retrieve_dispute(dispute.id).movements
        return [one.amount.minor for one in moved] == [-1200, 1200]

    side.soon(reinstated, "the money back")
    with pytest.raises(Refused):
        side.port.answer_dispute(dispute.id, _evidence("once more"), idempotency_key=new_id())
    with pytest.raises(Refused):
        side.port.close_dispute(dispute.id, idempotency_key=new_id())


def test_what_is_lost_stays_taken(side: Side) -> None:
    _intent, dispute = side.disputed("pm_card_createDispute")
    side.port.answer_dispute(dispute.id, _evidence("losing_evidence"), idempotency_key=new_id())
    side.soon(lambda: side.port.retrieve_dispute(dispute.id).status == "lost", "the verdict")
    assert [one.amount for one in side.port.retrieve_dispute(dispute.id).movements] == [Money(-1200)]


def test_a_dispute_is_accepted_for_good(side: Side) -> None:
    _intent, dispute = side.disputed("pm_card_createDispute")
    key = new_id()
    for _again in range(2):
        assert side.port.close_dispute(dispute.id, idempotency_key=key).status == "lost"
    with pytest.raises(Refused):
        side.port.close_dispute(dispute.id, idempotency_key=new_id())
    with pytest.raises(Refused):
        side.port.answer_dispute(dispute.id, _evidence(), idempotency_key=new_id())
    assert side.port.retrieve_dispute(dispute.id).status == "lost"


def test_a_warning_comes_before_a_dispute_and_a_refund_settles_it(side: Side) -> None:
    since = utcnow() - dt.timedelta(minutes=10)
    intent = side.pay(payment_method="pm_card_createIssuerFraudRecord")
    (warning,) = side.soon(lambda: side.port.warnings_of(intent.id), "the warning")
    assert (warning.payment_id, warning.actionable) == (intent.id, True)
    assert warning.fraud_type
    assert warning.id in {one.id for one in side.port.warnings_since(since)}
    side.port.refund(intent.id, YEN, idempotency_key=new_id(), reference="style.x")
    side.soon(lambda: not side.port.warnings_of(intent.id)[0].actionable, "that nothing is left to do")
