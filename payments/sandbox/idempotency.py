"""Idempotency keys: the first answer to a key is the answer to every repetition. Imported by `api`.

Stripe's rules: POST only, per account, the key up to 255 characters; status and body are kept, errors too,
but not those of a failed parameter check; a repetition with other parameters is refused, one that overlaps
the first call clashes (409). Kept for a day. The parameters are not kept, only a salted digest of them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import dataclass

from .context import Sandbox
from .errors import ApiError
from .fields import Json

LONGEST_KEY = 255
KEPT_S = 24 * 3600


@dataclass(frozen=True)
class Answer:
    """Status and body as they went out the first time, and the first call's request id."""

    status: int
    body: str
    request_id: str


class IdempotencyKeys:
    """The kept answers of all accounts, and the calls under way."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._under_way: set[tuple[str, str]] = set()

    def begin(self, account: str, key: str, operation: str, params: Json) -> Answer | None:
        """The kept answer to this key, or None: then the caller runs the call and must `end` it.

        Raises ApiError 400 for a key that is too long or was used with other parameters, 409 while another
        call holds it.
        """
        if len(key) > LONGEST_KEY:
            raise _wrong(400, f"Idempotency keys can be up to {LONGEST_KEY} characters long.")
        with self._lock:
            kept = self._kept(account, key)
            if kept is not None:
                if not _matches(kept["digest"], operation, params):
                    raise _wrong(
                        400,
                        "An idempotency key can only be used again with the same parameters. "
                        "Use another key if you meant to make a different request.",
                    )
                return Answer(kept["status"], kept["body"], kept["request_id"])
            if (account, key) in self._under_way:
                raise _wrong(
                    409,
                    "There is currently another in-progress request using this key. Try again later.",
                    code="idempotency_key_in_use",
                )
            self._under_way.add((account, key))
        return None

    def _kept(self, account: str, key: str) -> Json | None:
        rows = self._sandbox.store.rows(
            "SELECT * FROM idempotency WHERE account = ? AND key = ? AND created > ?",
            (account, key, self._sandbox.now() - KEPT_S),
        )
        return dict(rows[0]) if rows else None

    def keep(self, account: str, key: str, operation: str, params: Json, answer: Answer) -> None:
        """Keeps an answer. Call in the transaction of the change, so that both are there or neither."""
        self._sandbox.store.run(
            "INSERT OR REPLACE INTO idempotency (account, key, digest, status, body, created, request_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                key,
                _digest(secrets.token_hex(16), operation, params),
                answer.status,
                answer.body,
                self._sandbox.now(),
                answer.request_id,
            ),
        )

    def end(self, account: str, key: str) -> None:
        """The call is over; the key is free again unless an answer was kept."""
        with self._lock:
            self._under_way.discard((account, key))


def _digest(salt: str, operation: str, params: Json) -> str:
    text = json.dumps([operation, params], sort_keys=True)
    return salt + ":" + hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()


def _matches(digest: str, operation: str, params: Json) -> bool:
    return hmac.compare_digest(digest, _digest(digest.partition(":")[0], operation, params))


def _wrong(status: int, message: str, code: str | None = None) -> ApiError:
    return ApiError(status, message, type_="idempotency_error", code=code)
