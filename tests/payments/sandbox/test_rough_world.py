"""Hostile webhook receivers, many calls at once, limits and narrow keys."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

from .running import Receiver, Running, hosted_params, wait_for

THIRTY = 30


def serve(answer: Callable[[socket.socket], None]) -> tuple[socket.socket, str]:
    """A server that reads a request's first bytes and then does `answer` with the connection."""
    listening = socket.create_server(("127.0.0.1", 0))

    def handle(connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            connection.recv(65_536)
            answer(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=handle, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}/hook"


RELEASED = threading.Event()


def silent(_connection: socket.socket) -> None:
    RELEASED.wait(90)


def dripping(connection: socket.socket) -> None:
    """Never quite says what it says: a byte of the headers every now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not RELEASED.wait(0.1):
        connection.sendall(b"x")


def huge(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 100000000000\r\n\r\n")
    while not RELEASED.is_set():
        connection.sendall(b"x" * 65_536)


def redirecting(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")


def garbled(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff not http at all\r\n\r\n")


def hanging_up(_connection: socket.socket) -> None:
    """Closes without a word."""


@pytest.fixture
def hostile() -> Iterator[Callable[[Any], str]]:
    RELEASED.clear()
    opened: list[socket.socket] = []

    def begin(answer: Any) -> str:
        listening, url = serve(answer)
        opened.append(listening)
        return url

    yield begin
    RELEASED.set()
    for listening in opened:
        listening.close()


def register(running: Running, url: str) -> None:
    running.client().v1.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"]})


def deliveries(running: Running, url: str) -> list[Any]:
    return [d for d in running.control("deliveries")["data"] if d["url"] == url]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (silent, "TimeoutError"),
        (dripping, "TimeoutError"),
        (huge, "answered 500"),
        (redirecting, "answered 302"),
        (garbled, "BadStatusLine"),
        # which of the two depends on whether the request was read before the connection was closed
        (hanging_up, ("RemoteDisconnected", "ConnectionResetError")),
        (None, "ConnectionRefusedError"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_hostile_endpoint_is_retried_and_given_up(
    started: Callable[..., Running], hostile: Callable[[Any], str], answer: Any, error: str | tuple[str, str]
) -> None:
    is_endless = answer in (silent, dripping)  # and nobody else is cut off on a machine that is slow
    running = started(delivery_timeout_s=0.5 if is_endless else 90.0, retry_schedule_s=(0.05,))
    url = hostile(answer) if answer else "http://127.0.0.1:9/hook"
    register(running, url)
    running.client().v1.customers.create({})
    failed = wait_for(lambda: [d for d in deliveries(running, url) if d["state"] == "failed"], "the end")[0]
    assert failed["attempts"] == 2
    assert failed["error"] in ((error,) if isinstance(error, str) else error)
    assert running.control(f"deliveries/{failed['id']}")["body"]["type"] == "customer.created"


def test_slow_endpoints_hold_up_nobody(
    started: Callable[..., Running], hostile: Callable[[Any], str], receiver: Receiver
) -> None:
    running = started(delivery_timeout_s=90.0)
    for _ in range(8):  # times ten events: more than there are threads
        register(running, hostile(silent))
    register(running, receiver.url)
    for _ in range(10):
        running.client().v1.customers.create({})
    wait_for(lambda: len(receiver.received) == 10, "every event at the good endpoint")
    RELEASED.set()


def test_thirty_calls_with_one_key_have_one_effect(running: Running, client: stripe.StripeClient) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    intent = running.pay(created.id)["session"]["payment_intent"]
    together = threading.Barrier(THIRTY)
    ids: list[str] = []
    clashes: list[tuple[int | None, str | None]] = []

    def refund() -> None:
        own = running.client()
        together.wait()
        try:
            params: Any = {"payment_intent": intent, "amount": 100}
            ids.append(own.v1.refunds.create(params, {"idempotency_key": "one"}).id)
        except stripe.IdempotencyError as error:
            clashes.append((error.http_status, error.code))

    threads = [threading.Thread(target=refund) for _ in range(THIRTY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) + len(clashes) == THIRTY
    assert len(set(ids)) == 1
    assert set(clashes) <= {(409, "idempotency_key_in_use")}
    assert [r.amount for r in client.v1.refunds.list({"payment_intent": intent})] == [100]
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.refunds.create({"payment_intent": intent, "amount": 101}, {"idempotency_key": "one"})
    assert refused.value.http_status == 400


def test_thirty_captures_at_once_take_the_money_once(running: Running, client: stripe.StripeClient) -> None:
    params: Any = {"amount": 900, "currency": "jpy", "payment_method": "pm_card_visa", "confirm": True}
    params["capture_method"] = "manual"
    intent = client.v1.payment_intents.create(params).id
    done: list[str] = []

    def capture() -> None:
        with suppress(stripe.InvalidRequestError):
            done.append(running.client().v1.payment_intents.capture(intent).status)

    threads = [threading.Thread(target=capture) for _ in range(THIRTY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == ["succeeded"]
    assert len(client.v1.balance_transactions.list().data) == 1


def test_restricted_key_opens_exactly_what_it_was_cut_for(running: Running) -> None:
    key = "rk_test_reports"
    assert running.control("keys", {"key": key, "permissions": ["charge_read", "refund_write"]})["key"] == key
    narrow = running.client(key).v1
    assert narrow.charges.list().data == []
    assert narrow.refunds.list().data == []
    wanted: dict[str, Callable[[], object]] = {
        "rak_customer_read": lambda: narrow.customers.list(),
        "rak_payment_intent_write": lambda: narrow.payment_intents.create({"amount": 100, "currency": "jpy"}),
        "rak_dispute_read": lambda: narrow.disputes.list(),
        "rak_balance_read": lambda: narrow.balance.retrieve(),
    }
    for permission, call in wanted.items():
        with pytest.raises(stripe.PermissionError, match=permission) as refused:
            call()
        assert refused.value.http_status == 403
    assert "error" in running.control("keys", {"key": "rk_test_x", "permissions": ["everything"]})
    assert "error" in running.control("keys", {"key": "sk_test_x", "permissions": []})
    running.control("reset", {})
    with pytest.raises(stripe.AuthenticationError):
        narrow.charges.list()


def test_limit_of_one_endpoint_leaves_the_others_open(
    started: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of them in one second, also where forty calls take longer.
    monkeypatch.setattr("payments.sandbox.limits.time", SimpleNamespace(monotonic=lambda: 1.0))
    running = started(rate_limit=25.0)
    headers = {"Authorization": "Bearer sk_test_hitsuka"}
    together = threading.Barrier(40)
    seen: list[tuple[int, str | None, bytes]] = []

    def ask() -> None:
        together.wait()
        status, body, got = running.http("GET", "/v1/customers", None, headers)
        seen.append((status, got.get("Stripe-Rate-Limited-Reason"), body))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [(reason, json.loads(body)) for status, reason, body in seen if status == 429]
    assert sorted(status for status, _, _ in seen) == [200] * 25 + [429] * 15
    assert {reason for reason, _ in refused} == {"endpoint-rate"}
    assert all(body["error"]["code"] == "rate_limit" for _, body in refused)


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_list_limits_have_bounds(client: stripe.StripeClient, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.disputes.list({"limit": limit})
    assert refused.value.param == "limit"


def test_cursor_of_another_account_is_unknown(running: Running, client: stripe.StripeClient) -> None:
    theirs = running.client("sk_test_hitsuka_cocomo").v1.customers.create({}).id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.list({"starting_after": theirs})
    assert refused.value.param == "starting_after"


def test_operations_that_are_not_here_say_so(running: Running) -> None:
    headers = {"Authorization": "Bearer sk_test_hitsuka"}
    for method, path in (
        ("POST", "/v1/payouts"),
        ("GET", "/v1/charges/search"),
        ("POST", "/v1/payment_intents/pi_1/increment_authorization"),
        ("DELETE", "/v1/payment_intents/pi_1"),
        ("GET", "/v2/core/events"),
    ):
        status, body, _ = running.http(method, path, b"" if method == "POST" else None, headers)
        error = json.loads(body)["error"]
        assert error["type"] == "invalid_request_error", path
        assert status in {404, 405}, path
