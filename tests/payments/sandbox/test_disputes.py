"""Disputes and early fraud warnings, from the issuer's word to the last movement of the balance."""

from __future__ import annotations

import io
from typing import Any

import pytest
import stripe

from .running import Running, hosted_params, wait_for

DAY_S = 86_400


def charged(running: Running, card: str = "pm_card_visa") -> Any:
    """A charge of ¥2,400 by that card."""
    client = running.client()
    created = client.v1.checkout.sessions.create(hosted_params())
    intent = running.pay(created.id, card)["session"]["payment_intent"]
    running.control("clock", {"advance_s": 0})
    return client.v1.charges.list({"payment_intent": intent}).data[0]


def dispute_of(client: stripe.StripeClient, charge: str) -> Any:
    return wait_for(lambda: client.v1.disputes.list({"charge": charge}).data, "a dispute")[0]


def types(client: stripe.StripeClient, prefix: str) -> list[str]:
    found = [str(event.type) for event in client.v1.events.list({"limit": 100})]
    return [name for name in found if name.startswith(prefix)][::-1]


def movements(client: stripe.StripeClient, source: str) -> list[tuple[str, str, int, int]]:
    listed = client.v1.balance_transactions.list({"source": source})
    return [(m.type, m.reporting_category, m.amount, m.fee) for m in listed][::-1]


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_test_cards_are_disputed(
    running: Running, client: stripe.StripeClient, card: str, reason: str, status: str
) -> None:
    charge = charged(running, card)
    dispute = dispute_of(client, charge.id)
    assert (dispute.reason, dispute.status, dispute.amount) == (reason, status, 2400)
    assert client.v1.charges.retrieve(charge.id).disputed is True
    taken = [("adjustment", "dispute", -2400, 1300)] if status == "needs_response" else []
    assert movements(client, dispute.id) == taken
    assert [m.net for m in dispute.balance_transactions] == [-3700] * len(taken)
    with_charge: Any = client.v1.disputes.retrieve(dispute.id, {"expand": ["charge", "payment_intent"]})
    assert (with_charge.charge.id, with_charge.payment_intent.status) == (charge.id, "succeeded")


@pytest.mark.parametrize(("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_evidence_decides(running: Running, client: stripe.StripeClient, text: str, status: str) -> None:
    charge = charged(running, "pm_card_createDispute")
    dispute = dispute_of(client, charge.id)
    before = client.v1.balance.retrieve()
    with io.BytesIO(b"%PDF-1.7 receipt") as receipt:
        receipt.name = "receipt.pdf"
        client_files = stripe.StripeClient(
            "sk_test_hitsuka", base_addresses={"api": running.url, "files": running.url}
        )
        file = client_files.v1.files.create({"purpose": "dispute_evidence", "file": receipt})
    kept: Any = client.v1.disputes.update(
        dispute.id, {"evidence": {"receipt": file.id, "product_description": "茶碗"}, "submit": False}
    )
    assert (kept.status, kept.evidence_details.has_evidence) == ("needs_response", True)
    sent: Any = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(dispute.id, {"evidence": {"product_description": "more"}})
    running.control("clock", {"advance_s": 1})
    ended: Any = client.v1.disputes.retrieve(dispute.id, {"expand": ["evidence.receipt"]})
    assert (ended.status, ended.evidence.receipt.filename) == (status, "receipt.pdf")
    given_back = [("adjustment", "dispute_reversal", 2400, 0)] if status == "won" else []
    assert movements(client, dispute.id)[1:] == given_back
    reinstated = ["charge.dispute.funds_reinstated"] if status == "won" else []
    assert types(client, "charge.dispute") == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.updated",
        *reinstated,
        "charge.dispute.closed",
    ]
    after = client.v1.balance.retrieve()
    assert after.available[0].amount - before.available[0].amount == (2400 if status == "won" else 0)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(dispute.id)


def test_unanswered_dispute_is_lost_and_unanswered_inquiry_closed(
    running: Running, client: stripe.StripeClient
) -> None:
    dispute = dispute_of(client, charged(running, "pm_card_createDispute").id)
    inquiry = dispute_of(client, charged(running, "pm_card_createDisputeInquiry").id)
    running.control("clock", {"advance_s": 9 * DAY_S})
    lost: Any = client.v1.disputes.retrieve(dispute.id)
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)
    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert movements(client, inquiry.id) == []


def test_inquiry_may_become_a_dispute_and_a_refund_may_end_it(
    running: Running, client: stripe.StripeClient
) -> None:
    charge = charged(running, "pm_card_createDisputeInquiry")
    inquiry = dispute_of(client, charge.id)
    assert inquiry.is_charge_refundable is True
    client.v1.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    running.control("clock", {"advance_s": 1})
    assert client.v1.disputes.retrieve(inquiry.id).status == "needs_response"
    assert movements(client, inquiry.id) == [("adjustment", "dispute", -2400, 1300)]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"


def test_shop_may_give_in(running: Running, client: stripe.StripeClient) -> None:
    dispute = dispute_of(client, charged(running, "pm_card_createDispute").id)
    assert client.v1.disputes.close(dispute.id).status == "lost"
    assert types(client, "charge.dispute")[-1] == "charge.dispute.closed"


def test_fraud_warning_is_actionable_until_the_charge_is_refunded(
    running: Running, client: stripe.StripeClient
) -> None:
    charge = charged(running, "pm_card_createIssuerFraudRecord")
    listed = client.v1.radar.early_fraud_warnings
    warning: Any = wait_for(lambda: listed.list({"charge": charge.id}).data, "a warning")[0]
    assert (warning.actionable, warning.fraud_type, warning.payment_intent) == (
        True,
        "misc",
        charge.payment_intent,
    )
    client.v1.refunds.create({"charge": charge.id})
    assert listed.retrieve(warning.id).actionable is False
    assert types(client, "radar") == [
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
    ]


def test_evidence_that_is_no_file_of_this_account_is_refused(
    running: Running, client: stripe.StripeClient
) -> None:
    dispute = dispute_of(client, charged(running, "pm_card_createDispute").id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.disputes.update(dispute.id, {"evidence": {"receipt": "file_none"}})
    assert (refused.value.code, refused.value.param) == ("resource_missing", "evidence[receipt]")
    assert client.v1.disputes.retrieve(dispute.id).status == "needs_response"


def test_books_add_up(running: Running, client: stripe.StripeClient) -> None:
    """Every movement's net is amount less fee, and together they are the balance."""
    charge = charged(running)
    client.v1.refunds.create({"charge": charge.id, "amount": 900})
    dispute_of(client, charged(running, "pm_card_createDispute").id)
    listed = list(client.v1.balance_transactions.list({"limit": 2}).auto_paging_iter())
    assert sorted(m.reporting_category for m in listed) == ["charge", "charge", "dispute", "refund"]
    assert all(m.net == m.amount - m.fee and m.fee == sum(f.amount for f in m.fee_details) for m in listed)
    balance = client.v1.balance.retrieve()
    total = balance.available[0].amount + balance.pending[0].amount
    assert total == sum(m.net for m in listed) == 2400 - 86 - 900 + 2400 - 86 - 2400 - 1300
    running.control("clock", {"advance_s": 5 * DAY_S})
    assert client.v1.balance.retrieve().pending[0].amount == 0
    assert {m.status for m in client.v1.balance_transactions.list()} == {"available"}
