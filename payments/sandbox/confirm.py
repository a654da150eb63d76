"""Pays a Checkout Session, or sets a card up with it: the one path for page, card fields and control API.

Each public function is one transaction. The card comes as `cards.Card`: no number, no security code.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import attempts, authentication, charging, intents, methods, sessions, setups
from .authentication import Challenge
from .cards import Card
from .context import Sandbox
from .customers import create as create_customer
from .errors import ApiError, invalid
from .events import emit
from .fields import Json, build


@dataclass(frozen=True)
class Choice:
    """What the payer chose: a card just typed, a saved method by its id, or a way without a card by its type."""

    card: Card | None = None
    saved: str = ""
    type: str = "card"
    email: str | None = None
    name: str | None = None
    save: bool = False
    confirmation_number: str = ""


@dataclass(frozen=True)
class Result:
    """What became of an attempt: `error` for a decline, `challenge` for a 3-D Secure page. With neither the session
    is complete."""

    session: Json
    error: Json | None = None
    challenge: str | None = None


def confirm(sandbox: Sandbox, account: str, session_id: str, choice: Choice) -> Result:
    """One attempt to pay an open session. Raises ApiError when the session is not open or does not offer that."""
    with sandbox.store.transaction():
        session = sessions.current(sandbox, account, session_id)
        _require_open(session)
        if choice.type not in session["payment_method_types"]:
            raise ApiError(400, "This Checkout Session does not offer that payment method.")
        if choice.email and not given_email(sandbox, account, session):
            session["customer_details"] = {"email": choice.email}
        _have_customer(sandbox, account, session)
        method = _method(sandbox, account, session, choice)
        if session["mode"] == "setup":
            return _set_up(sandbox, account, session, method)
        intent = _intent(sandbox, account, session, choice)
        return _settled(
            sandbox, account, session, method, attempts.pay(sandbox, account, intent, method), choice.save
        )


def _require_open(session: Json) -> None:
    if session["status"] != "open":
        reason = "has expired" if session["status"] == "expired" else "is already complete"
        raise ApiError(400, f"This Checkout Session {reason}.")


def _have_customer(sandbox: Sandbox, account: str, session: Json) -> None:
    """Makes a customer where the session asks for one, or where a card is to be saved for one."""
    wanted = session["customer_creation"] == "always" or _usage(sandbox, session)
    if session["customer"] is None and wanted:
        params = {"email": payer_email(sandbox, account, session)}
        session["customer"] = create_customer(
            sandbox, account, {name: value for name, value in params.items() if value}
        )["id"]


def _usage(sandbox: Sandbox, session: Json) -> str | None:
    """`setup_future_usage` of the session, from its payment's data or from its options for cards."""
    if session["mode"] == "setup":
        return None
    options = (session["payment_method_options"] or {}).get("card") or {}
    usage: str | None = sandbox.store.hidden(session["id"])["intent_data"].get("setup_future_usage")
    return usage or options.get("setup_future_usage")


def _method(sandbox: Sandbox, account: str, session: Json, choice: Choice) -> Json:
    billing = {"email": payer_email(sandbox, account, session), "name": choice.name}
    if choice.saved:
        method = sandbox.store.get(account, "payment_method", choice.saved, "payment_method")
        if session["customer"] is None or method["customer"] != session["customer"]:
            raise ApiError(404, "No such saved payment method.", code="resource_missing")
        return method
    if choice.type != "card":
        return methods.without_card(sandbox, account, choice.type, billing, {})
    if choice.card is None:
        raise invalid("Choose a card.", "payment_method")
    return methods.of_card(sandbox, account, choice.card, billing=billing)


def _intent(sandbox: Sandbox, account: str, session: Json, choice: Choice) -> Json:
    if session["payment_intent"]:
        intent = sandbox.store.get(account, "payment_intent", session["payment_intent"])
    else:
        intent = _new_intent(sandbox, account, session)
    intent["customer"] = session["customer"]
    if choice.save and _saves(session):
        intent["setup_future_usage"] = intent["setup_future_usage"] or "on_session"
    if choice.confirmation_number:
        options = intent["payment_method_options"]
        options["konbini"] = options["konbini"] | {"confirmation_number": choice.confirmation_number}
    return intent


def _new_intent(sandbox: Sandbox, account: str, session: Json) -> Json:
    data = sandbox.store.hidden(session["id"])["intent_data"]
    options = dict(session["payment_method_options"] or {})
    card = options.get("card") or {}
    if card:
        kept = {"request_three_d_secure", "capture_method", "setup_future_usage"}
        options["card"] = {name: value for name, value in card.items() if name in kept}
    capture = data.get("capture_method", "automatic_async")
    intent = intents.new(
        sandbox,
        account,
        amount=session["amount_total"],
        allowed_payment_method_types=session["payment_method_types"],
        capture_method="manual" if card.get("capture_method") == "manual" else capture,
        currency=session["currency"],
        customer=session["customer"],
        description=data.get("description"),
        metadata=data.get("metadata", {}),
        payment_method_options=options,
        payment_method_types=session["payment_method_types"],
        receipt_email=data.get("receipt_email"),
        setup_future_usage=_usage(sandbox, session),
        shipping=data.get("shipping"),
        statement_descriptor_suffix=data.get("statement_descriptor_suffix"),
    )
    sandbox.store.save_hidden(intent["id"], session=session["id"])
    session["payment_intent"] = intent["id"]
    sandbox.store.save(session)
    return intent


