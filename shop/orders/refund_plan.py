"""How much of an order goes back, and how it divides over the tax rates. Pure arithmetic over the order's snapshot.

Tax of a refund is what the tax of the remaining invoice falls by, so that the parts of any row of refunds add up to
the order's own tax to the yen, and what remains is rounded once per rate like any invoice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from payments.money import Money
from shop.tax import Rounding, TaxRate, included_tax


class NotRefundable(Exception):
    """The wish can't be met; `code` says why: nothing, unknown_line, too_many, fee_gone, over, or over_rate."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Wish:
    """What shall go back: pieces of lines and perhaps the fee, or an amount, or everything that is left."""

    quantities: Mapping[str, int] = field(default_factory=dict)
    """Pieces by SKU."""
    fee: bool = False
    amount: Money | None = None
    everything: bool = False
    """Said in so many words: a form in which nothing was chosen must not give all back."""


@dataclass(frozen=True)
class Part:
    """What goes back at one rate, tax included, and the tax within it."""

    rate: TaxRate
    gross: Money
    tax: Money


@dataclass(frozen=True)
class Plan:
    """A refund as it is stored with its order."""

    parts: tuple[Part, ...]
    quantities: Mapping[str, int]
    fee: Money

    @property
    def amount(self) -> Money:
        return sum((part.gross for part in self.parts), Money(0))

    def to_json(self) -> dict[str, Any]:
        return {
            "rates": [[int(part.rate), part.gross.minor, part.tax.minor] for part in self.parts],
            "lines": dict(self.quantities),
            "fee": self.fee.minor,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Plan:
        """The plan in an `OrderRefund.split`."""
        parts = tuple(Part(TaxRate(rate), Money(gross), Money(tax)) for rate, gross, tax in kept["rates"])
        return cls(parts, kept["lines"], Money(kept["fee"]))


@dataclass(frozen=True)
class Left:
    """What of an order can still go back, by the refunds that stand."""

    gross: Mapping[TaxRate, Money]
    quantities: Mapping[str, int]
    fee: Money

    @classmethod
    def of(cls, snapshot: Mapping[str, Any], earlier: Sequence[Plan]) -> Left:
        """From an order's snapshot (`shop.checkout.quote`) and its refunds; those that failed are not among them."""
        gross = {TaxRate(rate): Money(minor) for rate, minor, _tax in snapshot["tax"]}
        quantities = {sku: quantity for sku, quantity, _unit, _rate in snapshot["lines"]}
        fee = Money(snapshot["delivery_fee"])
        for plan in earlier:
            for part in plan.parts:
                gross[part.rate] -= part.gross
            for sku, quantity in plan.quantities.items():
                quantities[sku] -= quantity
            fee -= plan.fee
        return cls(gross, quantities, fee)

    @property
    def total(self) -> Money:
        return sum(self.gross.values(), Money(0))


def plan_refund(snapshot: Mapping[str, Any], earlier: Sequence[Plan], wish: Wish, rounding: Rounding) -> Plan:
    """The refund that meets `wish`. Raises NotRefundable."""
    left = Left.of(snapshot, earlier)
    if wish.everything:
        wish = Wish(amount=left.total)
    if wish.amount is not None:
        gross = _by_amount(left, wish.amount)
        return Plan(_taxed(left, gross, rounding), {}, Money(0))
    gross = _by_lines(snapshot, left, wish)
    quantities = {sku: quantity for sku, quantity in wish.quantities.items() if quantity}
    return Plan(_taxed(left, gross, rounding), quantities, left.fee if wish.fee else Money(0))


def _by_amount(left: Left, amount: Money) -> dict[TaxRate, Money]:
    if amount.minor <= 0:
        raise NotRefundable("nothing")
    if amount > left.total:
        raise NotRefundable("over")
    shares = amount.allocate([each.minor for each in left.gross.values()])
    return {rate: share for rate, share in zip(left.gross, shares, strict=True) if share}


def _by_lines(snapshot: Mapping[str, Any], left: Left, wish: Wish) -> dict[TaxRate, Money]:
    sold = {sku: (Money(unit), TaxRate(rate)) for sku, _quantity, unit, rate in snapshot["lines"]}
    gross: dict[TaxRate, Money] = {}
    for sku, quantity in wish.quantities.items():
        if sku not in sold:
            raise NotRefundable("unknown_line")
        if not 0 <= quantity <= left.quantities[sku]:
            raise NotRefundable("too_many")
        unit, rate = sold[sku]
        gross[rate] = gross.get(rate, Money(0)) + unit * quantity
    if wish.fee:
        if not left.fee:
            raise NotRefundable("fee_gone")
        gross[TaxRate.STANDARD] = gross.get(TaxRate.STANDARD, Money(0)) + left.fee
    gross = {rate: amount for rate, amount in gross.items() if amount}
    if not gross:
        raise NotRefundable("nothing")
    if any(amount > left.gross[rate] for rate, amount in gross.items()):
        raise NotRefundable("over_rate")  # an amount went back before that took part of these lines' money
    return gross


def _taxed(left: Left, gross: Mapping[TaxRate, Money], rounding: Rounding) -> tuple[Part, ...]:
    return tuple(
        Part(
            rate,
            amount,
            included_tax(left.gross[rate], rate, rounding)
            - included_tax(left.gross[rate] - amount, rate, rounding),
        )
        for rate, amount in gross.items()
    )
