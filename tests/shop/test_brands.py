"""Card brands stand by their own names wherever a person reads one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shop.methods.brands import brand_name

TEMPLATES = Path(__file__).resolve().parents[2] / "shop" / "templates"
SHOWN = re.compile(r"\b(?:card_brand|card\.brand)\b(?!\|brand_name)")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("visa", "Visa"),
        ("mastercard", "Mastercard"),
        ("jcb", "JCB"),
        ("amex", "American Express"),
        ("diners", "Diners Club"),
        ("discover", "Discover"),
        ("unionpay", "UnionPay"),
        ("eftpos_au", "eftpos_au"),
        (None, ""),
    ],
)
def test_a_code_is_told_by_its_name_and_an_unknown_one_as_it_was_given(code: str | None, name: str) -> None:
    assert brand_name(code) == name


def test_no_template_shows_a_code() -> None:
    texts = {
        path: path.read_text("utf-8") for path in TEMPLATES.rglob("*.*") if path.suffix in {".html", ".txt"}
    }
    assert any("|brand_name" in text for text in texts.values())
    assert [str(path) for path, text in texts.items() if SHOWN.search(text)] == []
