"""Delivers events to webhook endpoints: signs, posts, retries, and keeps a log. Started by `app`.

Deliveries are rows, so they outlive the process. As at Stripe: no order is promised, redirects are not
followed, any answer but 2xx is a failure, and every retry is signed anew.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import endpoints
from .clockwork import tick
from .context import Sandbox
from .errors import ApiError
from .events import queue
from .faults import Fault
from .posting import post

SENDERS = 4
"""Deliveries to one endpoint at a time."""
MOST_SENDERS = 64
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
    """The delivery threads, and the clockwork.

    An endpoint has a few threads of its own and no more, so that one that is slow holds up nobody else.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._senders = ThreadPoolExecutor(MOST_SENDERS, "sandbox-deliver")
        self._threads = [
            threading.Thread(target=self._hand_out_all, daemon=True),
            threading.Thread(target=self._tick_all, daemon=True),
        ]

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
        self._senders.shutdown(wait=True)

    def _hand_out_all(self) -> None:
        while not self._stopping.is_set():
            # Cleared before the look, so that what is queued during it is seen by the next.
            self._sandbox.work_waiting.clear()
            for delivery in self._claim():
                self._senders.submit(self._send, delivery)
            self._sandbox.work_waiting.wait(IDLE_S)

    def _send(self, delivery: Delivery) -> None:
        try:
            if not self._stopping.is_set():
                self._deliver(delivery)
        finally:
            with self._lock:
                self._under_way[delivery.endpoint] -= 1
            self._sandbox.work_waiting.set()

    def _tick_all(self) -> None:
        while not self._stopping.wait(IDLE_S):
            tick(self._sandbox)

    def _claim(self) -> list[Delivery]:
        """What is due now and may begin: up to `SENDERS` of each endpoint at a time."""
        store, claimed = self._sandbox.store, []
        with store.transaction(), self._lock:
            waiting = store.rows(
                "SELECT DISTINCT endpoint FROM deliveries WHERE state = 'pending' AND next_at <= ?",
                (self._sandbox.now(),),
            )
            for row in waiting:
                free = SENDERS - self._under_way[row["endpoint"]]
                claimed += self._claim_of(row["endpoint"], free)
            for delivery in claimed:
                self._under_way[delivery.endpoint] += 1
        return claimed

    def _claim_of(self, endpoint: str, free: int) -> list[Delivery]:
        store = self._sandbox.store
        rows = store.rows(
            "SELECT * FROM deliveries WHERE endpoint = ? AND state = 'pending' AND next_at <= ?"
            " ORDER BY next_at LIMIT ?",
            (endpoint, self._sandbox.now(), max(0, free)),
        )
        for row in rows:
            store.run("UPDATE deliveries SET state = 'sending' WHERE id = ?", (row["id"],))
        return [
            Delivery(r["id"], r["account"], r["event"], r["endpoint"], r["attempts"], r["fault"])
            for r in rows
        ]

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


def resend(sandbox: Sandbox, delivery_id: str) -> str:
    """Queues the delivery's event for its endpoint once more; the new delivery's id. Raises ApiError 404."""
    rows = sandbox.store.rows("SELECT * FROM deliveries WHERE id = ?", (delivery_id,))
    if not rows:
        raise ApiError(404, "There is no such delivery.")
    return queue(sandbox, rows[0]["account"], rows[0]["event"], rows[0]["endpoint"])
