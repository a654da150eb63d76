"""Digits in binary data whose number is said right before them. Used by `look`; pure.

Formats that keep texts one behind another say how long each is, and the next one's letters or digits follow at once:
the finder, which reads texts, sees a longer word there. Here the length counts, not what stands behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SHORTEST, _LONGEST = 12, 19


def _lengths(length: int) -> tuple[bytes, ...]:
    """How formats say it: as a byte, or several of either end (Java, Avro's and Thrift's kin, pickle); as PostgreSQL
    does, with itself; with the bits for a short text set (MessagePack, Redis' listpacks, CBOR)."""
    return (
        bytes([length]),
        bytes([length, 0, 0, 0]),
        bytes([2 * length + 3]),
        bytes([0xA0 | length]),
        bytes([0x80 | length]),
    )


_COUNTED = re.compile(
    b"|".join(
        re.escape(said) + rb"(?=[0-9]{%d})" % length
        for length in range(_SHORTEST, _LONGEST + 1)
        for said in _lengths(length)
    )
)
_PRINTABLE = frozenset(bytes([code]) for code in range(0x20, 0x7F))
_LENGTH = {said: length for length in range(_SHORTEST, _LONGEST + 1) for said in _lengths(length)}


def numbers(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each begins and ends in `data`."""
    for found in _COUNTED.finditer(data):
        end = found.end() + _LENGTH[found[0]]
        # What may be a letter is a length only where no text goes on behind.
        if not (found[0] in _PRINTABLE and data[end : end + 1] in _PRINTABLE):
            yield found.end(), end
