"""Consumption tax in tax-included prices: totals per rate, discounts over rates. All of `shop` may import it.

An invoice rounds once per rate, never per line (Order for Enforcement of the Consumption Tax Act, article
70-10). Every step is integer arithmetic; nothing here is stored or looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from payments.money import Money


class TaxRate(IntEnum):
    """A rate in per cent. Food and drink to take away have the reduced one."""

    STANDARD = 10
    REDUCED = 8

    @property
    def mark(self) -> str:
        """What an invoice prints beside an item of the reduced rate, nothing for the other."""
        return "※" if self is TaxRate.REDUCED else ""


class Rounding(StrEnum):
    """How a store rounds the yen of tax; each store has one mode and keeps it."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    CEIL = "ceil"


@dataclass(frozen=True, slots=True)
class TaxLine:
    """What one line costs, tax included (unit price times quantity), and its rate."""

    gross: Money
    rate: TaxRate


@dataclass(frozen=True, slots=True)
class RateTotal:
    """All lines of one rate: the sum, tax included, and the tax within it."""

    rate: TaxRate
    gross: Money
    tax: Money

    @property
    def net(self) -> Money:
        """The sum without its tax."""
        return self.gross - self.tax


def fee_line(fee: Money) -> TaxLine:
    """Return delivery, wrapping or another fee as a line: of the standard rate, whatever is sent."""
    return TaxLine(fee, TaxRate.STANDARD)


def included_tax(gross: Money, rate: TaxRate, rounding: Rounding = Rounding.FLOOR) -> Money:
    """Return the tax within `gross`: gross x rate / (100 + rate), rounded once.

    A negative amount (a correction) is rounded by its size, so that it mirrors what it corrects.
    """
    part, whole = abs(gross.minor) * rate, 100 + rate
    match rounding:
        case Rounding.FLOOR:
            tax = part // whole
        case Rounding.HALF_UP:
            tax = (2 * part + whole) // (2 * whole)
        case Rounding.CEIL:
            tax = -(-part // whole)
    return Money(-tax if gross.minor < 0 else tax, gross.currency)


def totals_by_rate(lines: Iterable[TaxLine], rounding: Rounding = Rounding.FLOOR) -> list[RateTotal]:
    """Return one total for each rate that occurs, the standard rate first, its tax rounded once.

    The grosses add up to the lines'. Raises `CurrencyMismatch` where one rate mixes currencies.
    """
    grosses: dict[TaxRate, Money] = {}
    for line in lines:
        grosses[line.rate] = grosses[line.rate] + line.gross if line.rate in grosses else line.gross
    return [
        RateTotal(rate, grosses[rate], included_tax(grosses[rate], rate, rounding))
        for rate in sorted(grosses, reverse=True)
    ]


def apportion_discount(lines: Sequence[TaxLine], discount: Money) -> list[Money]:
    """Divide `discount` over `lines`: first over the rates by amount, then over each rate's lines (decision 6).

    Returns one share a line, in order, to be stored with it; they add up to `discount`, and none is larger
    than its line. Dividing over the rates first keeps each rate within one yen of its exact part, however
    many lines it has. Raises ValueError for a discount that is negative or more than the lines cost.
    No store gives discounts yet: nothing calls it.
    """
    if discount.minor < 0:
        raise ValueError("a discount is not negative")
    if any(line.gross.minor < 0 for line in lines):
        raise ValueError("a discounted line is not negative")
    totals = totals_by_rate(lines)
    zero = Money(0, discount.currency)
    if discount > sum((total.gross for total in totals), zero):
        raise ValueError("the discount is more than the lines cost")
    shares = [zero for _ in lines]
    by_rate = discount.allocate([total.gross.minor for total in totals])
    for total, of_rate in zip(totals, by_rate, strict=True):
        places = [i for i, line in enumerate(lines) if line.rate is total.rate]
        parts = of_rate.allocate([lines[i].gross.minor for i in places])
        for i, part in zip(places, parts, strict=True):
            shares[i] = part
    return shares


def after_discount(lines: Sequence[TaxLine], shares: Sequence[Money]) -> list[TaxLine]:
    """Return `lines`, each less its share of `apportion_discount`."""
    return [TaxLine(line.gross - share, line.rate) for line, share in zip(lines, shares, strict=True)]
