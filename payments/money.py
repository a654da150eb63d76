"""Money: an integer of true minor units and its currency; anybody may import it, it imports nothing of ours.

A yen has no minor unit, so ``Money(1234)`` is 1,234 yen everywhere: page, database and provider. The count of
decimals of a currency is known here and nowhere else, in `exponent`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# ISO 4217. Only what is listed can be money here: an unknown currency must not pass as having two decimals.
_EXPONENTS = {"JPY": 0, "KRW": 0, "TWD": 2, "USD": 2, "EUR": 2, "GBP": 2, "AUD": 2, "SGD": 2, "KWD": 3}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum or comparison."""


def exponent(currency: str) -> int:
    """Return how many decimals `currency` (ISO 4217, capitals) has; ValueError where it is not listed."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise ValueError(f"unknown currency {currency!r}") from None


def _whole(number: object, what: str) -> int:
    # bool is an int to Python, and True yen is always a mistake.
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{what} is a whole number, not {type(number).__name__}")
    return number


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount. `minor` counts minor units: yen for JPY, cents for USD. It may be negative.

    Raises TypeError for anything but an int and ValueError for an unknown currency. Amounts of two currencies
    are never equal; adding or ordering them raises `CurrencyMismatch`. ``sum(amounts, Money(0))`` adds up.
    """

    minor: int
    currency: str = "JPY"

    def __post_init__(self) -> None:
        _whole(self.minor, "an amount")
        exponent(self.currency)

    def _minor_of(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money goes with money only, not with {type(other).__name__}")
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * _whole(count, "a factor"), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._minor_of(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._minor_of(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def format(self, locale: str = "ja") -> str:
        """Return the amount for a reader: ``1,234円`` in Japanese, ``¥1,234`` else; other currencies by code.

        `locale` is a language tag such as ``ja``, ``ja_JP`` or ``en``. Called for every price on a page, so
        it is a plain f-string: Babel's number patterns take some fifty times as long.
        """
        sign = "-" if self.minor < 0 else ""
        if self.currency == "JPY":
            digits = f"{abs(self.minor):,}"
            return f"{sign}{digits}円" if locale.startswith("ja") else f"{sign}¥{digits}"
        decimals = exponent(self.currency)
        whole, part = divmod(abs(self.minor), 10**decimals)
        fraction = f".{part:0{decimals}d}" if decimals else ""
        return f"{sign}{whole:,}{fraction} {self.currency}"

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Divide the amount by `weights`, exactly, by largest remainder; a tie goes to the earlier share.

        Every share is less than one minor unit from its true quota, a weight of 0 gets nothing, and the
        shares add up to the amount. Raises ValueError for a negative weight, or where all are 0 and money
        is left.
        """
        if any(_whole(weight, "a weight") < 0 for weight in weights):
            raise ValueError("a weight is not negative")
        total = sum(weights)
        if not total:
            if self:
                raise ValueError("no weight to allocate by")
            return [self for _ in weights]
        sign = -1 if self.minor < 0 else 1
        shares, remainders = [], []
        for weight in weights:
            share, remainder = divmod(abs(self.minor) * weight, total)
            shares.append(share)
            remainders.append(remainder)
        largest_first = sorted(range(len(shares)), key=lambda i: -remainders[i])
        for i in largest_first[: abs(self.minor) - sum(shares)]:
            shares[i] += 1
        return [Money(sign * share, self.currency) for share in shares]
