"""What a route may be sent. Used by the guards; whoever assembles an application writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..keys import is_free_text

MAX_BODY = 1 << 20  # bytes
CPU_SECONDS = 0.02
"""What judging one part of a request may take: so that a hostile mebibyte is turned away within 50 ms."""


@dataclass(frozen=True)
class Policy:
    """The rules for the body of one route.

    `max_body` is in bytes; what is larger than a mebibyte (an upload) is judged window by window and kept in a file
    without a name until the application reads it. `cpu_seconds` is what judging it, or one window of it, may take
    before it is refused: a form takes a hundredth of what is allowed, a document of many compressed parts may need ten
    times as much; give more where documents are uploaded. `free_text` tells from its name whether a field holds words
    that a customer writes, where a MAYBE is refused too. `spared` are names of fields in which a MAYBE is never
    refused.
    `judged` is False for a route whose application judges the body itself (a signed webhook).
    """

    max_body: int = MAX_BODY
    free_text: Callable[[str], bool] = is_free_text
    spared: frozenset[str] = frozenset()
    judged: bool = True
    cpu_seconds: float = CPU_SECONDS

    def takes_words(self, name: str) -> bool:
        """Whether a MAYBE is refused in the field of this name."""
        return name not in self.spared and self.free_text(name)
