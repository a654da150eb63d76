"""Pays a Checkout Session with a card: the one path for page, card fields and control API.

Each public function is one transaction. The card comes as `cards.Card`: no number, no security code.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from . import charging, sessions
from .cards import Card
from .context import Sandbox
from .errors import ApiError
from .events import emit
from .fields import Json, build
from .outcomes import OUTCOMES, Outcome
from .store import new_id

WRONG_CODES = 3
AUTHENTICATION_FAILED = {
    "type": "invalid_request_error",
    "code": "payment_intent_authentication_failure",
    "message": "We are unable to authenticate your payment method. Choose another one and try again.",
    "payment_method_type": "card",
}


@dataclass(frozen=True)
class Result:
    """What became of an attempt: `error` for a decline, `challenge` for a 3-D Secure page, else it is
    paid."""

    session: Json
    error: Json | None = None
    challenge: str | None = None


def confirm(sandbox: Sandbox, account: str, session_id: str, card: Card, email: str | None = None) -> Result:
    """One attempt to pay an open session. Raises ApiError when the session is not open."""
    with sandbox.store.transaction():
        session = sessions.current(sandbox, account, session_id)
        _require_open(session)
        _abandon_challenges(sandbox, session)
        if email and not given_email(sandbox, account, session):
            session["customer_details"] = {"email": email}
        intent = _intent(sandbox, account, session)
        method = _payment_method(sandbox, account, session, intent, card)
        if _needs_challenge(session, card.outcome):
            challenge = _challenge(sandbox, account, session, intent, method, card)
            return Result(session, challenge=challenge)
        return _charge(sandbox, account, session, intent, method, card, _unseen(session, card.outcome))


def _require_open(session: Json) -> None:
    if session["status"] != "open":
        reason = "has expired" if session["status"] == "expired" else "is already complete"
        raise ApiError(400, f"This Checkout Session {reason}.", code="checkout_session_not_open")


def _intent(sandbox: Sandbox, account: str, session: Json) -> Json:
    if session["payment_intent"]:
        return sandbox.store.get(account, "payment_intent", session["payment_intent"])
    data = sandbox.store.hidden(session["id"])["intent_data"]
    options = session["payment_method_options"]["card"]
    manual = "manual" in (data.get("capture_method"), options.get("capture_method"))
    intent_id = new_id("pi")
    intent = build(
        "payment_intent",
        id=intent_id,
        amount=session["amount_total"],
        amount_capturable=0,
        amount_received=0,
        allowed_payment_method_types=["card"],
        capture_method="manual" if manual else data.get("capture_method", "automatic_async"),
        client_secret=f"{intent_id}_secret_{new_id('s')[2:]}",
        confirmation_method="automatic",
        created=int(sandbox.now()),
        currency=session["currency"],
        customer=session["customer"],
        description=data.get("description"),
        livemode=False,
        metadata=data.get("metadata", {}),
        payment_method_options={"card": {k: v for k, v in options.items() if k in _INTENT_CARD_OPTIONS}},
        payment_method_types=["card"],
        receipt_email=data.get("receipt_email"),
        shipping=data.get("shipping"),
        statement_descriptor_suffix=data.get("statement_descriptor_suffix"),
        status="requires_payment_method",
    )
    sandbox.store.insert(account, intent)
    session["payment_intent"] = intent_id
    sandbox.store.save(session)
    emit(sandbox, account, "payment_intent.created", intent)
    return intent


_INTENT_CARD_OPTIONS = {"request_three_d_secure", "capture_method"}


def _payment_method(sandbox: Sandbox, account: str, session: Json, intent: Json, card: Card) -> Json:
    details = {name: value for name, value in asdict(card).items() if name != "outcome"}
    method = build(
        "payment_method",
        id=new_id("pm"),
        type="card",
        billing_details={"email": payer_email(sandbox, account, session)},
        card={
            **details,
            "checks": {
                "cvc_check": card.outcome.cvc_check,
                "address_postal_code_check": card.outcome.postal_code_check,
            },
            "display_brand": card.brand,
            "networks": {"available": [card.brand]},
            "three_d_secure_usage": {"supported": card.outcome.three_d_secure != "not_supported"},
        },
        created=int(sandbox.now()),
        livemode=False,
        metadata={},
        customer=intent["customer"],
    )
    return sandbox.store.insert(account, method)


def payer_email(sandbox: Sandbox, account: str, session: Json) -> str | None:
    """The payer's address, given by the shop or typed on the page."""
    given = given_email(sandbox, account, session)
    email: str | None = given or (session["customer_details"] or {}).get("email")
    return email


