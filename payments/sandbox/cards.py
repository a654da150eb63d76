"""Test cards: the published numbers, their tokens, and what happens to each. Imported by `methods`,
`card_entry` and the pages.

The numbers and behaviours are those of Stripe's testing page. A card number is looked at here and goes no
further: what leaves is a `Card` with brand, last four digits and expiry. Numbers registered at run time are
kept only as keyed hashes, under a key that lives and dies with the process.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import secrets
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from .errors import ApiError
from .outcomes import OUTCOMES, Outcome


@dataclass(frozen=True)
class TestCard:
    """One row of the published list."""

    number: str
    brand: str
    outcome: str
    token: str
    note_en: str
    note_ja: str
    funding: Literal["credit", "debit"] = "credit"
    country: str = "US"


def _read_table() -> tuple[TestCard, ...]:
    rows = json.loads((Path(__file__).parent / "test_cards.json").read_text(encoding="utf-8"))
    return tuple(TestCard(**row) for row in rows)


TEST_CARDS = _read_table()
_ALIASES = {"pm_card_chargeDeclined": "4000000000000002", "pm_card_threeDSecureOptional": "4000000000003055"}
_BY_NUMBER = {card.number: card for card in TEST_CARDS}
_BY_TOKEN = {card.token: card for card in TEST_CARDS} | {t: _BY_NUMBER[n] for t, n in _ALIASES.items()}
# First digits, lengths and length of the security code. The first row that fits wins.
_BRANDS = (
    ("amex", ("34", "37"), (15,), 4),
    ("diners", ("300", "301", "302", "303", "304", "305", "36", "38", "39"), (14, 16), 3),
    ("jcb", tuple(str(n) for n in range(3528, 3590)), (16,), 3),
    ("discover", ("6011", "644", "645", "646", "647", "648", "649", "65"), (16,), 3),
    ("unionpay", ("62", "81"), (16, 17, 18, 19), 3),
    ("mastercard", ("51", "52", "53", "54", "55", *(str(n) for n in range(2221, 2721))), (16,), 3),
    ("visa", ("4",), (13, 16, 19), 3),
)


@dataclass(frozen=True)
class Card:
    """What may be known of a card after its number was looked at."""

    outcome: Outcome
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    funding: str
    country: str
    fingerprint: str


def luhn_valid(digits: str) -> bool:
    """True when the check digit fits (ISO/IEC 7812-1, annex B)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def brand_of(digits: str) -> str | None:
    """The brand whose first digits and length fit, or None."""
    return next(
        (b for b, starts, lengths, _ in _BRANDS if digits.startswith(starts) and len(digits) in lengths), None
    )


