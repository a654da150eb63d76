"""Card numbers as bytes hold them without a character: the tags of a chip, packed decimals, integers of 64 bits. Pure.

Used by `decode`. The tags are looked for anywhere; the others only where they are all that there is, for bytes drawn by
lot look like them now and then.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from ..finder.match import Verdict, match_of
from .budget import Budget
from .view import View

# EMV Book 3, annex B: tag 5A is the number, padded with F; 57 and 9F6B are track 2, D before the expiry.
# (Each pattern begins with a byte as it stands, to which the search leaps.)
_NUMBER = re.compile(rb"\x5a[\x07-\x0a]")
_TRACKS = (re.compile(rb"\x57[\x0b-\x13]"), re.compile(rb"\x9f\x6b[\x0b-\x13]"))
# What a card's tags begin with, in one byte or in the first of two; or there is nothing more.
_TAGS = frozenset(b"\x42\x4f\x50\x57\x5a\x5f\x61\x6f\x70\x77\x80\xa5\xbf\x00\xff") | frozenset(
    range(0x82, 0xA0)
)
_FEWEST_BEHIND = 7  # expiry and service code
_LENGTHS = bytes([*range(0x07, 0x09), *range(0x0B, 0x0D), *range(0x0E, 0x14)])
_SIGN = "cdf"  # what may follow the last digit of a packed decimal
_INTEGER, _LONGEST_INTEGER = 8, 16
_SIZES = range(7, 11)


def may_be(data: bytes) -> bool:
    """Whether there is something for `of_bytes` to look at."""
    return b"\x5a" in data or b"\x57" in data or b"\x9f\x6b" in data or len(data) in _SIZES


def may_be_in_text(data: bytes) -> bool:
    """The same of bytes that are a text too: lengths of tags are no characters that texts have."""
    return len(data.translate(None, _LENGTHS)) != len(data) and may_be(data)


def of_bytes(data: bytes, name: str | None, budget: Budget) -> Iterator[View]:
    """The numbers in bytes that are no text."""
    for _, digits in in_tags(data, budget):
        yield View(digits, name, "chip")
    if len(data) in _SIZES:
        yield from (View(digits, name, "number") for digits in _alone(data))


def in_tags(data: bytes, budget: Budget) -> Iterator[tuple[int, str]]:
    """The numbers behind the tags of a chip, and where each tag begins."""
    for found in _NUMBER.finditer(data):
        if not budget.spend(0, tokens=1):
            return
        value, behind = _value(data, found.end())
        if not behind or behind[0] in _TAGS:
            yield from ((found.start(), each) for each in _cards(value.rstrip("f")))
    for found in itertools.chain.from_iterable(track.finditer(data) for track in _TRACKS):
        if not budget.spend(0, tokens=1):
            return
        number, _, rest = _value(data, found.end())[0].partition("d")
        if len(rest) >= _FEWEST_BEHIND and rest.rstrip("f").isdecimal():
            yield from ((found.start(), each) for each in _cards(number))


def _value(data: bytes, at: int) -> tuple[str, bytes]:
    """What is as long as the byte before `at` says, half byte by half byte; and the byte behind it."""
    end = at + data[at - 1]
    return data[at:end].hex(), data[end : end + 1]


def _alone(data: bytes) -> Iterator[str]:
    packed = data.hex()
    yield from _cards(packed.rstrip(_SIGN).lstrip("0"))
    if len(data) == _INTEGER:
        for value in (int.from_bytes(data, "little"), int.from_bytes(data, "big")):
            yield from _cards(str(value)) if len(str(value)) <= _LONGEST_INTEGER else ()


def _cards(digits: str) -> Iterator[str]:
    match = match_of(digits, 0, len(digits)) if digits.isdecimal() else None
    if match is not None and match.verdict is Verdict.CARD:
        yield digits