def given_email(sandbox: Sandbox, account: str, session: Json) -> str | None:
    """The address that came from the shop, with the session or with its customer: the page only shows it."""
    customer = sandbox.store.find(account, "customer", session["customer"]) if session["customer"] else None
    email: str | None = session["customer_email"] or (customer or {}).get("email")
    return email


def _needs_challenge(session: Json, outcome: Outcome) -> bool:
    asked = session["payment_method_options"]["card"]["request_three_d_secure"] != "automatic"
    return outcome.three_d_secure == "required" or (outcome.three_d_secure == "optional" and asked)


def _unseen(session: Json, outcome: Outcome) -> Json | None:
    """The 3-D Secure result of a payment without challenge; None where nobody asked or the card has none."""
    asked = session["payment_method_options"]["card"]["request_three_d_secure"] != "automatic"
    if outcome.three_d_secure == "optional":
        return _authentication("frictionless", "authenticated", None)
    if outcome.three_d_secure == "error":
        return _authentication(None, "processing_error", "protocol_error")
    if outcome.three_d_secure == "not_enrolled" and asked:
        return _authentication("frictionless", "attempt_acknowledged", "card_not_enrolled")
    return None


def _authentication(flow: str | None, result: str, reason: str | None) -> Json:
    indicator = {"authenticated": "05", "attempt_acknowledged": "06"}.get(result, "07")
    return {
        "authentication_flow": flow,
        "electronic_commerce_indicator": indicator,
        "result": result,
        "result_reason": reason,
        "transaction_id": new_id("3ds"),
        "version": "2.2.0",
    }


def _charge(
    sandbox: Sandbox, account: str, session: Json, intent: Json, method: Json, card: Card, auth: Json | None
) -> Result:
    if card.outcome.decline_code:
        error = charging.decline(sandbox, account, intent, method, card, auth)
        sandbox.store.save(session)
        return Result(session, error=error)
    charging.approve(sandbox, account, intent, method, card, auth)
    session |= {
        "status": "complete",
        "url": None,
        "payment_status": "paid" if intent["status"] == "succeeded" else "unpaid",
        "customer_details": {"email": payer_email(sandbox, account, session), "tax_exempt": "none"},
    }
    session = build("checkout.session", **session)
    sandbox.store.save(session)
    emit(sandbox, account, "checkout.session.completed", session)
    return Result(session)


def _challenge(sandbox: Sandbox, account: str, session: Json, intent: Json, method: Json, card: Card) -> str:
    """Opens an authentication and returns its id, which is also the secret of its page."""
    challenge = new_id("3dsc", 40)
    body = {
        "card": {**asdict(card), "outcome": card.outcome.name},
        "method": method["id"],
        "code": f"{secrets.randbelow(1_000_000):06}",
        "wrong": 0,
    }
    sandbox.store.run(
        "INSERT INTO challenges (id, account, session, state, expires_at, body)"
        " VALUES (?, ?, ?, 'open', ?, ?)",
        (challenge, account, session["id"], sandbox.now() + sandbox.config.challenge_ttl_s, json.dumps(body)),
    )
    url = f"{sandbox.config.browser_url}/3ds/{challenge}"
    intent |= {
        "status": "requires_action",
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
        },
    }
    sandbox.store.save(intent)
    sandbox.store.save(session)
    emit(sandbox, account, "payment_intent.requires_action", intent)
    return challenge


