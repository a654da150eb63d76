"""3-D Secure: who is asked, what comes of it unseen, and the challenges that are open. Imported by `attempts`,
`setups`, `sessions`, `confirm` and the challenge's page.

A challenge belongs to a PaymentIntent or a SetupIntent. What follows when it ends is `confirm`'s.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from .context import Sandbox
from .errors import ApiError
from .fields import Json
from .outcomes import Outcome

WRONG_CODES = 3


def is_challenged(asked: str, outcome: Outcome, *, set_up: bool = False) -> bool:
    """True when the cardholder must answer. `asked` is the option `request_three_d_secure`."""
    if outcome.three_d_secure == "required":
        return not (set_up and outcome.off_session == "if_set_up")
    return outcome.three_d_secure == "optional" and asked != "automatic"


def unseen(sandbox: Sandbox, asked: str, outcome: Outcome) -> Json | None:
    """The 3-D Secure result of a payment without challenge; None where nobody asked or the card has none."""
    if outcome.three_d_secure == "optional":
        return result(sandbox, "frictionless", "authenticated", None)
    if outcome.three_d_secure == "error":
        return result(sandbox, None, "processing_error", "protocol_error")
    if outcome.three_d_secure == "not_enrolled" and asked != "automatic":
        return result(sandbox, "frictionless", "attempt_acknowledged", "card_not_enrolled")
    return None


def passed(sandbox: Sandbox) -> Json:
    """The result of a challenge that the cardholder passed."""
    return result(sandbox, "challenge", "authenticated", None)


def result(sandbox: Sandbox, flow: str | None, word: str, reason: str | None) -> Json:
    indicator = {"authenticated": "05", "attempt_acknowledged": "06"}.get(word, "07")
    return {
        "authentication_flow": flow,
        "electronic_commerce_indicator": indicator,
        "result": word,
        "result_reason": reason,
        "transaction_id": sandbox.new_id("3ds"),
        "version": "2.2.0",
    }


@dataclass
class Challenge:
    """A 3-D Secure challenge as its page needs it."""

    id: str
    account: str
    intent: str
    state: str
    body: dict[str, Any]

    @property
    def is_setup(self) -> bool:
        return self.intent.startswith("seti_")


def open_challenge(sandbox: Sandbox, account: str, intent: Json, method: Json, return_url: str = "") -> str:
    """Opens a challenge in place of one that was left open. Its id is also the secret of its page."""
    abandon(sandbox, intent["id"])
    challenge = sandbox.new_id("3dsc", 40)
    body = {
        "method": method["id"],
        "code": f"{sandbox.ids.number('code', 1_000_000):06}",
        "wrong": 0,
        "return_url": return_url,
    }
    sandbox.store.run(
        "INSERT INTO authentications (id, account, intent, state, expires_at, body)"
        " VALUES (?, ?, ?, 'open', ?, ?)",
        (challenge, account, intent["id"], sandbox.now() + sandbox.config.challenge_ttl_s, json.dumps(body)),
    )
    return challenge


def next_action(sandbox: Sandbox, challenge: str, return_url: str) -> Json:
    """What the shop is told to do: send the browser away when it gave a return_url, else let the script act."""
    url = f"{sandbox.config.browser_url}/3ds/{challenge}"
    if return_url:
        return {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}}
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
    }


def find(sandbox: Sandbox, challenge_id: str) -> Challenge:
    """The challenge with that id. Raises ApiError 404."""
    rows = sandbox.store.rows("SELECT * FROM authentications WHERE id = ?", (challenge_id,))
    if not rows:
        raise ApiError(404, "There is no such authentication.")
    return _challenge(rows[0])


def overdue(sandbox: Sandbox) -> list[Challenge]:
    """The challenges that were left open too long."""
    rows = sandbox.store.rows(
        "SELECT * FROM authentications WHERE state = 'open' AND expires_at <= ?", (sandbox.now(),)
    )
    return [_challenge(row) for row in rows]


def is_right(sandbox: Sandbox, found: Challenge, code: str) -> bool | None:
    """True for the right code, None for a wrong one that leaves another try, False for the last wrong one."""
    if secrets.compare_digest(code.strip().encode(), found.body["code"].encode()):
        return True
    found.body["wrong"] += 1
    sandbox.store.run("UPDATE authentications SET body = ? WHERE id = ?", (json.dumps(found.body), found.id))
    return None if found.body["wrong"] < WRONG_CODES else False


def end(sandbox: Sandbox, found: Challenge, state: str) -> None:
    found.state = state
    sandbox.store.run("UPDATE authentications SET state = ? WHERE id = ?", (state, found.id))


def abandon(sandbox: Sandbox, intent: str, state: str = "replaced") -> None:
    """Closes what was left open for an intent: by a new attempt (`replaced`) or with it (`expired`)."""
    sandbox.store.run(
        "UPDATE authentications SET state = ? WHERE intent = ? AND state = 'open'", (state, intent)
    )


def _challenge(row: Any) -> Challenge:
    return Challenge(row["id"], row["account"], row["intent"], row["state"], json.loads(row["body"]))


def failure(type_: str, method: Json) -> Json:
    """The error of an authentication that failed; `type_` is payment or setup."""
    return {
        "type": "invalid_request_error",
        "code": f"{type_}_intent_authentication_failure",
        "message": "We are unable to authenticate your payment method. Choose another one and try again.",
        "payment_method": method,
        "payment_method_type": "card",
    }
