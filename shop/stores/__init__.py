"""The storefronts as configuration. Anyone in `shop` may import this package; it imports none of ours.

A store is a wall: every row that a store owns carries its id, and every query takes it first.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class PaymentType(StrEnum):
    """How the card form is made: by the provider's frames on our page, or on the provider's own page."""

    TOKEN = "token"  # noqa: S105  (the name of a type of integration)
    REDIRECT = "redirect"


@dataclass(frozen=True)
class Store:
    """One storefront as `stores.toml` describes it. `id` is also the first part of its host name."""

    id: str
    name: str
    promise_ja: str
    promise_en: str
    payment_type: PaymentType
    rounding: str
    theme_light: str
    theme_dark: str
    order_prefix: str


@cache
def all_stores() -> dict[str, Store]:
    """Every store by id, in the file's order."""
    raw = tomllib.loads(files(__package__).joinpath("stores.toml").read_text("utf-8"))
    return {
        store_id: Store(**{**fields, "id": store_id, "payment_type": PaymentType(fields["payment_type"])})
        for store_id, fields in raw.items()
    }
