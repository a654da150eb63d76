"""Ordinary requests pass the guard untouched."""

from __future__ import annotations

import urllib.parse
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from security import pan
from security.guard import Policy

from . import benign
from .cards import grouped, in_base64, in_form
from .guarded import (
    CARD,
    FIELD,
    FIREFOX,
    FORM,
    Shop,
    multipart_body,
    sent_form,
    sent_json,
)

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
HEX32 = "4bf92f3577b34da6a3ce929d0e0e4736"
BENIGN: dict[str, dict[str, Any]] = {
    "browser": {
        "HTTP_USER_AGENT": BROWSER,
        "HTTP_SEC_CH_UA": '"Chromium";v="156", "Not.A/Brand";v="24"',
        "HTTP_X_FORWARDED_FOR": "203.0.113.195, 198.51.100.178, 192.168.100.100",
        "HTTP_IF_NONE_MATCH": '"1700000000.0-42424-4242424242", W/"65a1b2c3-1f4"',
        "HTTP_IF_MODIFIED_SINCE": "Mon, 23 Nov 2026 04:53:12 GMT",
    },
    "traces": {
        "HTTP_TRACEPARENT": f"00-{HEX32}-4242424242424242-01",
        "HTTP_X_CLOUD_TRACE_CONTEXT": f"{HEX32}/4242424242424242;o=1",
        "HTTP_X_AMZN_TRACE_ID": "Root=1-67891233-abcdef012345678912345678",
        "HTTP_X_REQUEST_ID": "01JD4XVZ8Q5K2N3M4P6R7S8T9V",
        "HTTP_CF_RAY": "8e6f1a2b3c4d5e6f-NRT",
    },
    "analytics": {
        "HTTP_COOKIE": "_ga=GA1.1.461234567.1700000000; _gcl_au=1.1.412345678.1700000000; "
        "_ga_ABC123=GS1.1.1700000000.42.1.1700004242.60.0.0; _fbp=fb.1.1700000000000.4123456789; "
        "_yjsu_yjad=1700000000.4bf92f35-77b3-4da6-a3ce-929d0e0e4736; _clck=1abcde%7C2%7Cfkx%7C0%7C1234"
    },
    "session": {
        "HTTP_COOKIE": "session=eyJfZnJlc2giOmZhbHNlLCJjc3JmX3Rva2VuIjoiMmU3YjQxZjA4YzU2MzlkMTQ0MjQ3NyJ9"
        ".Zx4242.NDJfd2l0aF9zaWduYXR1cmU; basket=01JD4XVZ8Q5K2N3M4P6R7S8T9V"
    },
    "click ids": {
        "QUERY_STRING": "gclid=EAIaIQobChMI4242424242&yclid=4242424242424242424&utm_campaign=20123456789"
        "&fbclid=IwAR0abc_4242&msclkid=4bf92f3577b34da6a3ce929d0e0e4736",
        "HTTP_REFERER": "http://shop.test/?yclid=4242424242424242424",
    },
    "stripe ids": {"QUERY_STRING": "session_id=cs_test_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6&pi=pi_3NabcDEF4242"},
    "search for a product code": {"QUERY_STRING": "q=4901234567894"},
    "search for a product code that passes Luhn": {"QUERY_STRING": "q=4901234567894&jan=4512345678909"},
    "Japanese search": {"QUERY_STRING": "q=" + urllib.parse.quote("和紙　１２枚　４２００円")},
    "timestamps": {"QUERY_STRING": "t=1700000000000&from=20261101000000&to=2026-11-23T04%3A53%3A12.424242Z"},
    "product page": {"path": "/products/4901234567894"},
    "order page": {"path": "/orders/01JD4XVZ8Q5K2N3M4P6R7S8T9V/4bf92f35-77b3-4da6-a3ce-929d0e0e4736"},
    "checkout form": {
        "body": in_form(
            csrf_token="IjJlN2I0MWYwOGM1NjM5ZDE0NDI0Nzci.Zx4242.abcDEF-_0123456789",
            email="hanako4242@example.com",
            family_name="山田",
            tel="０９０－１２３４－５６７８",
            postcode="５３０−０００１",
            address1="大阪市北区梅田４丁目２番４２号",
            building="４２４２号室",
            attempt="01JD4XVZ8Q5K2N3M4P6R7S8T9V",
            amount="424242",
            tel2="+81 90-1234-5678",
        ),
        "content_type": FORM,
    },
    "enquiry": {
        "body": in_form(
            body="注文 HTK-4242-0017 の送り状 5012-3456-7890、JAN 4901234567894 の件。\r\n"
            "電話 03-1234-5678、〒100-0001、合計 4,242円 (2026/11/23 12:00 までに)。"
        ),
        "content_type": FORM,
    },
    "staff prices": {
        "body": in_form(price_1="4500", price_2="5000", price_3="6100", price_4="7200"),
        "content_type": FORM,
    },
    "JSON": sent_json('{"amount": 424242, "at": 1700000000000, "prices": [4500, 5000, 6100, 7206]}'),
    "waybill without an issuer": {"body": in_form(waybill="1234567812345670"), "content_type": FORM},
}


