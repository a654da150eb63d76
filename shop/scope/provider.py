"""The sandbox provider as a process of its own, with what is done on its side of the counter."""

from __future__ import annotations

import contextlib
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shop.scope.processes import Process, free_port, python

CONTROL_KEY = "ctl_hitsuka"


class Sandbox:
    """A running sandbox. `url` is for servers, `pages` for browsers."""

    def __init__(self, port: int, process: Process) -> None:
        self.port = port
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.pages = f"http://pay.localhost:{port}"

    @property
    def addresses(self) -> dict[str, str]:
        """The environment by which a shop finds this provider."""
        return {
            "STRIPE_API_BASE": self.url,
            "STRIPE_JS_URL": f"{self.pages}/endive/stripe.js",
            "STRIPE_FRAME_ORIGINS": self.pages,
            "STRIPE_CHECKOUT_ORIGIN": self.pages,
        }

    def pay(self, session_id: str, card: str = "success") -> dict[str, Any]:
        """Pay a session as a browser would, with a card number or the name of an outcome."""
        return self.control(f"checkout/{session_id}/pay", {"card": card})

    def fund(self, customer: str, amount: int, key: str = "sk_test_hitsuka") -> None:
        """Send money from a customer's bank to the account that was opened for them (a test helper of the API)."""
        body = urllib.parse.urlencode({"amount": amount, "currency": "jpy"}).encode()
        _answer(
            urllib.request.Request(  # noqa: S310  (a process that we started)
                f"{self.url}/v1/test_helpers/customers/{customer}/fund_cash_balance",
                data=body,
                headers={"Authorization": f"Bearer {key}"},
                method="POST",
            )
        )

    def fault(self, operation: str, kind: str, *, times: int | None = 1, **more: Any) -> None:
        """Make the next calls of an operation go wrong; `times=None` lasts until the faults are cleared."""
        self.control("faults", {"operation": operation, "kind": kind, "times": times, **more})

    def control(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> dict[str, Any]:
        """One call of the control API."""
        request = urllib.request.Request(  # noqa: S310  (a process that we started)
            f"{self.url}/_sandbox/{path}",
            data=json.dumps(body or {}).encode() if method == "POST" else None,
            headers={"Authorization": f"Bearer {CONTROL_KEY}", "Content-Type": "application/json"},
            method=method,
        )
        return _answer(request)

    def read(self, path: str, key: str = "sk_test_hitsuka") -> dict[str, Any]:
        """One GET of the provider's API, at its own address."""
        return _answer(
            urllib.request.Request(f"{self.url}/v1/{path}", headers={"Authorization": f"Bearer {key}"})  # noqa: S310  (a process that we started)
        )


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    with contextlib.closing(urllib.request.urlopen(request, timeout=60)) as answer:  # noqa: S310  # nosec B310  # a process that we started
        result: dict[str, Any] = json.loads(answer.read() or b"{}")
    return result


@contextlib.contextmanager
def running_sandbox(folder: Path, *options: str, port: int | None = None) -> Iterator[Sandbox]:
    """A sandbox with its store in `folder`. Rate limits are off unless an option says otherwise."""
    port = port or free_port()
    limits = () if any(option.startswith("--rate-limit") for option in options) else ("--rate-limit=off",)
    command = python("-m", "payments.sandbox", f"--port={port}", f"--store={folder / 'sandbox.sqlite'}")
    process = Process([*command, *limits, *options], folder / "sandbox.log")
    try:
        process.wait_ready(f"http://127.0.0.1:{port}/_sandbox/health")
        yield Sandbox(port, process)
    finally:
        process.stop()
