"""Who acts. Anyone in `shop` may import this."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

Kind = Literal["staff", "shopper", "command", "system"]


@dataclass(frozen=True)
class Actor:
    """A kind and an id of ours that is no person's name: a member's or customer's row id, a part of the system."""

    kind: Kind
    id: str

    @classmethod
    def of_command(cls) -> Actor:
        """Whoever runs a command on this machine, by the number of the account."""
        return cls("command", f"uid-{os.getuid()}")
