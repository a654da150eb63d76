"""Readings of Japanese words, so that きゅうす finds 急須. The table is in `content/readings.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("content") / "readings.toml"


def readings_of(text: str) -> list[str]:
    """The kana readings of the listed words that `text` holds, in the table's order."""
    return [reading for word, reading in _readings() if word in text]


@cache
def _readings() -> tuple[tuple[str, str], ...]:
    table: dict[str, str] = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["readings"]
    return tuple(table.items())
