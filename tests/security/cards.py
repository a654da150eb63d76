"""Card numbers made up for tests, and the shapes in which people and programs write them."""

from __future__ import annotations

import base64
import urllib.parse

from hypothesis import strategies as st

# (network, first digits, length) from the networks' public pages, kept apart from the table under test.
NETWORKS = [
    ("visa", "4", 16),
    ("visa", "4", 19),
    ("mastercard", "51", 16),
    ("mastercard", "55", 16),
    ("mastercard", "2221", 16),
    ("mastercard", "2720", 16),
    ("amex", "34", 15),
    ("amex", "37", 15),
    ("jcb", "3528", 16),
    ("jcb", "3589", 16),
    ("diners", "300", 14),
    ("diners", "36", 14),
    ("diners", "38", 16),
    ("discover", "6011", 16),
    ("discover", "644", 16),
    ("discover", "65", 19),
    ("unionpay", "62", 16),
    ("unionpay", "62", 19),
    ("maestro", "6759", 16),
    ("maestro", "5018", 19),
    ("mir", "2200", 16),
    ("rupay", "6069", 16),
    ("troy", "9792", 16),
]


def luhn_digit(digits: str) -> str:
    """The check digit after `digits`: the schoolbook rule, written apart from the code under test."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    _, prefix, length = draw(st.sampled_from(NETWORKS))
    rest = length - len(prefix) - 1
    body = prefix + draw(st.text("0123456789", min_size=rest, max_size=rest))
    return body + luhn_digit(body)


def grouped(number: str, separator: str) -> str:
    """In the groups printed on the card."""
    sizes = {14: (4, 6, 4), 15: (4, 6, 5)}.get(len(number), (4, 4, 4, 4, len(number) - 16))
    pieces, at = [], 0
    for size in sizes:
        pieces.append(number[at : at + size])
        at += size
    return separator.join(filter(None, pieces))


SEPARATORS = [*" -./‐–—−－ー．・\u3000\u00a0\u2009\uff70", " - "]
ZERO_WIDTH = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"]
DIGIT_SETS = ["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "〇一二三四五六七八九"]


@st.composite
def written_forms(draw: st.DrawFn) -> tuple[str, str]:
    """A number and one way of writing it, readable without decoding anything."""
    number = draw(card_numbers())
    shape = draw(st.sampled_from(["plain", "grouped", "digits", "zero-width", "fullwidth groups"]))
    match shape:
        case "grouped":
            return number, grouped(number, draw(st.sampled_from(SEPARATORS)))
        case "digits":
            return number, in_digits(number, draw(st.sampled_from(DIGIT_SETS)))
        case "zero-width":
            return number, draw(st.sampled_from(ZERO_WIDTH)).join(number)
        case "fullwidth groups":
            return number, in_digits(
                grouped(number, draw(st.sampled_from(["\u3000", "－", "ー"]))), DIGIT_SETS[0]
            )
    return number, number


def in_digits(number: str, digits: str) -> str:
    return number.translate(str.maketrans("0123456789", digits))


def percent_encoded(text: str) -> str:
    """Every byte of it."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def in_form(**fields: str) -> bytes:
    return urllib.parse.urlencode(fields).encode()
