"""A running sandbox on a free port, the real SDK pointed at it, and a receiver for its webhooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from .running import Receiver, Running, start


@pytest.fixture(scope="session")
def _shared() -> Iterator[Running]:
    running = start(accounts=("cocomo",))
    yield running
    running.stop()


@pytest.fixture
def running(_shared: Running) -> Running:
    """A sandbox without rate limit and with a second account, empty at the start of each test."""
    _shared.control("reset", {})
    return _shared


@pytest.fixture
def started() -> Iterator[Callable[..., Running]]:
    """Starts sandboxes with settings of their own, and stops them."""
    all_started: list[Running] = []

    def begin(**settings: Any) -> Running:
        all_started.append(start(**settings))
        return all_started[-1]

    yield begin
    for one in all_started:
        one.stop()


@pytest.fixture
def client(running: Running) -> stripe.StripeClient:
    return running.client()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    got = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.received.append((body, dict(self.headers)))
            self.send_response(got.answers.pop(0) if got.answers else 200)
            if got.location:
                self.send_header("Location", got.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield got
    server.shutdown()
    thread.join()
    server.server_close()
