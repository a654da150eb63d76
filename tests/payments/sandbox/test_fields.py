"""The generated tables: they fit the installed SDK, and every answer carries every field."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.sandbox.fields import build

ROOT = Path(__file__).parents[3]
SANDBOX = ROOT / "payments" / "sandbox"
_CODE_IS = {"conflict_of_state": 1, "invalid": 2}
"""Which argument of these is the error's code."""
_OF_PERMISSIONS = {"more_permissions_required_for_application"}
"""Stripe answers a restricted key so, though the SDK's list of codes leaves it out (from memory)."""


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


def _codes() -> Iterator[tuple[str, str]]:
    """Every error code that stands in the sandbox's source, with its file."""
    for path in SANDBOX.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", "")
            place = _CODE_IS.get(name, 99)
            given = [*call.args[place : place + 1], *(k.value for k in call.keywords if k.arg == "code")]
            if name in {"ApiError", *_CODE_IS}:
                yield from ((path.name, word) for part in given for word in _words(part))


def _words(part: ast.expr) -> list[str]:
    """The text that stands there, or both of one or the other."""
    if isinstance(part, ast.IfExp):
        return [*_words(part.body), *_words(part.orelse)]
    return [part.value] if isinstance(part, ast.Constant) and isinstance(part.value, str) else []


def test_no_error_code_is_made_up() -> None:
    """A program that switches on a code must meet it at Stripe too."""
    tables = json.loads((SANDBOX / "fields.json").read_text("utf-8"))
    fields = tables["objects"]["payment_intent"]["last_payment_error"]["fields"]
    known = set(fields["code"]["enum"]) | _OF_PERMISSIONS
    used = set(_codes())
    assert len(used) > 20
    assert sorted(pair for pair in used if pair[1] not in known) == []