def digits_of(text: str) -> str:
    """The digits of what a person typed: full-width ones made plain, spaces and hyphens dropped."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isascii() and c.isdigit())


def is_token(name: str) -> bool:
    """True for a test token, `pm_card_visa` and its like, which stands for a PaymentMethod."""
    return name in _BY_TOKEN


class CardBook:
    """Knows the published cards, and those registered while this process runs."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._registered: dict[bytes, str] = {}
        for number in _BY_NUMBER:
            self._registered[self._mark(number)] = _BY_NUMBER[number].outcome

    def _mark(self, number: str) -> bytes:
        return hmac.digest(self._key, number.encode(), hashlib.sha256)

    def register(self, number: str, outcome: str) -> None:
        """Adds a number for the life of the process. Raises ApiError when it is no card number, is published
        already, or the outcome has no such name."""
        digits = digits_of(number)
        if not 13 <= len(digits) <= 19 or not luhn_valid(digits) or brand_of(digits) is None:
            raise ApiError(
                400, "The number is not that of a card: brand, length or check digit.", param="number"
            )
        if digits in _BY_NUMBER:
            raise ApiError(400, "The number is a published test card; its outcome is fixed.", param="number")
        if outcome not in OUTCOMES or outcome == "incorrect_number":
            names = ", ".join(name for name in OUTCOMES if name != "incorrect_number")
            raise ApiError(400, f"There is no such outcome. Known: {names}.", param="outcome")
        self._registered[self._mark(digits)] = outcome

    def knows(self, digits: str) -> bool:
        return self._mark(digits) in self._registered

    def forget_registered(self) -> None:
        self._registered = {self._mark(number): card.outcome for number, card in _BY_NUMBER.items()}

    def read(self, number: str, expiry: str, cvc: str, now: float) -> Card:
        """What a person typed, as a card. Raises ApiError, type card_error, for what can't be one."""
        digits = digits_of(number)
        published = _BY_NUMBER.get(digits)
        if published and published.outcome == "incorrect_number":
            raise card_error("incorrect_number", "number")
        brand = brand_of(digits)
        if brand is None or not luhn_valid(digits):
            raise card_error("invalid_number" if len(digits) < 13 else "incorrect_number", "number")
        month, year = _expiry(expiry, now)
        _check_cvc(cvc, brand)
        outcome = self._registered.get(self._mark(digits))
        if outcome is None:
            raise card_error("card_declined", "number", "test_mode_live_card")
        template = published or TestCard(digits, brand, outcome, "", "", "")
        return self._card(template, month, year)

    def named(self, name: str, now: float) -> Card:
        """A card by token (`pm_card_visa`), number, or name of its outcome: for use without a browser."""
        digits = digits_of(name)
        year = datetime.datetime.fromtimestamp(now, datetime.UTC).year + 3
        if name in OUTCOMES:
            return self._card(replace(TEST_CARDS[0], outcome=name), 12, year)
        if name in _BY_TOKEN:
            return self._card(_BY_TOKEN[name], 12, year)
        if len(digits) >= 13:
            return self.read(name, f"12/{year % 100}", "1234" if brand_of(digits) == "amex" else "123", now)
        raise ApiError(400, "No card has that name. Give a token, a test number or an outcome.", param="card")

    def _card(self, template: TestCard, month: int, year: int) -> Card:
        if template.outcome == "incorrect_number":
            raise card_error("incorrect_number", "number")
        # A published number has the same fingerprint in every run; a proof number's dies with the process.
        key = b"published" if template.number in _BY_NUMBER else self._key
        fingerprint = hmac.digest(key, b"fingerprint" + template.number.encode(), hashlib.sha256).hex()[:16]
        return Card(
            OUTCOMES[template.outcome],
            template.brand,
            template.number[-4:],
            month,
            year,
            template.funding,
            template.country,
            fingerprint,
        )


def _expiry(text: str, now: float) -> tuple[int, int]:
    digits = digits_of(text)
    if len(digits) not in {4, 6} or not 1 <= int(digits[:2]) <= 12:
        raise card_error("invalid_expiry_month", "exp_month")
    month, year = int(digits[:2]), int(digits[2:])
    year += 2000 if year < 100 else 0
    today = datetime.datetime.fromtimestamp(now, datetime.UTC)
    if not (today.year, today.month) <= (year, month) or year > today.year + 50:
        raise card_error("invalid_expiry_year", "exp_year")
    return month, year


def _check_cvc(text: str, brand: str) -> None:
    wanted = next(cvc for name, _, _, cvc in _BRANDS if name == brand)
    if len(digits_of(text)) != wanted or len(digits_of(text)) != len(text.strip()):
        raise card_error("invalid_cvc", "cvc")


MESSAGES = {
    "card_declined": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "invalid_cvc": "Your card's security code is invalid.",
    "invalid_expiry_month": "Your card's expiration month is invalid.",
    "invalid_expiry_year": "Your card's expiration year is invalid.",
    "invalid_number": "The card number is not a valid credit card number.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "insufficient_funds": "Your card has insufficient funds.",
    "test_mode_live_card": "Your card was declined: in test mode only test cards work.",
}


def card_error(code: str, param: str | None = None, decline_code: str | None = None) -> ApiError:
    """A refused card, as Stripe words it: status 402."""
    message = MESSAGES.get(decline_code or "") or MESSAGES[code]
    return ApiError(
        402, message, type_="card_error", code=code, param=param, remembered=True, decline_code=decline_code
    )
