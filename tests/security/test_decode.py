"""The decoder: every layer comes off, in bounded work, and nothing makes it raise."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security import pan
from security.decode import Budget, views
from tests.cost import least_cpu_s

from .cards import card_numbers, in_base64, percent_encoded


def is_seen(data: bytes | str, content_type: str = "") -> bool:
    return any(pan.find(view.text) for view in views(data, Budget(), content_type))


LAYERS: dict[str, Callable[[str], str]] = {
    "url": percent_encoded,
    "base64": lambda text: in_base64(f"<{text}>"),
    "hex": lambda text: f"<{text}>".encode().hex(),
    "json": lambda text: json.dumps({"a": text}),
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "entities": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
}


@given(card_numbers(), st.lists(st.sampled_from(sorted(LAYERS)), max_size=3))
def test_three_layers_of_any_kind_come_off(number: str, layers: list[str]) -> None:
    text = number
    for layer in layers:
        text = LAYERS[layer](text)

    assert is_seen(text)
    assert is_seen(text.encode())


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "application/json", "multipart/form-data; boundary=b", "x;;="]),
)
def test_any_bytes_are_decoded_without_an_error(data: bytes, content_type: str) -> None:
    found = list(views(data, Budget(), content_type))

    assert all(isinstance(view.text, str) for view in found)


@pytest.mark.parametrize(
    "data",
    [
        b'"\\ud834 %41"',
        b'{"a":"\\udfff%34"}',
        b"%",
        b"\\u",
        b"--b",
        b"--b--",
        b"[" * 100_000,
        b"1e999",
        b"[1e999]",
    ],
)
def test_odd_input_makes_it_not_raise(data: bytes) -> None:
    for content_type in ("", "application/json", "multipart/form-data; boundary=b"):
        assert all(isinstance(view.text, str) for view in views(data, Budget(), content_type))


def test_a_spent_budget_is_said() -> None:
    budget = Budget(tokens=3)

    list(views(b"a=1&b=2&c=3&d=4&e=5", budget, "application/x-www-form-urlencoded"))

    assert budget.over


def test_a_budget_that_suffices_is_not_over() -> None:
    budget = Budget()

    list(views(json.dumps({"a": [1, "2", {"b": in_base64("hello")}]}), budget))

    assert not budget.over


@pytest.mark.parametrize(
    "data",
    [
        b"%25" * 300_000,
        base64.b64encode(base64.b64encode(b"a" * 500_000)),
        b"&amp;" * 200_000,
        b"a=1&" * 250_000,
        b'["' + b'","'.join([b"1234"] * 100_000) + b'"]',
        b"0123456789abcdef" * 65_536,
    ],
)
def test_a_mebibyte_of_anything_is_done_in_seconds(data: bytes) -> None:
    def look() -> None:
        for content_type in ("", "application/x-www-form-urlencoded"):
            for view in views(data, Budget(), content_type):
                pan.find(view.text)

    assert least_cpu_s(look, enough=20) < 20
