"""What reconciling one account found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[str, int], None]
"""Told the kind of object and how many were compared."""


@dataclass
class Report:
    """What one run found. `differences` are those that a person must look at; the rest is healed or agrees."""

    account: str
    sessions: int = 0
    refunds: int = 0
    disputes: int = 0
    balance_movements: int = 0
    healed: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    provider_minor: int = 0
    ledger_minor: int = 0

    @property
    def agrees(self) -> bool:
        return not self.differences and self.provider_minor == self.ledger_minor
