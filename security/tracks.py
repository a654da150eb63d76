"""Card numbers in the frames of a magnetic stripe or a chip: cards whatever their first digits are. Pure; for `pan`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .match import Match, Verdict, is_luhn_valid, match_of

# ISO/IEC 7813: the frames of track 1 (%B…^) and of track 2 (;…=); ISO/IEC 4909: that of track 3 (;01…=).
_FRAMED = re.compile(r"(?:%[Bb]|;(?:01(?=[0-9]{12,19}=[0-9]{3}))?)([0-9]{12,19})[\^=][0-9A-Za-z]")
# Track 1 as readers hand it on, without its frame: number, name, expiry.
_UNFRAMED = re.compile(r"(?<![0-9])[Bb]?([0-9]{12,19})\^[^\^\r\n]{2,26}\^[0-9]{4}")
# EMV tags in hex: 5A (number, padded with F), 57 (track 2, D before the expiry), each behind its length in bytes.
_TAG_5A = re.compile(r"5A0([6-9A])(?=([0-9]{11,19}[0-9F]))", re.IGNORECASE)
_TAG_57 = re.compile(r"57(?:0[9A-F]|1[0-9A-F])([0-9]{12,19})D[0-9]{7}", re.IGNORECASE)


def in_tracks(text: str) -> Iterator[Match]:
    """Numbers of a stripe."""
    for pattern in (_FRAMED, _UNFRAMED):
        for found in pattern.finditer(text):
            digits, (start, end) = found[1], found.span(1)
            if is_luhn_valid(digits):
                match = match_of(digits, start, end)
                issuer = match.issuer if match else "unknown"
                yield Match(start, end, len(digits), issuer, digits[-4:], Verdict.CARD)


def in_chip_data(text: str) -> Iterator[Match]:
    """Numbers in the tags of a chip: of networks alone, for the frame is short."""
    spans = [(found[2], found.start(2), 2 * int(found[1], 16)) for found in _TAG_5A.finditer(text)]
    spans += [(found[1], found.start(1), len(found[1])) for found in _TAG_57.finditer(text)]
    for digits, start, size in spans:
        number = text[start : start + size].rstrip("Ff") if len(digits) < size else digits[:size].rstrip("Ff")
        match = match_of(number, start, start + len(number)) if number.isdigit() else None
        if match is not None:
            yield match
