"""What every table of states shares: a change that the table does not list is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)


class WrongTransition(Exception):
    """Code asked for a change of state that the table does not list: a fault of ours, never of a person."""


def require_listed(
    table: Mapping[State, frozenset[State]], before: State, to: State, what: str, cause: str
) -> None:
    """Raise WrongTransition unless `table` leads from `before` to `to`. `what` names the thing: "order 01…"."""
    if to not in table[before]:
        raise WrongTransition(f"{what}: {before} -> {to} ({cause})")
