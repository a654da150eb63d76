"""Deliveries of events: signed, retried, kept, and spoiled on request."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from .running import Receiver, Running, hosted_params, wait_for

PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
    "charge.updated",
]


def listen(running: Running, receiver: Receiver, *events: str) -> tuple[str, str]:
    """Registers the receiver; its endpoint's id and secret."""
    params: Any = {"url": receiver.url, "enabled_events": list(events) or ["*"]}
    endpoint = running.client().v1.webhook_endpoints.create(params)
    assert endpoint.secret is not None
    return endpoint.id, endpoint.secret


def make_customer(running: Running) -> None:
    running.client().v1.customers.create({})


def test_payment_tells_its_whole_story_signed(running: Running, receiver: Receiver) -> None:
    _, secret = listen(running, receiver)
    running.pay(running.client().v1.checkout.sessions.create(hosted_params()).id)
    wait_for(lambda: len(receiver.received) == len(PAID), "all events")
    assert sorted(receiver.types()) == sorted(PAID)
    for body, headers in receiver.received:
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)
        assert (event.livemode, event.api_version) == (False, "2026-10-28.endive")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")


def test_events_can_be_read_again_by_type(running: Running) -> None:
    client = running.client()
    running.pay(client.v1.checkout.sessions.create(hosted_params()).id)
    assert [e.type for e in client.v1.events.list()] == [
        "checkout.session.completed",
        "charge.updated",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    only = client.v1.events.list({"type": "charge.succeeded"}).data
    assert [e.data.object["object"] for e in only] == ["charge"]
    assert client.v1.events.retrieve(only[0].id).id == only[0].id


def test_charge_has_no_booking_before_its_update(running: Running) -> None:
    client = running.client()
    running.pay(client.v1.checkout.sessions.create(hosted_params()).id)
    first = client.v1.events.list({"type": "charge.succeeded"}).data[0]
    later = client.v1.events.list({"type": "charge.updated"}).data[0]
    assert first.data.object["balance_transaction"] is None
    assert later.data.object["balance_transaction"].startswith("txn_")


def test_endpoint_gets_only_what_it_asked_for(running: Running, receiver: Receiver) -> None:
    listen(running, receiver, "checkout.session.completed")
    running.pay(running.client().v1.checkout.sessions.create(hosted_params()).id)
    wait_for(lambda: running.control("health")["deliveries_waiting"] == 0, "an empty queue")
    assert receiver.types() == ["checkout.session.completed"]


def test_refusal_is_retried_then_given_up(running: Running, receiver: Receiver) -> None:
    listen(running, receiver)
    receiver.answers = [500, 302, 404]
    receiver.location = receiver.url
    make_customer(running)
    failed = wait_for(
        lambda: [d for d in running.control("deliveries")["data"] if d["state"] == "failed"],
        "a given up delivery",
    )
    assert len(receiver.received) == 3  # one first try and the schedule's two; the redirect was not followed
    assert (failed[0]["attempts"], failed[0]["status"]) == (3, 404)

    running.control(f"deliveries/{failed[0]['id']}/resend", {})
    wait_for(lambda: len(receiver.received) == 4, "the delivery sent again")
    assert len({json.loads(body)["id"] for body, _ in receiver.received}) == 1


def test_both_secrets_sign_while_one_is_rolled(running: Running, receiver: Receiver) -> None:
    endpoint, old = listen(running, receiver)
    new = running.control(f"webhook_endpoints/{endpoint}/roll", {"old_for_s": 60})["secret"]
    make_customer(running)
    wait_for(lambda: len(receiver.received) == 1, "the event")
    for secret in (old, new):
        stripe.Webhook.construct_event(
            receiver.received[0][0], receiver.received[0][1]["Stripe-Signature"], secret
        )
    running.control("clock", {"advance_s": 61})
    make_customer(running)
    wait_for(lambda: len(receiver.received) == 2, "the second event")
    assert receiver.received[1][1]["Stripe-Signature"].count("v1=") == 1


def test_duplicate_comes_twice(running: Running, receiver: Receiver) -> None:
    listen(running, receiver)
    running.control("faults", {"operation": "webhook", "kind": "duplicate"})
    make_customer(running)
    wait_for(lambda: len(receiver.received) == 2, "the event twice")
    assert len({json.loads(body)["id"] for body, _ in receiver.received}) == 1


def test_tampered_event_fails_its_check(running: Running, receiver: Receiver) -> None:
    _, secret = listen(running, receiver)
    running.control("faults", {"operation": "webhook", "kind": "tamper"})
    make_customer(running)
    wait_for(lambda: receiver.received, "the event")
    body, headers = receiver.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)


def test_dropped_event_never_comes_but_can_be_fetched(running: Running, receiver: Receiver) -> None:
    listen(running, receiver)
    running.control("faults", {"operation": "webhook", "kind": "drop"})
    make_customer(running)
    wait_for(
        lambda: [d for d in running.control("deliveries")["data"] if d["state"] == "dropped"], "the drop"
    )
    assert receiver.received == []
    assert [e.type for e in running.client().v1.events.list()] == ["customer.created"]


@pytest.mark.parametrize(("kind", "wait_s"), [("delay", 30), ("reorder", 2)])
def test_event_held_back_is_overtaken(running: Running, receiver: Receiver, kind: str, wait_s: int) -> None:
    listen(running, receiver)
    client = running.client()
    running.freeze()
    running.control("faults", {"operation": "webhook", "kind": kind, "delay_s": 30})
    first = client.v1.customers.create({}).id
    wait_for(lambda: running.control("faults")["data"][0]["met"] == 1, "the fault")
    second = client.v1.customers.create({}).id
    wait_for(lambda: len(receiver.received) == 1, "the later event")
    running.control("clock", {"advance_s": wait_s + 1})
    wait_for(lambda: len(receiver.received) == 2, "the event held back")
    assert [json.loads(body)["data"]["object"]["id"] for body, _ in receiver.received] == [second, first]


def test_queued_delivery_survives_a_restart(
    started: Callable[..., Running], receiver: Receiver, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"store": tmp_path / "store.db", "webhooks": (receiver.url,)}
    first = started(**settings)
    first.control("faults", {"operation": "webhook", "kind": "delay", "delay_s": 600})
    make_customer(first)
    wait_for(lambda: first.control("faults")["data"][0]["met"] == 1, "the fault")
    first.stop()
    assert receiver.received == []
    second = started(**settings)
    second.control("clock", {"advance_s": 601})
    wait_for(lambda: receiver.received, "the delivery after the restart")
    assert len(second.client().v1.webhook_endpoints.list().data) == 1
    stripe.Webhook.construct_event(
        receiver.received[0][0], receiver.received[0][1]["Stripe-Signature"], "whsec_hitsuka"
    )


def test_endpoint_elsewhere_is_refused(client: stripe.StripeClient) -> None:
    for url in (
        "http://example.com/hook",
        "ftp://127.0.0.1/",
        "http://127.0.0.1.example.com/",
        "hook",
        "http://localhost:99999/",
        "http://localhost/é",
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        assert refused.value.param == "url"


def test_endpoints_can_be_changed_and_taken_away(running: Running, receiver: Receiver) -> None:
    endpoint, _ = listen(running, receiver)
    client = running.client()
    assert client.v1.webhook_endpoints.retrieve(endpoint).secret is None
    client.v1.webhook_endpoints.update(endpoint, {"disabled": True})
    make_customer(running)
    assert running.control("deliveries")["data"] == []
    assert client.v1.webhook_endpoints.delete(endpoint).deleted is True
    assert client.v1.webhook_endpoints.list().data == []
