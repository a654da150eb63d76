"""Stripe's objects in the port's words: charges, kept cards, refunds, disputes, movements, events. Pure translation;
the adapter beside it calls, and it alone imports the SDK's types. `tests/contract` reads each of these from a provider
that sends all of Stripe's fields.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from payments.money import Money
from payments.provider import Charge, DisputeTold, Event, Movement, Refund, SavedCard, WarningTold


def charge(told: Any, card_hash: Callable[[str], str]) -> Charge:
    """`card_hash` turns Stripe's fingerprint of a card into what we keep of it."""
    details = told.payment_method_details
    card = details.card if details is not None and details.type == "card" else None
    currency = told.currency.upper()
    return Charge(
        id=told.id,
        amount=Money(told.amount_captured, currency),
        refunded=Money(told.amount_refunded, currency),
        captured=told.captured,
        paid=told.paid,
        method=details.type if details is not None else "",
        brand=card.brand if card is not None else None,
        last4=card.last4 if card is not None else None,
        card_hash=card_hash(card.fingerprint) if card is not None and card.fingerprint else None,
        created=moment(told.created),
        reserved=Money(told.amount, currency),
        capture_before=moment(card.capture_before) if card is not None and card.capture_before else None,
    )


def saved_card(told: Any, preferred: Any) -> SavedCard:
    """A PaymentMethod; `preferred` is its customer's default, by id or in full."""
    card = told.card
    return SavedCard(
        told.id, card.brand, card.last4, card.exp_month, card.exp_year, told.id == id_of(preferred)
    )


def refund(told: Any) -> Refund:
    """A release of what was only reserved is known by its charge, so that is asked for in full."""
    metadata = told.metadata.to_dict() if told.metadata else {}
    of_charge = in_full(told.charge)
    return Refund(
        id=told.id,
        payment_id=id_of(told.payment_intent) or "",
        amount=Money(told.amount, told.currency.upper()),
        status=told.status or "pending",
        reference=metadata.get("payment"),
        key=metadata.get("refund"),
        is_release=of_charge is not None and not of_charge.captured,
    )


def dispute(told: Any) -> DisputeTold:
    """With what it moved, fees included."""
    details = told.evidence_details
    return DisputeTold(
        id=told.id,
        payment_id=id_of(told.payment_intent) or "",
        amount=Money(told.amount, told.currency.upper()),
        reason=told.reason,
        status=told.status,
        due_by=moment(details.due_by) if details.due_by else None,
        submissions=details.submission_count,
        livemode=told.livemode,
        created=moment(told.created),
        movements=tuple(map(movement, told.balance_transactions)),
    )


def movement(told: Any) -> Movement:
    """A BalanceTransaction."""
    currency = told.currency.upper()
    return Movement(
        id=told.id,
        category=told.reporting_category,
        source=id_of(told.source),
        amount=Money(told.amount, currency),
        fee=Money(told.fee, currency),
        created=moment(told.created),
    )


def warning(told: Any) -> WarningTold:
    """An EarlyFraudWarning."""
    return WarningTold(
        id=told.id,
        payment_id=id_of(told.payment_intent) or "",
        fraud_type=told.fraud_type,
        actionable=told.actionable,
        created=moment(told.created),
    )


def in_full(thing: Any) -> Any:
    """What may be told by id or in full; None when it is only an id."""
    return None if isinstance(thing, str) else thing


def id_of(thing: Any) -> str | None:
    """The id of what may be told by id or in full."""
    return thing if isinstance(thing, str) or thing is None else thing.id


_OF_A_BALANCE = frozenset({"cash_balance", "customer_cash_balance_transaction"})


def event(raw: dict[str, Any]) -> Event:
    """Its ids; what it says of the thing itself is never applied. Raises KeyError or TypeError for another shape."""
    thing = raw["data"]["object"]
    metadata = thing.get("metadata") or {}
    of_balance = thing["object"] in _OF_A_BALANCE
    payment = thing["id"] if thing["object"] == "payment_intent" else thing.get("payment_intent")
    return Event(
        id=str(raw["id"]),
        type=str(raw["type"]),
        created=moment(raw["created"]),
        livemode=bool(raw["livemode"]),
        object_type=str(thing["object"]),
        object_id=str(thing["customer"] if of_balance else thing["id"]),  # a balance has no id of its own
        reference=thing.get("client_reference_id") or metadata.get("payment"),
        payment_id=payment if isinstance(payment, str) else None,
        customer=str(thing["customer"]) if of_balance else None,
    )


def moment(seconds: int) -> dt.datetime:
    """Stripe's time: whole seconds since 1970."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
