"""A number with what it counts: 1 page, 2 pages. Pure."""

from __future__ import annotations

import re

_PLURAL = re.compile(r"\b(?!its\b)([a-z]+?)(?:(?<=ss)es|ies|(?<!s)s)\b")
"""The first word that ends so is what is counted: pages of a site, cross-site posts, addresses, entries."""


def counted(number: int | str, what: str) -> str:
    """`what` is written for several; for one its first plural is made singular."""
    return f"{number} {_PLURAL.sub(_one, what, count=1) if str(number) == '1' else what}"


def _one(match: re.Match[str]) -> str:
    return match[1] + ("y" if match[0].endswith("ies") else "")
