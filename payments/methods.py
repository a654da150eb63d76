"""The ways to pay, by the names under which payments keep them. Anyone may import it; it imports nothing of ours."""

from __future__ import annotations

from enum import StrEnum


class Method(StrEnum):
    """How one order is paid. The provider's methods have the provider's own names, which the refetch compares."""

    CARD = "card"
    KONBINI = "konbini"
    TRANSFER = "customer_balance"
    """A bank transfer to an account that the provider opens for this one payment."""
    COD = "cod"
    """Cash on delivery: the carrier collects it, and no provider knows of it."""

    @property
    def is_promise(self) -> bool:
        """Whether the order is concluded first, and the money comes days later through the provider.

        (What a card only holds for us is no promise here but a reservation: `payments.authorisation`.)"""
        return self in {Method.KONBINI, Method.TRANSFER}


PROMISE = "promise"
"""The `ui_mode` of what is paid without a card: the provider shows nothing, our page tells how to pay."""

NO_PROVIDER = "none"
"""Provider and account of a payment that no provider knows of."""
