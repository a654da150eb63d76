"""What a shopper types, for the two places where a card is typed: the fields' frame and the payment page.

A card number comes in at two addresses only, `/elements/confirm` and `/c/pay/<id>`. It is looked at once, here,
and let go; nothing of what was typed into a card field is kept, shown again or put into an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .cards import Card
from .confirm import Choice
from .context import Sandbox
from .fields import Json
from .texts import reason, text

_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]{1,190}$")


def is_email(typed: str) -> bool:
    return _EMAIL.match(typed) is not None


def read_card(sandbox: Sandbox, typed: Mapping[str, Any]) -> Card:
    """Raises ApiError, type card_error, for what can't be a card."""
    number, expiry, cvc = (str(typed.get(name, "")) for name in ("number", "expiry", "cvc"))
    return sandbox.cards.read(number, expiry, cvc, sandbox.now())


def read_choice(sandbox: Sandbox, typed: Mapping[str, Any]) -> Choice:
    """How the payer pays: `method` is card, a way without a card, or the id of a saved card. Raises ApiError."""
    method = str(typed.get("method") or "card")
    name = str(typed.get("name") or "").strip()[:200] or None
    if method.startswith("pm_"):
        return Choice(saved=method, name=name)
    if method != "card":
        phone = "".join(c for c in str(typed.get("phone") or "") if c.isdigit() and c.isascii())
        number = phone if 10 <= len(phone) <= 11 and int(phone) else ""
        return Choice(type=method, name=name, confirmation_number=number)
    return Choice(card=read_card(sandbox, typed), name=name, save=typed.get("save") in {True, "yes"})


def browser_error(error: Json, lang: str) -> Json:
    """An API error as the browser gets it: a plain reason, and the field it belongs to."""
    field = {"exp_month": "expiry", "exp_year": "expiry"}.get(error.get("param", ""), error.get("param"))
    if error["type"] != "card_error":
        return {"error": {"message": text("not_open", lang)}}
    return {
        "error": {
            "message": reason(error, lang),
            "field": field,
            "code": "paymentFailed",
            "declineCode": error.get("decline_code"),
        }
    }
