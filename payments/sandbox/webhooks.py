"""Delivers events to webhook endpoints: signs, posts, retries, and keeps a log. Started by `app`.

Deliveries are rows, so they outlive the process. As at Stripe: no order is promised, redirects are not
followed, any answer but 2xx is a failure, and every retry is signed anew.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import endpoints
from .clockwork import tick
from .context import Sandbox
from .errors import ApiError
from .events import queue
from .faults import Fault

SENDERS = 4
IDLE_S = 0.5
REORDER_S = 2.0


def signature(secrets: list[str], body: bytes, timestamp: int) -> str:
    """The Stripe-Signature header: the time, and one v1 for every secret in force (Stripe, webhook
    signatures)."""
    signed = f"{timestamp}.".encode() + body
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={mark}" for mark in marks)])


@dataclass
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    account: str
    event: str
    endpoint: str
    attempts: int
    fault: str | None


class Dispatcher:
    """The delivery threads, and the clockwork that expires sessions and settles refunds."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(SENDERS)]
        self._threads.append(threading.Thread(target=self._tick_all, daemon=True))

    def start(self) -> None:
        """Takes up deliveries that an earlier process left half done, then starts the threads."""
        self._sandbox.store.run("UPDATE deliveries SET state = 'pending' WHERE state = 'sending'")
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Lets running deliveries end; what is queued stays queued."""
        self._stopping.set()
        self._sandbox.work_waiting.set()
        for thread in self._threads:
            thread.join(self._sandbox.config.delivery_timeout_s + 1)

    def _send_all(self) -> None:
        while not self._stopping.is_set():
            delivery = self._claim()
            if delivery is None:
                self._sandbox.work_waiting.wait(IDLE_S)
                self._sandbox.work_waiting.clear()
            else:
                self._deliver(delivery)

    def _tick_all(self) -> None:
        while not self._stopping.wait(IDLE_S):
            tick(self._sandbox)

    def _claim(self) -> Delivery | None:
        store = self._sandbox.store
        with store.transaction():
            rows = store.rows(
                "SELECT * FROM deliveries WHERE state = 'pending' AND next_at <= ? ORDER BY next_at LIMIT 1",
                (self._sandbox.now(),),
            )
            if not rows:
                return None
            row = rows[0]
            store.run("UPDATE deliveries SET state = 'sending' WHERE id = ?", (row["id"],))
            return Delivery(
                row["id"], row["account"], row["event"], row["endpoint"], row["attempts"], row["fault"]
            )

    def _deliver(self, delivery: Delivery) -> None:
        fault = None if delivery.fault else self._sandbox.faults.meet("webhook")
        if fault is not None and self._hold_back(delivery, fault):
            return
        try:
            status, error = self._post(delivery, tamper=fault is not None and fault.kind == "tamper")
        except ApiError:
            self._finish(delivery, "gone", None, "the endpoint or the event is no longer there")
            return
        if 200 <= (status or 0) < 300:
            self._finish(delivery, "delivered", status, None)
        else:
            self._retry(delivery, status, error)

    def _hold_back(self, delivery: Delivery, fault: Fault) -> bool:
        """Applies a fault to a delivery; True when it is not to be sent now."""
        store, now = self._sandbox.store, self._sandbox.now()
        store.run("UPDATE deliveries SET fault = ? WHERE id = ?", (fault.kind, delivery.id))
        if fault.kind == "drop":
            self._finish(delivery, "dropped", None, "dropped on request")
            return True
        if fault.kind in {"delay", "reorder"}:
            wait = fault.delay_s if fault.kind == "delay" else REORDER_S
            store.run(
                "UPDATE deliveries SET state = 'pending', next_at = ? WHERE id = ?", (now + wait, delivery.id)
            )
            return True
        if fault.kind == "duplicate":
            again = queue(self._sandbox, delivery.account, delivery.event, delivery.endpoint)
            store.run("UPDATE deliveries SET fault = 'duplicate' WHERE id = ?", (again,))
        return False

    def _post(self, delivery: Delivery, *, tamper: bool) -> tuple[int | None, str | None]:
        sandbox = self._sandbox
        endpoint = sandbox.store.get(delivery.account, "webhook_endpoint", delivery.endpoint)
        event = sandbox.store.get(delivery.account, "event", delivery.event)
        body = json.dumps(event, ensure_ascii=False, indent=2).encode()
        secrets = [s["secret"] for s in endpoints.live_secrets(sandbox, delivery.endpoint)]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (sandbox)",
            "Stripe-Signature": signature(secrets, body, int(sandbox.now())),
        }
        sent = body.replace(b'"livemode": false', b'"livemode": true') if tamper else body
        return post(endpoint["url"], sent, headers, sandbox.config.delivery_timeout_s)

    def _retry(self, delivery: Delivery, status: int | None, error: str | None) -> None:
        schedule = self._sandbox.config.retry_schedule_s
        if delivery.attempts >= len(schedule):
            self._finish(delivery, "failed", status, error)
            return
        self._sandbox.store.run(
            "UPDATE deliveries SET state = 'pending', attempts = attempts + 1, next_at = ?, status ="
            " ?, error = ?"
            " WHERE id = ?",
            (self._sandbox.now() + schedule[delivery.attempts], status, error, delivery.id),
        )

    def _finish(self, delivery: Delivery, state: str, status: int | None, error: str | None) -> None:
        self._sandbox.store.run(
            "UPDATE deliveries SET state = ?, attempts = attempts + 1, status = ?, error = ?, finished = ?"
            " WHERE id = ?",
            (state, status, error, self._sandbox.now(), delivery.id),
        )


def post(url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> tuple[int | None, str | None]:
    """Posts to an endpoint on this machine: its status, or None and the reason. Follows no redirect."""
    parts = urlsplit(url)
    # Python asks the system's resolver, which often does not know names below localhost; browsers do.
    host = "127.0.0.1" if (parts.hostname or "").endswith("localhost") else parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=timeout_s, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": parts.netloc})
        answer = connection.getresponse()
        answer.read(65_536)
    except (OSError, http.client.HTTPException) as error:
        return None, type(error).__name__
    else:
        return answer.status, None if 200 <= answer.status < 300 else f"answered {answer.status}"
    finally:
        connection.close()


def resend(sandbox: Sandbox, delivery_id: str) -> str:
    """Queues the delivery's event for its endpoint once more; the new delivery's id. Raises ApiError 404."""
    rows = sandbox.store.rows("SELECT * FROM deliveries WHERE id = ?", (delivery_id,))
    if not rows:
        raise ApiError(404, "There is no such delivery.")
    return queue(sandbox, rows[0]["account"], rows[0]["event"], rows[0]["endpoint"])
