"""A number that comes in pieces is put together; what its name says numbers something else is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .cards import grouped
from .guarded import CARD, Shop, sent_form, sent_json, sent_parts

VARIOUS = "378282246310005"  # published, of more digits than 4242… has
HALVES = (CARD[:8], CARD[8:])


@pytest.mark.parametrize(
    "cookies",
    [
        f"n1={HALVES[0]}; n2={HALVES[1]}",
        f"lang=ja; n1={HALVES[0]}; session=abc; n2={HALVES[1]}",
        f"first={HALVES[0]}; last={HALVES[1]}",
        "; ".join(f"c{at}={CARD[at : at + 4]}" for at in range(0, 16, 4)),
    ],
)
def test_cookies_that_make_up_a_number_are_taken_away(cookies: str) -> None:
    shop = Shop()

    assert shop.send(HTTP_COOKIE=cookies) == 200
    kept = shop.reached[0].get("HTTP_COOKIE", "")
    assert not any(part in kept for part in HALVES)
    assert ("session=abc" in kept) == ("session=abc" in cookies)
    assert {passage.kind for passage in shop.passages} == {"card"}


def test_a_cookie_that_was_clean_under_one_name_is_judged_under_another() -> None:
    shop = Shop()

    assert shop.send(HTTP_COOKIE="a=123; b=12345678901234") == 200
    assert shop.send(HTTP_COOKIE="cvc=123; b=12345678901234") == 200
    assert [seen.get("HTTP_COOKIE") for seen in shop.reached] == [
        "a=123; b=12345678901234",
        " b=12345678901234",
    ]


def test_headers_of_one_stem_that_make_up_a_number_are_refused() -> None:
    shop = Shop()

    assert shop.send(HTTP_X_N1=HALVES[0], HTTP_ACCEPT="text/html", HTTP_X_N2=HALVES[1]) == 422
    assert shop.send(HTTP_X_N1="12345678", HTTP_X_N2="87654321") == 200


@pytest.mark.parametrize(
    "value", [f"%{CARD}", f"100%{CARD}", f"%{grouped(CARD, '+')}", f"%{grouped(CARD, '%20')}"]
)
def test_a_stray_percent_sign_takes_no_digits_with_it(value: str) -> None:
    shop = Shop()

    assert shop.send(QUERY_STRING=f"a=1&n={value}") == 422
    assert shop.send(HTTP_REFERER=f"https://shop.test/?n={value}") == 422
    assert shop.send(body=f"n={value}".encode(), content_type="application/x-www-form-urlencoded") == 422


OTHER_NAMES = ("order_id", "trackingNo", "transaction_id", "送り状番号", "gclid", "order[number]")


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_what_its_name_says_numbers_something_else_passes(name: str) -> None:
    shop = Shop()

    assert [shop.send(**sent) for sent in _ways(name, CARD)] == [200, 200]
    assert shop.passages == []


@pytest.mark.parametrize(
    "name", [*OTHER_NAMES[:4], "number", "value", "id", "sku", "reference", "card_order_id"]
)
def test_but_not_as_printed_nor_among_words_nor_under_any_other_name(name: str) -> None:
    shop = Shop()
    written = [grouped(CARD, " "), grouped(CARD, "-"), f"no. {CARD} 12/28"]
    written += [] if name in OTHER_NAMES else [CARD]

    for value in written:
        assert [shop.send(**sent) for sent in _ways(name, value)] == [422, 422], value


def _ways(name: str, value: str) -> list[dict[str, Any]]:
    return [sent_form(**{name: value}), sent_json(f'{{"o": {{"{name}": "{value}"}}}}')]


def _pressed(number: str) -> str:
    """As a script writes down what is typed, with other keys between."""
    keys = [{"t": "keydown", "k": key} for key in ("Tab", *number, "Enter")]
    keys.insert(5, {"t": "scroll", "y": 40})
    return json.dumps(keys)


def test_keys_that_were_pressed_make_a_number() -> None:
    shop = Shop()

    assert shop.send(**sent_json(_pressed(VARIOUS))) == 422
    assert shop.send(body=_pressed(VARIOUS).encode(), content_type="text/plain") == 422
    # Answers on a scale come in such rows as well, and so do quantities.
    assert shop.send(**sent_json(_pressed("4242424242424242"))) == 200
    assert shop.send(**sent_json(_pressed(VARIOUS).replace('"k"', '"qty"'))) == 200


def test_attributes_of_a_card_make_a_number_and_those_of_a_drawing_do_not() -> None:
    shop = Shop()
    attributes = " ".join(
        f'{name}="{CARD[at : at + 4]}"' for name, at in zip("abcd", (0, 4, 8, 12), strict=True)
    )

    assert shop.send(body=f"<card {attributes}/>".encode(), content_type="application/xml") == 422
    assert shop.send(body=f"<rect {attributes}/>".encode(), content_type="application/xml") == 200


def test_names_without_values_are_values() -> None:
    shop = Shop()

    assert shop.send(QUERY_STRING=grouped(CARD, "&")) == 422
    assert shop.send(QUERY_STRING=grouped(CARD, "=&") + "=") == 422
    assert shop.send(QUERY_STRING="2026&1127&page=2") == 200


@pytest.mark.parametrize("star", ["", "*"])
def test_a_parameter_in_several_parts_is_read_as_one(star: str) -> None:
    shop = Shop()
    # RFC 2231: in the order of their numbers.
    names = f'filename*1{star}="{CARD[7:]}.csv"; filename*0{star}="{CARD[:7]}"'

    sent = sent_parts((f'Content-Disposition: form-data; name="f"; {names}', b"x"))
    assert shop.send(**sent) == 422
    sent = sent_parts(
        ('Content-Disposition: form-data; name="f"; filename*0="2026"; filename*1=".csv"', b"x")
    )
    assert shop.send(**sent) == 200
