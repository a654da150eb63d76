"""The pages of accounts: one blueprint, one file for each part. `shop.app` alone imports it."""

from shop.accounts.views import (  # noqa: F401  (importing them is what adds their routes)
    addresses,
    cards,
    data,
    entry,
    factor,
    home,
    join,
    orders,
    passkeys,
    security,
)
from shop.accounts.views.base import account

__all__ = ["account"]
