"""The control API: what people other than the shop do, the clock, seeds, the event log."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from payments.sandbox import clockwork, refunds

from .running import Running, hosted_params


def paid(running: Running, card: str = "pm_card_visa", **changes: Any) -> str:
    created = running.client().v1.checkout.sessions.create(hosted_params(**changes))
    return str(running.pay(created.id, card)["session"]["payment_intent"])


def test_refund_from_the_providers_own_screen_reaches_the_shop_as_an_event(
    running: Running, client: stripe.StripeClient
) -> None:
    intent = paid(running)
    refund = running.control(f"payments/{intent}/refund", {"amount": 700, "reason": "duplicate"})
    assert (refund["object"], refund["amount"], refund["reason"]) == ("refund", 700, "duplicate")
    event = client.v1.events.list({"type": "refund.created"}).data[0]
    assert event.data.object["id"] == refund["id"]
    assert event.request is not None
    assert event.request.id is None
    assert running.control("payments")["data"][0]["status"] == "partially_refunded"


def test_person_opens_and_ends_disputes(running: Running, client: stripe.StripeClient) -> None:
    intent = paid(running)
    dispute = running.control(f"payments/{intent}/dispute", {"reason": "duplicate", "amount": 500})
    assert (dispute["status"], dispute["amount"], dispute["reason"]) == ("needs_response", 500, "duplicate")
    assert "error" in running.control(f"payments/{intent}/dispute", {})
    assert running.control(f"disputes/{dispute['id']}/won", {})["status"] == "won"
    assert "error" in running.control(f"disputes/{dispute['id']}/lost", {})
    inquiry = running.control(f"payments/{paid(running)}/dispute", {"inquiry": True})
    assert running.control(f"disputes/{inquiry['id']}/closed", {})["status"] == "warning_closed"
    warning = running.control(
        f"payments/{paid(running)}/fraud_warning", {"fraud_type": "made_with_lost_card"}
    )
    assert client.v1.radar.early_fraud_warnings.retrieve(warning["id"]).fraud_type == "made_with_lost_card"


def test_capture_and_cancel_from_outside(running: Running, client: stripe.StripeClient) -> None:
    manual: Any = {"payment_method_options": {"card": {"capture_method": "manual"}}}
    first, second = paid(running, **manual), paid(running, **manual)
    assert running.control(f"payments/{first}/capture", {"amount": 1000})["amount_received"] == 1000
    assert running.control(f"payments/{second}/cancel", {})["status"] == "canceled"
    created = client.v1.checkout.sessions.create(hosted_params())
    assert running.control(f"checkout/{created.id}/expire", {})["status"] == "expired"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("payments/pi_none/refund", {}),
        ("payments/{intent}/explode", {}),
        ("payments/{intent}/refund", {"amount": "many"}),
        ("payments/{intent}/refund", {"amount": True}),
        ("payments/{intent}/refund", {"reason": "whim"}),
        ("payments/{intent}/refund", {"amount": 2401}),
        ("payments/{intent}/dispute", {"reason": "whim"}),
        ("payments/{intent}/dispute", {"amount": 99_999}),
        ("payments/{intent}/fraud_warning", {"fraud_type": ["x"]}),
        ("payments/{intent}/pay", {}),
        ("payments/{intent}/fund", {"amount": 5}),
        ("disputes/du_none/won", {}),
        ("refunds/re_none/complete", {}),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(running: Running, path: str, body: Any) -> None:
    intent = paid(running)
    before = running.http("GET", "/_sandbox/events.jsonl")[1]
    answer = running.control(path.format(intent=intent), body)
    assert answer["error"]["message"]
    assert running.http("GET", "/_sandbox/events.jsonl")[1] == before


def test_payment_shows_all_that_belongs_to_it(running: Running) -> None:
    intent = paid(running, "pm_card_visa")
    running.control(f"payments/{intent}/refund", {"amount": 100})
    shown = running.control(f"payments/{intent}")
    assert {body["object"] for body in shown["objects"]} == {
        "payment_intent",
        "charge",
        "checkout.session",
        "refund",
    }
    assert [m["amount"] for m in shown["movements"]] == [2400, -100]
    assert "charge.refunded" in {event["type"] for event in shown["events"]}
    assert "refund" in shown["actions"]


def test_event_log_is_every_event_in_order(running: Running, client: stripe.StripeClient) -> None:
    paid(running)
    status, body, headers = running.http("GET", "/_sandbox/events.jsonl")
    lines = [json.loads(line) for line in body.decode().splitlines()]
    assert (status, headers["Content-Type"]) == (200, "application/x-ndjson")
    assert [line["id"] for line in lines][::-1] == [
        event.id for event in client.v1.events.list({"limit": 100})
    ]


def test_clock_can_be_frozen_moved_and_let_go(running: Running, client: stripe.StripeClient) -> None:
    assert running.control("clock", {"freeze": True, "at": 1_800_000_000}) == {
        "now": 1_800_000_000,
        "frozen": True,
    }
    assert client.v1.customers.create({}).created == 1_800_000_000
    assert running.control("clock", {"advance_s": 90})["now"] == 1_800_000_090
    assert running.control("clock")["now"] == 1_800_000_090
    assert running.control("clock", {"freeze": False})["frozen"] is False
    assert 1_800_000_090 <= running.control("clock")["now"] < 1_800_000_200
    for wrong in ({}, {"at": 5}, {"freeze": "yes"}, {"advance_s": -1}, {"advance_s": True}, {"hurry": 1}):
        assert "error" in running.control("clock", wrong)


def test_clock_that_was_moved_has_done_what_is_due_whichever_thread_does_it(
    running: Running, client: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock thread looks by itself, too: what it has begun is ended before the call comes back."""
    intent = paid(running, "pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent}).id
    begun, succeed = threading.Event(), clockwork.ALARMS["refund.succeed"]

    def slowly(*given: Any) -> Any:
        begun.set()
        time.sleep(0.5)
        return succeed(*given)

    monkeypatch.setitem(clockwork.ALARMS, "refund.succeed", slowly)
    running.sandbox.advance_clock(refunds.SETTLES_AFTER_S)
    assert begun.wait(60)
    running.control("clock", {"advance_s": 0})
    assert client.v1.refunds.retrieve(refund).status == "succeeded"


def story(running: Running) -> str:
    """A decline, a challenge, a payment, a refund, a dispute, a voucher: the whole event log of it."""
    client = running.client()
    running.client().v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    created = client.v1.checkout.sessions.create(hosted_params())
    running.pay(created.id, "decline:insufficient_funds")
    challenge = running.pay(created.id, "three_d_secure")["challenge"]
    running.control(f"challenges/{challenge}", {"answer": "pass"})
    intent = client.v1.checkout.sessions.retrieve(created.id).payment_intent
    client.v1.refunds.create({"payment_intent": str(intent), "amount": 100}, {"idempotency_key": "r"})
    running.control(f"payments/{intent}/dispute", {})
    other = client.v1.checkout.sessions.create(hosted_params())
    running.pay(other.id, method="konbini", name="花", email="fill_never@example.com")
    return running.http("GET", "/_sandbox/events.jsonl")[1].decode()


def test_seed_makes_the_same_story_every_time(started: Callable[..., Running]) -> None:
    settings: dict[str, Any] = {
        "seed": 7,
        "frozen_at": 1_800_000_000.0,
        "public_url": "http://pay.localhost:1",
    }
    first, second = started(**settings), started(**settings)
    stories = [story(running) for running in (first, second)]
    # The SDK's own idempotency keys are random; nothing else may differ.
    told = [[{**json.loads(line), "request": None} for line in text.splitlines()] for text in stories]
    assert told[0] == told[1]
    first.control("reset", {})
    assert story(first).count("\n") == len(told[0])
    first.control("reset", {"seed": 8})
    assert json.loads(story(first).splitlines()[0])["id"] != told[0][0]["id"]


def test_seed_decides_the_chances_too(started: Callable[..., Running]) -> None:
    def roll(running: Running) -> list[int]:
        running.control("reset", {"seed": 3})
        running.control(
            "faults", {"operation": "customers.list", "kind": "500", "times": None, "probability": 0.5}
        )
        headers = {"Authorization": "Bearer sk_test_hitsuka"}
        return [running.http("GET", "/v1/customers", None, headers)[0] for _ in range(20)]

    running = started()
    first = roll(running)
    assert set(first) == {200, 500}
    assert roll(running) == first


def test_actions_want_the_control_key(running: Running) -> None:
    intent = paid(running)
    for path in (f"payments/{intent}/refund", "keys", "disputes/du_1/won", "clock"):
        answer = running.http("POST", f"/_sandbox/{path}", b"{}", {"Content-Type": "application/json"})
        assert answer[0] == 401, path
