"""What a shopper may choose for one order, and why not. The checkout imports it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from payments.methods import Method
from payments.money import Money
from shop.methods.policy import Methods


class Refusal(StrEnum):
    """Why an order can't be paid in a way that the store offers."""

    CLOSED = "closed"
    """The store takes no cards now."""
    AMOUNT = "amount"
    """Too much or too little for it."""


@dataclass(frozen=True)
class Offer:
    """One way to pay. `fee` is added to the total when it is chosen."""

    method: Method
    fee: Money
    refusal: Refusal | None = None


def offers(methods: Methods, before: Money, *, cards_closed: bool) -> list[Offer]:
    """Every way to pay that the store has, for an order of that total before the fee."""
    found = []
    for method, terms in methods.terms.items():
        fee = terms.fee(before)
        refusal = Refusal.CLOSED if method is Method.CARD and cards_closed else None
        if not terms.takes(before):
            refusal = Refusal.AMOUNT
        found.append(Offer(method, fee if fee is not None else Money(0, before.currency), refusal))
    return found


def open_offers(found: Sequence[Offer]) -> list[Offer]:
    """Those that can be chosen now."""
    return [offer for offer in found if offer.refusal is None]


def method_named(name: str | None) -> Method:
    """The method that a draft names. Nothing chosen yet, or a name of another build, counts as card."""
    return Method(name) if name in {each.value for each in Method} else Method.CARD


def refusal_of(methods: Methods, method: Method, before: Money) -> Refusal | None:
    """Why an order of that total can't be paid so, whatever is said of cards; None when it can."""
    terms = methods.of(method)
    return None if terms is not None and terms.takes(before) else Refusal.AMOUNT
