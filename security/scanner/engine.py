"""The scanner's first look: where in a block of bytes a card number may stand, plain or encoded.

Two engines run the same patterns: `re`, which is always there, and Hyperscan (extra `fast`). Both may name places where
nothing is; neither misses one that the other names, for the finder sees whole lines of both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from . import by_re
from .patterns import Ends

Engine = Callable[[bytes], Ends]
EngineName = Literal["fast", "plain"]


def by_name(name: EngineName | None) -> Engine:
    """The engine of this name, "fast" or "plain"; None is the fast one where it is installed. Raises ImportError."""
    if name == "plain":
        return by_re.ends
    try:
        from . import by_hyperscan

        return by_hyperscan.engine()
    except ImportError:
        if name == "fast":
            raise
        return by_re.ends
