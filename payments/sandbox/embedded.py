"""A sandbox inside a test's own process: started in a line, asked by short calls. For other projects' tests.

    with EmbeddedSandbox(webhooks=("http://127.0.0.1:8000/hook",)) as sandbox:
        client = stripe.StripeClient(sandbox.secret_key, base_addresses=sandbox.base_addresses)
        session = client.v1.checkout.sessions.create(…)
        sandbox.pay(session.id)
        sandbox.advance(3 * 86_400)

`pytest_plugin` wraps it in fixtures. It answers on this machine only and keeps nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from http import HTTPStatus
from typing import Any

from .app import close, create_app
from .config import Config
from .fields import Json
from .keys import Account
from .server import make_server

DEFAULT_WAIT_S = 60.0


class SandboxError(Exception):
    """The control API refused; the text says why."""


class EmbeddedSandbox:
    """A sandbox that serves from `start` (or `with`) until `stop`.

    `settings` are those of `config.Config`, such as `webhooks`, `seed`, `accounts`, `shop_origins`. Without a word
    about it the rate limit is off, the port a free one, and a webhook is retried at once.
    """

    def __init__(self, **settings: Any) -> None:
        port = settings.pop("port", None) or _free_port()
        plain = {"rate_limit": None, "retry_schedule_s": (0.05, 0.2)}
        self.config = Config(**{**plain, **settings, "port": port})
        self._account = Account("")
        self._started = False

    def start(self) -> EmbeddedSandbox:
        """Begins to serve. Raises OSError when the port is taken."""
        self._app = create_app(self.config)
        try:
            self._server = make_server(self.config.host, self.config.port, self._app)
        except OSError:
            close(self._app)
            raise
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        self._started = True
        return self

    def stop(self) -> None:
        """Ends it; a second call does nothing."""
        if self._started:
            self._started = False
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            close(self._app)

    def __enter__(self) -> EmbeddedSandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where servers reach it."""
        return f"http://{self.config.host}:{self.config.port}"

    @property
    def base_addresses(self) -> dict[str, str]:
        """For `stripe.StripeClient(…, base_addresses=…)`: the API, and the host that takes files."""
        return {"api": self.url, "files": self.url}

    @property
    def browser_url(self) -> str:
        """Where browsers find pages and `…/endive/stripe.js`."""
        return self.config.browser_url

    @property
    def secret_key(self) -> str:
        return self._account.key("sk_test_")

    @property
    def publishable_key(self) -> str:
        return self._account.key("pk_test_")

    @property
    def webhook_secret(self) -> str:
        """Signs what goes to the endpoints of the settings."""
        return self._account.webhook_secret

    def control(self, path: str, body: Json | None = None, method: str = "") -> Json:
        """Calls the control API below /_sandbox/. Raises SandboxError when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.config.control_key}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(self.config.host, self.config.port, timeout=DEFAULT_WAIT_S)
        with contextlib.closing(connection):
            connection.request(
                method or ("GET" if data is None else "POST"), f"/_sandbox/{path}", data, headers
            )
            answer = connection.getresponse()
            content: Json = json.loads(answer.read())
        if answer.status != HTTPStatus.OK:
            raise SandboxError(content["error"]["message"])
        return content

    def reset(self, seed: int | None = None) -> None:
        """Forgets everything and begins anew, with `seed` if given."""
        self.control("reset", {} if seed is None else {"seed": seed})

    def pay(self, session_id: str, card: str = "pm_card_visa", **more: Any) -> Json:
        """Pays a Checkout Session as its page would: `result` is succeeded, declined or requires_action."""
        return self.control(f"checkout/{session_id}/pay", {"card": card, **more})

    def answer_challenge(self, challenge: str, answer: str = "pass") -> Json:
        """Ends a 3-D Secure authentication by pass, fail or cancel."""
        return self.control(f"challenges/{challenge}", {"answer": answer})

    def act(self, payment_intent: str, action: str, **given: Any) -> Json:
        """What others do to a payment: refund, dispute, fraud_warning, capture, cancel, pay, expire, fund."""
        return self.control(f"payments/{payment_intent}/{action}", given)

    def advance(self, seconds: float) -> None:
        """Moves the clock forward and does what has become due."""
        self.control("clock", {"advance_s": seconds})

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        """Sets a fault, such as `fault("refunds.create", "lost_answer")` or `fault("webhook", "duplicate")`."""
        self.control("faults", {"operation": operation, "kind": kind, **more})

    def wait_delivered(self, within_s: float = DEFAULT_WAIT_S) -> None:
        """Waits until no webhook waits to be delivered. Raises TimeoutError."""
        deadline = time.monotonic() + within_s
        while self.control("health")["deliveries_waiting"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"webhooks were still waiting after {within_s} s")
            time.sleep(0.02)


def _free_port() -> int:
    """Nobody else is given it while the server starts: a closed connection keeps it (TIME-WAIT) from all but those
    who ask for it by number, with SO_REUSEADDR, as the server does."""
    with socket.socket() as listening, socket.socket() as caller:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        caller.connect(listening.getsockname())
        listening.accept()[0].close()
        return int(listening.getsockname()[1])
