"""Card brands by their own names. The provider tells them by codes (`card.brand`), and those are what rows keep."""

from __future__ import annotations

BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}


def brand_name(code: str | None) -> str:
    """What is printed on the card; a code of no name here stands as it was given."""
    return BRANDS.get(code or "", code or "")
