"""Stock and delivery said in words. Catalogue and cart use it; it knows no tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

FEW = 5
"""From here down a page says how many are left."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What a page says of how many can be had. `kind` is plenty, few or none; it also picks the colour."""

    kind: str
    words: str


def stock_words(free: int) -> Stock:
    """How many can still be ordered, as a shopper reads it. Inside a request (language)."""
    if free <= 0:
        return Stock("none", _("在庫切れ"))
    if free <= FEW:
        return Stock("few", _("残り%(count)s点", count=free))
    return Stock("plenty", _("在庫あり"))


def options_text(options: list[dict[str, Any]], locale: str) -> str:
    """A variant's options in one line: 色：藍 ・ サイズ：大."""
    if locale == "en":
        return ", ".join(f"{option['label_en']}: {option['value_en']}" for option in options)
    return "・".join(f"{option['label_ja']}：{option['value_ja']}" for option in options)


def option_values(options: list[dict[str, Any]], locale: str) -> str:
    """The values alone, where the label stands beside them already."""
    key = "value_en" if locale == "en" else "value_ja"
    return " / ".join(option[key] for option in options)