def _saves(session: Json) -> bool:
    """True when the page offers to keep the card for the customer's next visit."""
    options = session["saved_payment_method_options"] or {}
    return bool(session["customer"]) and options.get("payment_method_save") == "enabled"


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


def _settled(
    sandbox: Sandbox, account: str, session: Json, method: Json, attempt: attempts.Attempt, save: bool = False
) -> Result:
    """What an attempt means for its session."""
    if save and _saves(session):
        sandbox.store.save_hidden(method["id"], redisplay="always")
    if attempt.error or attempt.challenge:
        sandbox.store.save(session)
        return Result(session, attempt.error, attempt.challenge)
    paid = attempt.intent["status"] == "succeeded"
    if method["type"] == "card":
        _redisplay(sandbox, account, method["id"])
    return Result(_complete(sandbox, account, session, "paid" if paid else "unpaid"))


def _redisplay(sandbox: Sandbox, account: str, method_id: str) -> None:
    """A card that its owner chose to keep may be shown again; one that only the shop keeps, to a limit."""
    method = sandbox.store.get(account, "payment_method", method_id)
    if method["customer"] and method["allow_redisplay"] == "unspecified":
        wanted = sandbox.store.hidden(method_id).get("redisplay", "limited")
        sandbox.store.save(method | {"allow_redisplay": wanted})


def _complete(sandbox: Sandbox, account: str, session: Json, payment_status: str) -> Json:
    session |= {
        "status": "complete",
        "url": None,
        "payment_status": payment_status,
        "customer_details": {"email": payer_email(sandbox, account, session), "tax_exempt": "none"},
    }
    session = build("checkout.session", **session)
    sandbox.store.save(session)
    emit(sandbox, account, "checkout.session.completed", session)
    return session


def _set_up(sandbox: Sandbox, account: str, session: Json, method: Json) -> Result:
    intent = sandbox.store.get(account, "setup_intent", session["setup_intent"])
    intent["customer"] = session["customer"]
    challenge = setups.attempt(sandbox, account, intent, method)
    if challenge:
        sandbox.store.save(session)
        return Result(session, challenge=challenge)
    return _after_setup(sandbox, account, session, intent)


def _after_setup(sandbox: Sandbox, account: str, session: Json, intent: Json) -> Result:
    if intent["status"] != "succeeded":
        sandbox.store.save(session)
        return Result(session, error=intent["last_setup_error"])
    _redisplay(sandbox, account, intent["payment_method"])
    return Result(_complete(sandbox, account, session, "no_payment_required"))


def challenge(sandbox: Sandbox, challenge_id: str) -> Challenge:
    """The authentication with that id; it or its session is timed out first when due. Raises ApiError 404."""
    sessions.expire_due(sandbox)
    expire_due_challenges(sandbox)
    return authentication.find(sandbox, challenge_id)


def intent_of(sandbox: Sandbox, found: Challenge) -> Json:
    kind = "setup_intent" if found.is_setup else "payment_intent"
    return sandbox.store.get(found.account, kind, found.intent)


def answer_challenge(sandbox: Sandbox, challenge_id: str, answer: str, code: str = "") -> Challenge:
    """Ends an authentication by `pass` (with its one-time code), `fail` or `cancel`; then charges or fails.

    A wrong code leaves it open, the third fails it. An authentication that is over is returned as it is.
    """
    with sandbox.store.transaction():
        found = challenge(sandbox, challenge_id)
        if found.state != "open":
            return found
        if answer == "pass":
            right = authentication.is_right(sandbox, found, code)
            if right is None:
                return found
            answer = "pass" if right else "fail"
        if answer == "pass":
            _pass(sandbox, found)
        else:
            _fail(sandbox, found, "canceled" if answer == "cancel" else "failed")
        return found


def _pass(sandbox: Sandbox, found: Challenge) -> None:
    intent = intent_of(sandbox, found)
    session = sessions.of_intent(sandbox, found.account, found.intent)
    method = sandbox.store.get(found.account, "payment_method", found.body["method"])
    if found.is_setup:
        setups.finish(sandbox, found.account, intent, method)
        if session:
            _after_setup(sandbox, found.account, session, intent)
        declined = intent["status"] != "succeeded"
    else:
        auth = authentication.passed(sandbox)
        attempt = attempts.charge(sandbox, found.account, intent, method, auth)
        if session:
            _settled(sandbox, found.account, session, method, attempt)
        declined = attempt.error is not None
    authentication.end(sandbox, found, "declined" if declined else "passed")


def _fail(sandbox: Sandbox, found: Challenge, state: str) -> None:
    intent = intent_of(sandbox, found)
    method = sandbox.store.get(found.account, "payment_method", found.body["method"])
    if found.is_setup:
        setups.fail(sandbox, found.account, intent, method, authentication.failure("setup", method))
    else:
        charging.fail(sandbox, found.account, intent, authentication.failure("payment", method))
    authentication.end(sandbox, found, state)


def expire_due_challenges(sandbox: Sandbox) -> None:
    """Fails every authentication that was left open too long."""
    with sandbox.store.transaction():
        for found in authentication.overdue(sandbox):
            _fail(sandbox, found, "timed_out")