@pytest.mark.parametrize("what", BENIGN)
def test_an_ordinary_request_passes_untouched(what: str) -> None:
    shop = Shop()

    status = shop.send(**BENIGN[what])

    assert (status, shop.passages) == (200, [])
    assert shop.reached[0]["body"] == BENIGN[what].get("body", b"")
    if "HTTP_COOKIE" in BENIGN[what]:
        assert shop.reached[0]["HTTP_COOKIE"] == BENIGN[what]["HTTP_COOKIE"]


@pytest.mark.parametrize(
    "boundary", ["----WebKitFormBoundary7MA4YWxkTrZu0gW", FIREFOX, "----geckoformboundary4bf92f"]
)
def test_browsers_multipart_passes_untouched(boundary: str) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    body, content_type = multipart_body(
        boundary,
        (FIELD, "湯のみ".encode()),
        (f'{FIELD}; filename="IMG_20261123_045312.png"\r\nContent-Type: image/png', png),
    )
    shop = Shop()

    assert shop.send(body=body, content_type=content_type) == 200
    assert shop.reached[0]["body"] == body


@given(
    tel=st.from_regex(r"0[5789]0-[0-9]{4}-[0-9]{4}", fullmatch=True),
    token=st.binary(min_size=16, max_size=48),
    uuid=st.uuids(),
    client=st.integers(10**8, 2**31),
    seconds=st.integers(1_600_000_000, 1_999_999_999),
    words=st.text(st.characters(categories=["Lo", "Ll", "Zs"]), max_size=200),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_made_up_ordinary_requests_pass(
    tel: str, token: bytes, uuid: object, client: int, seconds: int, words: str
) -> None:
    shop = Shop()
    body = in_form(
        tel=tel, csrf_token=in_base64(token.hex()), order=str(uuid), note=words, at=str(seconds * 1000)
    )

    status = shop.send(
        body=body, content_type=FORM, HTTP_COOKIE=f"_ga=GA1.1.{client}.{seconds}; sid={token.hex()}"
    )

    assert (status, shop.passages) == (200, [])


@pytest.mark.parametrize(("key", "status"), [("card_no", 422), ("カード番号", 422), ("jan", 200), ("q", 200)])
def test_a_product_code_is_refused_under_a_card_like_key_alone(key: str, status: int) -> None:
    code = next(f"49012345{n:04}{d}" for n in range(100) for d in range(10) if pan.find(f"49012345{n:04}{d}"))

    assert Shop().send(body=in_form(**{key: code}), content_type=FORM) == status


@pytest.mark.parametrize(
    "fields", [{"code": "123456"}, {"quantity": "123"}, {"security_code": "12345678"}, {"pin": "123"}]
)
def test_other_short_numbers_pass(fields: dict[str, str]) -> None:
    assert Shop().send(**sent_form(**fields)) == 200


def test_a_route_may_spare_fields_from_doubt() -> None:
    lines = {"note": grouped(CARD, ",")}
    spared, usual = Shop(policy_for=lambda path: Policy(spared=frozenset(["note"]))), Shop()

    assert usual.send(**sent_form(**lines)) == 422
    assert spared.send(**sent_form(**lines)) == 200
    assert spared.send(**sent_form(note=CARD)) == 422


@pytest.mark.parametrize("shape", benign.SHAPES)
def test_ordinary_traffic_passes(shape: str) -> None:
    shop, random = Shop(), Random(shape)
    for _ in range(25):
        request = benign.SHAPES[shape](random)
        assert (
            shop.send(
                request.pop("PATH_INFO"), request.pop("body", b""), request.pop("CONTENT_TYPE", ""), **request
            )
            == 200
        )
    assert shop.passages == []
