"""Whatever happens in whatever order, the books add up and every object has the shape of Stripe's.

Chance picks what shop, customer, issuer and clock do next, from a seed that a failure names.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from payments.sandbox import (
    actions,
    capturing,
    clockwork,
    confirm,
    customers,
    disputes,
    intents,
    refunds,
    sessions,
    transfers,
)
from payments.sandbox.config import Config
from payments.sandbox.context import Sandbox
from payments.sandbox.errors import ApiError
from payments.sandbox.fields import build
from payments.sandbox.methods import attach

from .running import hosted_params

STEPS = 120
CARDS = (
    "pm_card_visa",
    "pm_card_createDispute",
    "pm_card_createDisputeInquiry",
    "pm_card_createIssuerFraudRecord",
    "pm_card_refundFail",
    "pm_card_pendingRefund",
    "pm_card_visa_chargeDeclined",
    "pm_card_threeDSecure2Required",
)
MAILS = ("a@example.com", "succeed_immediately@example.com", "expire_immediately@example.com")


class World:
    """A sandbox without server, and everybody who acts on it."""

    def __init__(self, seed: int) -> None:
        self.sandbox = Sandbox(Config(port=1, seed=seed, frozen_at=1_800_000_000.0))
        self.account = self.sandbox.keys.accounts[0].id
        self.dice = random.Random(seed)
        self.customers: list[str] = []
        self.steps: list[Callable[[], Any]] = [
            self.open_session,
            self.pay_session,
            self.make_intent,
            self.refund,
            self.issuer,
            self.verdict,
            self.capture_or_cancel,
            self.answer_challenge,
            self.send_money,
            self.pass_time,
            self.at_the_till,
        ]

    def all(self, kind: str) -> Iterator[Any]:
        for row in self.sandbox.store.rows("SELECT body FROM objects WHERE kind = ? ORDER BY seq", (kind,)):
            yield json.loads(row["body"])

    def one(self, kind: str) -> Any:
        found = list(self.all(kind))
        if not found:
            raise ApiError(404, "none yet")
        return self.dice.choice(found)

    def step(self) -> None:
        with suppress(ApiError):
            self.dice.choice(self.steps)()

    def open_session(self) -> None:
        params = hosted_params(customer_email=self.dice.choice(MAILS))
        if self.dice.random() < 0.5:
            customer = customers.create(self.sandbox, self.account, {"email": "fill_never@example.com"})["id"]
            self.customers.append(customer)
            del params["customer_email"]
            params["customer"] = customer
        if self.dice.random() < 0.3:
            params["payment_intent_data"] = {"capture_method": "manual"}
        sessions.create(self.sandbox, self.account, params)

    def pay_session(self) -> None:
        session = self.one("checkout.session")
        type_ = self.dice.choice(session["payment_method_types"])
        card = self.sandbox.cards.named(self.dice.choice(CARDS), self.sandbox.now())
        choice = confirm.Choice(card=card if type_ == "card" else None, type=type_, name="花")
        confirm.confirm(self.sandbox, self.account, session["id"], choice)

    def make_intent(self) -> None:
        params: Any = {"amount": self.dice.randint(50, 5000), "currency": "jpy", "confirm": True}
        params["payment_method"] = self.dice.choice(CARDS)
        if self.customers and self.dice.random() < 0.5:
            params["customer"] = self.dice.choice(self.customers)
            params["payment_method"] = attach(
                self.sandbox, self.account, params["payment_method"], {"customer": params["customer"]}
            )["id"]
            params["off_session"] = "true"
        intents.create(self.sandbox, self.account, params)

    def refund(self) -> None:
        params: Any = {"charge": self.one("charge")["id"]}
        if self.dice.random() < 0.7:
            params["amount"] = self.dice.randint(1, 3000)
        if self.dice.random() < 0.3:
            params["instructions_email"] = "a@example.com"
        refunds.create(self.sandbox, self.account, params)

    def issuer(self) -> None:
        intent = self.one("payment_intent")["id"]
        action = self.dice.choice(["dispute", "fraud_warning"])
        given = {"inquiry": self.dice.random() < 0.3} if action == "dispute" else {}
        actions.act(self.sandbox, "payments", intent, action, given)

    def verdict(self) -> None:
        if self.dice.random() < 0.5:
            refund = self.one("refund")["id"]
            actions.act(self.sandbox, "refunds", refund, self.dice.choice(list(actions.REFUND_ACTIONS)), {})
            return
        dispute = self.one("dispute")["id"]
        if self.dice.random() < 0.5:
            text = self.dice.choice(["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "x"])
            disputes.update(self.sandbox, self.account, dispute, {"evidence": {"uncategorized_text": text}})
        else:
            actions.act(
                self.sandbox, "disputes", dispute, self.dice.choice(list(actions.DISPUTE_ACTIONS)), {}
            )

    def capture_or_cancel(self) -> None:
        intent = self.one("payment_intent")
        if self.dice.random() < 0.5:
            params = {"amount_to_capture": self.dice.randint(1, intent["amount"])}
            capturing.capture(self.sandbox, self.account, intent["id"], params)
        else:
            capturing.cancel(self.sandbox, self.account, intent["id"], {})

    def answer_challenge(self) -> None:
        rows = self.sandbox.store.rows("SELECT id FROM authentications WHERE state = 'open'")
        if rows:
            found = confirm.challenge(self.sandbox, rows[0]["id"])
            answer = self.dice.choice(["pass", "pass", "fail", "cancel"])
            confirm.answer_challenge(self.sandbox, found.id, answer, found.body["code"])

    def send_money(self) -> None:
        if self.customers:
            params = {"amount": self.dice.randint(1, 4000), "currency": "jpy"}
            transfers.fund(self.sandbox, self.account, self.dice.choice(self.customers), params)

    def pass_time(self) -> None:
        self.sandbox.advance_clock(self.dice.choice([0, 1, 200, 3600, 86_400, 8 * 86_400, 50 * 86_400]))
        clockwork.tick(self.sandbox)

    def at_the_till(self) -> None:
        intent = self.one("payment_intent")["id"]
        actions.act(self.sandbox, "payments", intent, self.dice.choice(["pay", "expire", "fund"]), {})


def check_shapes(world: World) -> None:
    for row in world.sandbox.store.rows("SELECT kind, body FROM objects"):
        body = json.loads(row["body"])
        assert build(row["kind"], **{k: v for k, v in body.items() if k != "object"}) == body


def check_books(world: World) -> None:
    moved: dict[str, int] = {}
    for movement in world.all("balance_transaction"):
        assert movement["net"] == movement["amount"] - movement["fee"]
        moved[movement["source"]] = moved.get(movement["source"], 0) + movement["amount"]
    given_back: dict[str, int] = {}
    for refund in world.all("refund"):
        alive = refund["status"] not in {"failed", "canceled"}
        if refund["balance_transaction"]:
            assert moved[refund["id"]] == (-refund["amount"] if alive else 0)
        if alive and refund["balance_transaction"]:
            given_back[refund["charge"]] = given_back.get(refund["charge"], 0) + refund["amount"]
    for charge in world.all("charge"):
        assert 0 <= charge["amount_captured"] <= charge["amount"]
        assert moved.get(charge["id"], 0) == charge["amount_captured"]
        assert given_back.get(charge["id"], 0) <= charge["amount_captured"]
        if charge["captured"]:
            left = charge["amount"] - charge["amount_captured"]
            assert charge["amount_refunded"] == left + given_back.get(charge["id"], 0)
    for dispute in world.all("dispute"):
        taken = {"won": 0, "warning_needs_response": 0, "warning_under_review": 0, "warning_closed": 0}
        assert moved.get(dispute["id"], 0) == taken.get(dispute["status"], -dispute["amount"])


def check_states(world: World) -> None:
    charges = list(world.all("charge"))
    for intent in world.all("payment_intent"):
        good = [c for c in charges if c["payment_intent"] == intent["id"] and c["paid"]]
        assert len(good) <= 1, "nobody pays twice"
        assert (intent["status"] == "succeeded") == (bool(good) and good[0]["captured"])
        assert intent["amount_received"] == (good[0]["amount_captured"] if good else 0)
        session = sessions.of_intent(world.sandbox, world.account, intent["id"])
        if session:
            assert (session["payment_status"] == "paid") == (intent["status"] == "succeeded")
    for customer in world.customers:
        amounts = [
            m["net_amount"]
            for m in world.all("customer_cash_balance_transaction")
            if m["customer"] == customer
        ]
        assert transfers.balance_of(world.sandbox, customer) == sum(amounts)
        assert all(held >= 0 for held in itertools.accumulate(amounts))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_books_add_up(seed: int) -> None:
    world = World(seed)
    with closing(world.sandbox.store):
        for _ in range(STEPS):
            world.step()
            check_books(world)
            check_states(world)
        check_shapes(world)
        kinds = {row["kind"] for row in world.sandbox.store.rows("SELECT DISTINCT kind FROM objects")}
        assert {"charge", "checkout.session", "payment_intent", "event"} <= kinds
