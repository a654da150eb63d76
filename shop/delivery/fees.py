"""What delivery costs. Cart and checkout may import it."""

from __future__ import annotations

from payments.money import Money

from .policy import Policy
from .regions import region_of


def fee(policy: Policy, prefecture: str, goods: Money) -> Money:
    """Return the fee, tax included, for goods of that total; 0 where delivery is free.

    `prefecture` is a Japanese name; KeyError for anything else. For tax it is a line of the standard rate:
    shop.tax.fee_line.
    """
    region = region_of(prefecture)
    if policy.free_from is not None and goods >= policy.free_from and region not in policy.remote:
        return Money(0)
    return policy.fees[region]


def fee_range(policy: Policy) -> tuple[Money, Money]:
    """Return the lowest and the highest fee, to be shown before anybody has told where they live."""
    return min(policy.fees.values()), max(policy.fees.values())
