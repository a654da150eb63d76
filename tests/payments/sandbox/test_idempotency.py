"""Idempotency keys: one change a key, whatever the network does."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import stripe

from payments.sandbox.errors import ApiError
from payments.sandbox.idempotency import IdempotencyKeys

from .running import Running, hosted_params


def test_repetition_gets_the_first_answer_and_changes_nothing(client: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "attempt-1"}
    first = client.v1.checkout.sessions.create(hosted_params(), options)
    again = client.v1.checkout.sessions.create(hosted_params(), options)
    assert first.id == again.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_same_key_with_other_parameters_is_refused(client: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "attempt-1"}
    client.v1.checkout.sessions.create(hosted_params(), options)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(hosted_params(client_reference_id="other"), options)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({}, options)


def test_failed_parameter_check_is_not_kept(client: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "attempt-1"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(hosted_params(expires_at=1), options)
    assert client.v1.checkout.sessions.create(hosted_params(), options).status == "open"


def test_error_of_the_work_itself_is_kept(running: Running, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(hosted_params())
    intent = running.pay(session.id)["session"]["payment_intent"]
    client.v1.refunds.create({"payment_intent": intent})
    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": intent}, {"idempotency_key": "refund-1"})
        assert refused.value.headers is not None
        assert refused.value.headers.get("idempotent-replayed") == replayed


def test_server_error_is_kept_too(running: Running, client: stripe.StripeClient) -> None:
    running.control("faults", {"operation": "customers.create", "kind": "500"})
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            client.v1.customers.create({}, {"idempotency_key": "c-1"})
        assert failed.value.http_status == 500
    assert client.v1.customers.list().data == []


def test_keys_belong_to_an_account(running: Running) -> None:
    options: Any = {"idempotency_key": "attempt-1"}
    ours = running.client().v1.customers.create({}, options)
    theirs = running.client("sk_test_hitsuka_cocomo").v1.customers.create({}, options)
    assert ours.id != theirs.id


def test_overlong_key_is_refused(client: stripe.StripeClient) -> None:
    client.v1.customers.create({}, {"idempotency_key": "k" * 255})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({}, {"idempotency_key": "k" * 256})


def test_key_is_forgotten_after_a_day(running: Running, client: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "attempt-1"}
    first = client.v1.customers.create({}, options)
    running.control("clock", {"advance_s": 24 * 3600 + 1})
    assert client.v1.customers.create({}, options).id != first.id


def test_a_dropped_connection_does_nothing_and_remembers_nothing(running: Running) -> None:
    client = running.client()
    options: Any = {"idempotency_key": "dropped-1", "max_network_retries": 0}
    running.control("faults", {"operation": "checkout.sessions.create", "kind": "refuse"})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(hosted_params(), options)
    assert client.v1.checkout.sessions.list().data == []
    assert client.v1.checkout.sessions.create(hosted_params(), options).status == "open"


def test_lost_answer_is_found_again_by_the_retry(running: Running) -> None:
    running.control("faults", {"operation": "checkout.sessions.create", "kind": "lost_answer"})
    session = running.client(max_network_retries=2).v1.checkout.sessions.create(hosted_params())
    assert [s.id for s in running.client().v1.checkout.sessions.list()] == [session.id]


def test_call_that_overlaps_the_first_clashes(running: Running) -> None:
    keys = IdempotencyKeys(running.sandbox)
    assert keys.begin("acct", "key", "customers.create", {}) is None
    with pytest.raises(ApiError) as refused:
        keys.begin("acct", "key", "customers.create", {})
    assert (refused.value.status, refused.value.remembered) == (409, False)
    keys.end("acct", "key")
    assert keys.begin("acct", "key", "customers.create", {}) is None


def test_many_at_once_with_one_key_make_one_object(running: Running) -> None:
    ids: list[str] = []
    clashes: list[int] = []

    def create() -> None:
        try:
            ids.append(running.client().v1.customers.create({}, {"idempotency_key": "race"}).id)
        except stripe.IdempotencyError as error:
            clashes.append(error.http_status or 0)

    threads = [threading.Thread(target=create) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 1
    assert set(clashes) <= {409}
    assert len(ids) + len(clashes) == 12
    assert len(running.client().v1.customers.list().data) == 1
