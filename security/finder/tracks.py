"""Card numbers in the frames of a magnetic stripe or a chip: cards whatever their first digits are. Pure; for `pan`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from .match import Match, Spend, Verdict, is_luhn_valid, match_of

# ISO/IEC 7813: the frames of track 1 (%B…^) and of track 2 (;…=); ISO/IEC 4909: that of track 3 (;01…=).
# (Each pattern begins with a character as it stands, to which the search leaps.)
_FRAMED = (
    re.compile(r"%[Bb]([0-9]{12,19})[\^=][0-9A-Za-z]"),
    re.compile(r";(?:01(?=[0-9]{12,19}=[0-9]{3}))?([0-9]{12,19})[\^=][0-9A-Za-z]"),
)
# Track 1 as readers hand it on, without its frame: number, name, expiry.
_NAME_AND_EXPIRY = re.compile(r"\^[^\^\r\n]{2,26}\^[0-9]{4}")
_NUMBER_BEFORE = re.compile(r"(?<![0-9])[0-9]{12,19}$")
# EMV tags in hex: 5A (number, padded with F), 57 (track 2, D before the expiry), each behind its length in bytes.
_TAG_5A = re.compile(r"5[Aa]0([6-9Aa])(?=([0-9]{11,19}[0-9Ff]))")
_TAG_57 = re.compile(r"57(?:0[9A-Fa-f]|1[0-9A-Fa-f])([0-9]{12,19})[Dd][0-9]{7}")


def in_tracks(text: str, spend: Spend) -> Iterator[Match]:
    """Numbers of a stripe."""
    for start, end in _spans(text):
        if not spend(1):
            return
        digits = text[start:end]
        if is_luhn_valid(digits):
            match = match_of(digits, start, end)
            issuer = match.issuer if match else "unknown"
            yield Match(start, end, len(digits), issuer, digits[-4:], Verdict.CARD)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for pattern in _FRAMED:
        yield from (found.span(1) for found in pattern.finditer(text))
    for found in _NAME_AND_EXPIRY.finditer(text):
        reach = max(0, found.start() - 20)
        number = _NUMBER_BEFORE.search(text[reach : found.start()])
        if number:
            yield reach + number.start(), reach + number.end()


def in_chip_data(text: str, spend: Spend) -> Iterator[Match]:
    """Numbers in the tags of a chip: of networks alone, for the frame is short."""
    numbers = ((found[2], found.start(2), 2 * int(found[1], 16)) for found in _TAG_5A.finditer(text))
    tracks = ((found[1], found.start(1), len(found[1])) for found in _TAG_57.finditer(text))
    for digits, start, size in itertools.chain(numbers, tracks):
        if not spend(1):
            return
        number = text[start : start + size].rstrip("Ff") if len(digits) < size else digits[:size].rstrip("Ff")
        match = match_of(number, start, start + len(number)) if number.isdigit() else None
        if match is not None:
            yield match
