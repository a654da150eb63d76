"""One case of the corpus."""

from __future__ import annotations

from typing import NamedTuple

CARD, MAYBE, NO = "card", "maybe", "no"


class Case(NamedTuple):
    """Something that a person or a program writes, and the verdict that is right for it.

    `data` is text as the finder gets it, or what comes over a wire and must be decoded first (`wire`), by
    `content_type` if there is one. `number` is the number that was put in, for the looks that must find exactly it.
    """

    kind: str
    data: str | bytes
    verdict: str
    number: str = ""
    wire: bool = False
    content_type: str = ""
