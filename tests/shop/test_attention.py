"""What waits for a person is counted alike everywhere, and what is over or goes by itself is not counted."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.dispute_models import Dispute, FraudWarning
from payments.models import Payment, PaymentPromise
from payments.models import Refund as RefundRow
from shop.attention import attention
from shop.cli import main
from shop.context import Shop
from tests.environment import make_environ
from tests.shop.bought import Bought
from tests.shop.buyer import Buyer

CALM = {
    "payments": 0,
    "after_stop": 0,
    "refunds": 0,
    "transfers": 0,
    "disputes": 0,
    "warnings": 0,
    "events": 0,
    "jobs": 0,
    "switches": 0,
    "approvals": 0,
}


def _counts(shop: Shop) -> dict[str, int]:
    with shop.db.read() as session:
        return attention(session, ["style", "cocomo"], utcnow()).counts


def _status(url: str) -> tuple[int, dict[str, int]]:
    result = CliRunner(env=make_environ(url)).invoke(main, ["payments", "status", "--json"])
    return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def waits(cocomo: Buyer, paying_shop: Shop) -> Bought:
    """An order whose money is to come at a till."""
    return Bought(paying_shop, cocomo)


def _spoil(session: Session, payment: Payment, what: str) -> None:
    """One thing about a payment that nobody but a person can decide."""
    row = session.get_one(Payment, (payment.store_id, payment.id))
    key = {"store_id": payment.store_id, "payment_id": payment.id}
    theirs = key | {"id": "x_1", "account": payment.account}
    match what:
        case "payments":
            row.state = "review"
        case "after_stop":
            row.state = "after_stop"
        case "refunds":
            session.add(
                RefundRow(**key, provider_payment="pi_1", amount_minor=1, reason="late", state="failed")
            )
        case "transfers":
            session.get_one(PaymentPromise, (payment.store_id, payment.id)).balance_minor = 5
        case "disputes":
            money = {"amount_minor": 1, "currency": "JPY"}
            session.add(Dispute(**theirs, **money, reason="general", state="open", opened_at=utcnow()))
        case "warnings":
            session.add(FraudWarning(**theirs, fraud_type="misc", actionable=True, warned_at=utcnow()))


@pytest.mark.parametrize("what", ["payments", "after_stop", "refunds", "transfers", "disputes", "warnings"])
def test_the_command_is_calm_only_while_nothing_waits(
    waits: Bought, paying_shop: Shop, sqlite_url: str, what: str
) -> None:
    assert (_counts(paying_shop), _status(sqlite_url)[0]) == (CALM, 0)
    payment = waits.payment
    paying_shop.db.write(lambda session: _spoil(session, payment, what))
    assert _counts(paying_shop) == CALM | {what: 1}
    status, figures = _status(sqlite_url)
    assert (status, figures[f"needs_a_person_{what}"]) == (1, 1)


def test_what_waits_for_a_till_is_no_session_that_can_be_paid(
    waits: Bought, paying_app: Flask, sqlite_url: str
) -> None:
    assert waits.order.state == "waiting"
    assert _status(sqlite_url)[1]["sessions_payable"] == 0
    assert "hitsuka_sessions_open 0.0" in paying_app.test_client().get("/metrics").text