@dataclass
class Challenge:
    """A 3-D Secure authentication as its page needs it."""

    id: str
    account: str
    session: str
    state: str
    body: dict[str, Any]

    @property
    def card(self) -> Card:
        return Card(**{**self.body["card"], "outcome": OUTCOMES[self.body["card"]["outcome"]]})


def challenge(sandbox: Sandbox, challenge_id: str) -> Challenge:
    """The authentication with that id, timed out first when due. Raises ApiError 404."""
    expire_due_challenges(sandbox)
    rows = sandbox.store.rows("SELECT * FROM challenges WHERE id = ?", (challenge_id,))
    if not rows:
        raise ApiError(404, "There is no such authentication.")
    row = rows[0]
    return Challenge(row["id"], row["account"], row["session"], row["state"], json.loads(row["body"]))


def answer_challenge(sandbox: Sandbox, challenge_id: str, answer: str, code: str = "") -> Challenge:
    """Ends an authentication by `pass` (with its one-time code), `fail` or `cancel`; then charges or fails.

    A wrong code leaves it open, the third fails it. An authentication that is over is returned as it is.
    """
    with sandbox.store.transaction():
        found = challenge(sandbox, challenge_id)
        if found.state != "open":
            return found
        if answer == "pass" and not secrets.compare_digest(
            code.strip().encode(), found.body["code"].encode()
        ):
            found.body["wrong"] += 1
            sandbox.store.run(
                "UPDATE challenges SET body = ? WHERE id = ?", (json.dumps(found.body), found.id)
            )
            if found.body["wrong"] < WRONG_CODES:
                return found
            answer = "fail"
        if answer == "pass":
            _pass(sandbox, found)
        else:
            _fail(sandbox, found, "canceled" if answer == "cancel" else "failed")
        return found


def _pass(sandbox: Sandbox, found: Challenge) -> None:
    session = sessions.current(sandbox, found.account, found.session)
    intent = sandbox.store.get(found.account, "payment_intent", session["payment_intent"])
    method = sandbox.store.get(found.account, "payment_method", found.body["method"])
    auth = _authentication("challenge", "authenticated", None)
    result = _charge(sandbox, found.account, session, intent, method, found.card, auth)
    _end(sandbox, found, "declined" if result.error else "passed")


def _fail(sandbox: Sandbox, found: Challenge, state: str) -> None:
    session = sandbox.store.get(found.account, "checkout.session", found.session)
    intent = sandbox.store.get(found.account, "payment_intent", session["payment_intent"])
    method = sandbox.store.get(found.account, "payment_method", found.body["method"])
    charging.fail(sandbox, found.account, intent, {**AUTHENTICATION_FAILED, "payment_method": method})
    _end(sandbox, found, state)


def _end(sandbox: Sandbox, found: Challenge, state: str) -> None:
    found.state = state
    sandbox.store.run("UPDATE challenges SET state = ? WHERE id = ?", (state, found.id))


def _abandon_challenges(sandbox: Sandbox, session: Json) -> None:
    """A new attempt takes the place of an authentication that was left open."""
    sandbox.store.run(
        "UPDATE challenges SET state = 'replaced' WHERE session = ? AND state = 'open'", (session["id"],)
    )


def expire_due_challenges(sandbox: Sandbox) -> None:
    """Fails every authentication that was left open too long."""
    with sandbox.store.transaction():
        due = sandbox.store.rows(
            "SELECT * FROM challenges WHERE state = 'open' AND expires_at <= ?", (sandbox.now(),)
        )
        for row in due:
            found = Challenge(
                row["id"], row["account"], row["session"], row["state"], json.loads(row["body"])
            )
            _fail(sandbox, found, "timed_out")
