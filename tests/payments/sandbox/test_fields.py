"""The generated tables: they fit the installed SDK, and every answer carries every field."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from payments.sandbox.fields import build

ROOT = Path(__file__).parents[3]


def test_committed_tables_are_what_the_installed_sdk_says() -> None:
    tool = ROOT / "tools" / "generate_sandbox_fields.py"
    checked = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_object_is_filled_with_every_field() -> None:
    customer = build("customer", id="cus_1", created=1, livemode=False)
    assert customer["object"] == "customer"
    assert customer["email"] is None
    assert "deleted" not in customer
    assert len(customer) > 20


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"id": "cus_1", "created": 1, "nickname": "x"}, "no field"),
        ({"id": "cus_1"}, "needs a value"),
        ({"id": "cus_1", "created": 1, "tax_exempt": "maybe"}, "cannot be"),
        ({"id": None, "created": 1}, "cannot be null"),
    ],
)
def test_slips_of_the_sandbox_are_noticed(values: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        build("customer", **values)
