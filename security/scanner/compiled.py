"""The compiled looks for digits and words (`_runs.c`), where it could be built: a C compiler and SSE2 are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast


class Runs(Protocol):
    """What `_runs.c` has. Blocks are bytes of at most 2 GiB."""

    def digits(self, block: bytes, /) -> list[int]:
        """Places in the block, in no order: in the line of each, or near it, digits stand that may make a number. Of
        places nearer to each other than 64 bytes one is told."""

    def words(self, block: bytes, fewest: int, many: int, /) -> tuple[bytes, bytes, list[tuple[int, int]]]:
        """The words of `fewest` letters of base64 or more (1 to 32), each with a newline behind it; pairs of uint32,
        where each begins among those and in the block; and the spans of those that have `many`. Raises ValueError."""

    def beyond_ascii(self, block: bytes, size: int, across: int, /) -> list[int]:
        """Where the chunks of `size` bytes begin that hold a byte over 127, or have one among the `across` bytes behind
        them. Raises ValueError."""


def runs() -> Runs | None:
    """None where it was not built."""
    try:
        return cast("Runs", import_module("._runs", __package__))
    except ImportError:
        return None
