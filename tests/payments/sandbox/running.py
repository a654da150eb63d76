"""Helpers of the sandbox's tests: start one, talk to it, the parameters of a session."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe

from payments.sandbox.app import close, create_app
from payments.sandbox.config import Config
from payments.sandbox.context import Sandbox
from payments.sandbox.server import make_server
from tests.servers.processes import free_port

Json = dict[str, Any]


def wait_for(found: Callable[[], Any], what: str, within_s: float = 180.0) -> Any:
    """Polls until `found` gives something true; fails with `what` at the deadline."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        result = found()
        if result:
            return result
        time.sleep(0.02)
    pytest.fail(f"not within {within_s} s: {what}")


@dataclass
class Running:
    """A sandbox that serves, and short ways to talk to it."""

    config: Config
    sandbox: Sandbox
    stop: Callable[[], None]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.config.port}"

    def client(self, key: str = "sk_test_hitsuka", **options: Any) -> stripe.StripeClient:
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.url},
            max_network_retries=options.pop("max_network_retries", 0),
            **options,
        )

    def http(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        request = urllib.request.Request(self.url + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=240) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), dict(error.headers)

    def answer(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, str | None]:
        """Status of an answer, and where it sends the browser."""
        connection = http.client.HTTPConnection("127.0.0.1", self.config.port, timeout=240)
        with contextlib.closing(connection):
            connection.request(method, path, body.encode(), headers)
            got = connection.getresponse()
            return got.status, got.getheader("Location")

    def control(self, path: str, body: Json | None = None, method: str = "") -> Json:
        """Calls the control API with its key; the answer's JSON."""
        method = method or ("GET" if body is None else "POST")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.config.control_key}", "Content-Type": "application/json"}
        content: Json = json.loads(self.http(method, f"/_sandbox/{path}", data, headers)[1])
        return content

    def freeze(self) -> None:
        """From now on only the test moves the clock: what is due later is not due because a machine is slow."""
        self.control("clock", {"freeze": True})

    def pay(self, session_id: str, card: str = "pm_card_visa", **more: Any) -> Json:
        return self.control(f"checkout/{session_id}/pay", {"card": card, **more})


def start(**settings: Any) -> Running:
    config = Config(**{"port": free_port(), "rate_limit": None, "retry_schedule_s": (0.05, 0.05), **settings})
    app = create_app(config)
    server = make_server(config.host, config.port, app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()
        close(app)

    return Running(config, app.extensions["sandbox"], stop)


def hosted_params(**changes: Any) -> Any:
    """Parameters of a payment page for ¥2,400."""
    price = {"currency": "jpy", "unit_amount": 1200, "product_data": {"name": "飯碗"}}
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items": [{"price_data": price, "quantity": 2}],
        "success_url": "http://localhost:8000/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:8000/cart",
        "customer_email": "buyer@example.com",
        **changes,
    }


def elements_params(**changes: Any) -> Any:
    """Parameters of a session for the card fields."""
    params = hosted_params(
        ui_mode="elements", return_url="http://localhost:8000/done?session={CHECKOUT_SESSION_ID}"
    )
    del params["success_url"], params["cancel_url"]
    return {**params, **changes}


@dataclass
class Receiver:
    """A webhook endpoint: keeps what came, answers with the next of `answers`, else 200."""

    url: str = ""
    received: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    location: str = ""

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in list(self.received)]
