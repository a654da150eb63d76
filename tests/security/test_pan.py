"""The finder: every card in every shape, and nothing that merely looks long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.finder import shapes
from security.pan import Verdict, find, is_luhn_valid, mask
from tests.cost import least_cpu_s

from .cards import NETWORKS, card_numbers, grouped, in_digits, luhn_digit, written_forms


@given(
    written_forms(), st.sampled_from(["", "カード番号は", "No. ", "card=", "(", "\n", "card", "番号:", "a "])
)
def test_every_card_in_every_shape_is_found(form: tuple[str, str], before: str) -> None:
    _, written = form
    text = f"{before}{written} です"

    matches = find(text)

    spans = [(m.start, m.end) for m in matches]
    assert any(s <= len(before) and e >= len(before) + len(written) for s, e in spans)
    assert all(len(match.last4) == 4 for match in matches)


@given(card_numbers(), st.integers(1, 9), st.data())
def test_one_changed_digit_breaks_the_check_digit(number: str, step: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = number[:at] + str((int(number[at]) + step) % 10) + number[at + 1 :]

    assert is_luhn_valid(number)
    assert find(wrong) == []
    assert find(in_digits(wrong, "０１２３４５６７８９")) == []


@pytest.mark.parametrize(("network", "prefix", "length"), NETWORKS)
def test_network_and_length_are_named(network: str, prefix: str, length: int) -> None:
    body = prefix.ljust(length - 1, "1")

    (match,) = find(body + luhn_digit(body))

    assert (match.issuer, match.digits_length, match.verdict) == (network, length, Verdict.CARD)


@pytest.mark.parametrize(
    "text",
    [
        "a1b2c34242424242424242",  # part of an identifier
        "4242424242424242f3a9",
        "0.4242424242424242",  # decimals of a fraction
        "4242424242424242.17",
        "42424242424242424242424242424242",  # a longer run
        "42424242-4242-4242-4242-424242424242",  # a UUID
        "1234567812345670",  # right check digit, no issuer: a waybill
        "9400110200881234567898",
        "03-1234-5678 090-1234-5678",
        "2026-11-23 04:53:12.424242",
        "20261123045312",
        "GA1.1.461234567.1700000000",
        "461234567.1700000000",
        "424242424242",
        "4 242 424 242 円 と 4,242",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize("text", ["4901234567894", "4512345678906", "4006381333931"])
def test_a_product_code_is_never_more_than_maybe(text: str) -> None:
    assert all(match.verdict is Verdict.MAYBE for match in find(text))


def test_a_product_code_with_a_right_luhn_digit_is_maybe() -> None:
    body = "490123456789"

    (match,) = find(body + luhn_digit(body))

    assert match.verdict is Verdict.MAYBE


@pytest.mark.parametrize("separator", [",", "\n", ";", "、", ", "])
def test_groups_divided_as_in_a_list_are_maybe(separator: str) -> None:
    (match,) = find(grouped("4242424242424242", separator))

    assert match.verdict is Verdict.MAYBE


@pytest.mark.parametrize(
    "text",
    [
        "03-1234-5678 4242 4242 4242 4242",
        "4242 4242 4242 4242 12/28 123",
        "%B4242424242424242^NAME^",
        "4242424242424242=2812",
        "4242424242424242.00",
        "42 42 42 42 42 42 42 42",
        "42424242-42424242",
        "\\n4242424242424242\\n",
        "cvc123 4242424242424242exp1228",
        "№4242424242424242",
        "ＣＡＲＤ４２４２４２４２４２４２４２４２",
        "4\ufe0f\u20e32\ufe0f\u20e3" * 8,
    ],
)
def test_a_card_among_other_things_is_found(text: str) -> None:
    assert [m.last4 for m in find(text) if m.verdict is Verdict.CARD] == ["4242"]


@pytest.mark.parametrize(
    "text", ["abc4242424242424242", "ord_4242424242424242", "4242424242424242kg", "注文番号 4242424242424242"]
)
def test_a_number_that_says_it_is_something_else_is_maybe(text: str) -> None:
    (match,) = find(text)

    assert match.verdict is Verdict.MAYBE


@pytest.mark.parametrize("divider", ["_", ":", " | ", "*", "→", "="])
def test_four_groups_divided_alike_are_a_card(divider: str) -> None:
    (match,) = find(grouped("4242424242424242", divider))

    assert match.verdict is Verdict.CARD


def test_two_cards_in_one_text_are_two_matches() -> None:
    assert [m.issuer for m in find("4242 4242 4242 4242 5555 5555 5555 4444")] == ["visa", "mastercard"]


@given(st.text(max_size=30), written_forms(), st.text(max_size=30))
def test_masking_leaves_no_card_and_no_other_change(before: str, form: tuple[str, str], after: str) -> None:
    text = f"{before} {form[1]} {after}"

    masked = mask(text)

    assert len(masked) == len(text)
    assert not [m for m in find(masked) if m.verdict is Verdict.CARD]


def test_masking_keeps_four_digits_and_the_rest_of_the_text() -> None:
    assert (
        mask("card 4242-4242-4242-4242, JAN 4901234567894") == "card ****-****-****-4242, JAN 4901234567894"
    )


@pytest.mark.parametrize(
    "piece",
    [
        "4242 ",
        "4242,",
        "4 ",
        "1" * 11 + "a",
        "4242-",
        "4\u200b",
        "4242.",
        "1",
        "ab12-4242-4242-4242-4242 ",
        "①4242一",
    ],
)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    text = piece * (200_000 // len(piece))

    assert least_cpu_s(lambda: find(text), enough=10) < 10


def test_the_last_four_of_a_masked_number_are_no_beginning_of_another() -> None:
    last4, behind = "3003", "0001333377"  # together a number of Diners Club
    text = "\u200b".join("*" * 12 + last4) + " " + behind

    assert not [match for match in find(text) if match.verdict is Verdict.CARD]


@pytest.mark.parametrize(
    "number",
    [
        "42.42.42.42.42.42.42.42",
        "4-2-4-2-4-2-4-2-4-2-4-2-4-2-4-2",
        "42424-24242-424242",
        "424\x1f24242 42424242",
    ],
)
def test_the_fast_look_at_small_numbers_passes_over_no_card(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = find(number)
    monkeypatch.setattr(shapes, "_is_of_small_numbers", lambda run: False)
    assert quick == find(number) != []


def test_the_fast_look_is_for_short_runs_alone() -> None:
    """A mebibyte of small numbers is one run: to look at it in full, outside of any budget, took 60 ms."""
    short, long = "1.2." * 8, "1.2." * 4096
    assert shapes._is_of_small_numbers(short)
    assert not shapes._is_of_small_numbers(long)
