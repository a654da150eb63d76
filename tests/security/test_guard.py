"""A card number anywhere in a request never reaches the application."""

from __future__ import annotations

import gzip
import json
import logging
import urllib.parse
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security import pan
from security.guard import CPU_SECONDS, Passage, check_body

from .cards import card_numbers, grouped, in_base64, in_digits, in_form, percent_encoded, written_forms
from .guarded import (
    CARD,
    FIELD,
    FIREFOX,
    FORM,
    Shop,
    document_of,
    many_texts,
    sent_compressed,
    sent_form,
    sent_json,
    sent_parts,
    sent_text,
)

FULL_WIDTH = in_digits(CARD, "０１２３４５６７８９")
SHIFT_JIS = urllib.parse.quote(f"番号{FULL_WIDTH}".encode("cp932")).encode()
ESCAPED = "".join(f"\\u{ord(char):04x}" for char in CARD)
ENTITIES = "".join(f"&#{ord(char)};" for char in CARD)
DEFLATED = zlib.compress(in_form(a=CARD))
IN_BASE64 = FIELD + "\r\nContent-Transfer-Encoding: base64"

WAYS: dict[str, dict[str, Any]] = {
    "path": {"path": f"/orders/{CARD}"},
    "path in groups": {"path": f"/x/{grouped(CARD, '-')}/y"},
    "path encoded twice": {"path": f"/{percent_encoded(CARD)}"},
    "script name": {"SCRIPT_NAME": f"/{CARD}"},
    "query": {"QUERY_STRING": f"q={CARD}"},
    "query, grouped": {"QUERY_STRING": "q=" + grouped(CARD, "+")},
    "query, encoded": {"QUERY_STRING": "q=" + percent_encoded(CARD)},
    "query, encoded twice": {"QUERY_STRING": "q=" + percent_encoded(percent_encoded(CARD))},
    "query, full-width": {"QUERY_STRING": "q=" + percent_encoded(FULL_WIDTH)},
    "query, as a name": {"QUERY_STRING": f"{CARD}=1"},
    "query, base64": {"QUERY_STRING": "q=" + urllib.parse.quote(in_base64(CARD))},
    "method": {"REQUEST_METHOD": CARD},
    "referer": {"HTTP_REFERER": f"http://shop.test/?q={CARD}"},
    "user agent": {"HTTP_USER_AGENT": f"Mozilla/5.0 {grouped(CARD, ' ')}"},
    "own header": {"HTTP_X_ANYTHING": CARD},
    "basic authorization": {"HTTP_AUTHORIZATION": "Basic " + in_base64(f"user:{CARD}")},
    "forwarded": {"HTTP_X_FORWARDED_FOR": CARD},
    "traceparent not of its form": {"HTTP_TRACEPARENT": CARD},
    "content type": {"body": b"x", "content_type": f"text/plain; x={CARD}"},
    "form": sent_form(note=CARD),
    "form, neutral name": sent_form(f3=CARD),
    "form, grouped": sent_form(name="山田", note=grouped(CARD, " ")),
    "form, full-width": sent_form(note=FULL_WIDTH),
    "form, Shift_JIS": {"body": b"note=" + SHIFT_JIS, "content_type": FORM},
    "form, base64": sent_form(state=in_base64(f"card={CARD};")),
    "form, hex": sent_form(state=CARD.encode().hex()),
    "form, JSON inside": sent_form(state=json.dumps({"n": int(CARD)})),
    "form, four boxes": sent_form(n1="4242", n2="4242", n3="4242", n4="4242"),
    "form, lines": sent_form(note=grouped(CARD, "\r\n")),
    "form, entities": sent_form(note=ENTITIES),
    "form without its type": {"body": in_form(note=grouped(CARD, " "))},
    "JSON string": sent_json(json.dumps({"a": [{"b": CARD}]})),
    "JSON number": sent_json(f'{{"a": {CARD}}}'),
    "JSON exponent": sent_json('{"a": 4.242424242424242e15}'),
    "JSON escapes": sent_json(f'"{ESCAPED}"'),
    "JSON array of boxes": sent_json('["4242","4242","4242","4242"]'),
    "JSON, same key twice": sent_json(f'{{"a":"\\u0034{CARD[1:]}","a":"x"}}'),
    "JSON, broken": sent_json(f'{{"a": "{CARD}"'),
    "JSON, broken, escapes": sent_json(f'{{"a": "{ESCAPED}"'),
    "JSON in UTF-16": sent_json(json.dumps({"a": CARD}), "utf-16"),
    "full-width in UTF-16": sent_text(FULL_WIDTH, "utf-16"),
    "full-width in EUC-JP": sent_text(FULL_WIDTH, "euc_jp"),
    "plain text": sent_text(f"my card {CARD}"),
    "unknown type": {"body": b"\x01\x02" + CARD.encode() + b"\xff", "content_type": "application/x-odd"},
    "body of a GET": {"REQUEST_METHOD": "GET", **sent_text(CARD)},
    "gzip": sent_compressed(gzip.compress(in_form(a=CARD)), "gzip"),
    "gzip, second member": sent_compressed(gzip.compress(b"a=") + gzip.compress(CARD.encode()), "gzip"),
    "deflate": sent_compressed(DEFLATED, "deflate"),
    "raw deflate": sent_compressed(DEFLATED[2:-4], "deflate"),
    "multipart field": sent_parts((FIELD, CARD.encode()), boundary=FIREFOX),
    "multipart file name": sent_parts((f'{FIELD}; filename="{CARD}.png"', b"x")),
    "multipart text file": sent_parts((FIELD, f"a,b\n1,{CARD}\n".encode())),
    "multipart base64 part": sent_parts((IN_BASE64, in_base64(CARD).encode())),
    "multipart without its boundary": sent_text(f"--b\r\n\r\n{CARD}")
    | {"content_type": "multipart/form-data"},
    "multipart, four boxes": sent_parts(*[(FIELD.replace("note", f"c{n}"), b"4242") for n in "1234"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_card_number_never_reaches_the_application(way: str, caplog: pytest.LogCaptureFixture) -> None:
    shop = Shop()

    with caplog.at_level(logging.DEBUG):
        status = shop.send(**WAYS[way])

    assert (status, shop.headers.get("X-Pan-Guard"), shop.reached) == (422, "refused", [])
    assert shop.headers["Cache-Control"] == "no-store"
    assert len(shop.passages) == 1
    traces = " ".join([caplog.text, shop.body.decode(), repr(shop.headers), repr(shop.passages)])
    assert pan.find(traces) == []
    assert CARD not in traces


@given(written_forms())
def test_any_card_in_any_shape_is_refused_in_any_field(form: tuple[str, str]) -> None:
    shop = Shop()

    assert shop.send(body=in_form(q=form[1]), content_type=FORM) == 422
    assert shop.reached == []


@given(card_numbers(), st.integers(0, 7), st.integers(0, 7))
def test_base64_is_seen_through_whatever_stands_round_the_number(
    number: str, before: int, after: int
) -> None:
    token = in_base64("x" * before + "=" + number + "=" + "y" * after)

    assert Shop().send(body=in_form(state=token), content_type=FORM) == 422


@pytest.mark.parametrize(
    ("way", "place"),
    [
        ("path", "path"),
        ("query", "query"),
        ("referer", "header:referer"),
        ("form", "body:note"),
        ("JSON string", "body:b"),
        ("multipart field", "body:note"),
        ("plain text", "body"),
    ],
)
def test_the_place_is_reported_and_not_the_value(way: str, place: str) -> None:
    shop = Shop(request_id=lambda environ: environ["HTTP_X_REQUEST_ID"])

    shop.send(**WAYS[way], HTTP_HOST="style.localhost:8000", HTTP_X_REQUEST_ID="r-1")

    (passage,) = shop.passages
    assert (passage.place, passage.kind, passage.request_id) == (place, "card", "r-1")
    assert passage.host == "style.localhost:8000"


@pytest.mark.parametrize("name", [CARD, grouped(CARD, "-"), f"x-note-{CARD}"])
def test_a_number_for_a_header_s_name_is_refused_and_not_told(name: str) -> None:
    shop = Shop()

    head: dict[str, Any] = {"HTTP_" + name.upper().replace("-", "_"): "1"}

    assert shop.send(**head) == 422
    assert [passage.place for passage in shop.passages] == ["header"]


def test_a_cookie_with_a_card_is_taken_away_and_expired_and_counted() -> None:
    shop = Shop()

    status = shop.send(HTTP_COOKIE=f"session=abc; last={grouped(CARD, '-')}; theme=dark")

    assert status == 200
    assert shop.reached[0]["HTTP_COOKIE"] == "session=abc; theme=dark"
    assert shop.headers["Set-Cookie"].startswith("last=; Path=/; Max-Age=0")
    assert [passage.place for passage in shop.passages] == ["cookie:last"]


def test_a_refused_request_loses_its_cookie_too() -> None:
    shop = Shop()

    assert shop.send(path=f"/{CARD}", HTTP_COOKIE=f"a={CARD}") == 422
    assert shop.reached == []


def test_an_exempt_route_is_spared_its_body_and_nothing_else() -> None:
    shop = Shop(exempt={"/webhooks/stripe"})

    assert shop.send("/webhooks/stripe", CARD.encode(), "application/json") == 200
    assert shop.reached[0]["body"] == CARD.encode()
    assert shop.send("/webhooks/stripe", b"{}", "application/json", QUERY_STRING=f"a={CARD}") == 422
    assert shop.send("/webhooks/stripe/", CARD.encode(), "application/json") == 422


def test_check_body_judges_as_the_guard_does() -> None:
    hit = check_body(json.dumps({"data": {"note": CARD}}).encode(), "application/json")

    assert hit is not None
    assert (hit.name, hit.kind) == ("note", "card")
    assert check_body(b'{"id": "evt_1"}', "application/json") is None


def test_a_failing_guard_refuses(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(text: str) -> list[pan.Match]:
        raise RuntimeError(text)

    monkeypatch.setattr(pan, "find", fail)
    shop = Shop()

    assert shop.send(path=f"/{CARD}") == 500
    assert shop.reached == []
    assert CARD not in caplog.text


def test_a_failing_counter_does_not_let_the_number_in() -> None:
    def fail(passage: Passage) -> None:
        raise OSError

    shop = Shop(on_passage=fail)

    assert shop.send(path=f"/{CARD}") == 422
    assert shop.reached == []


CODES: dict[str, dict[str, Any]] = {
    "form": sent_form(cvc="123"),
    "form, Japanese": sent_form(セキュリティコード="１２３４"),
    "form, camel case": sent_form(cardCvv="123"),
    "JSON string": sent_json('{"card": {"security_code": "123"}}'),
    "JSON number": sent_json('{"cvv2": 1234}'),
    "multipart": sent_parts(('Content-Disposition: form-data; name="確認番号"', b"123")),
    "query": {"QUERY_STRING": "a=1&cvc=123"},
    "header": {"HTTP_X_CARD_CVC": "123"},
}


@pytest.mark.parametrize("way", CODES)
def test_a_verification_code_under_its_key_is_refused(way: str) -> None:
    shop = Shop()

    assert (shop.send(**CODES[way]), shop.reached) == (422, [])
    assert [passage.kind for passage in shop.passages] == ["code"]


def test_documents_of_many_parts_pass_where_more_work_is_allowed_and_a_number_in_one_does_not() -> None:
    shop = Shop(cpu_seconds=lambda path: 5.0 if path == "/upload" else CPU_SECONDS)
    texts = many_texts()

    assert shop.send("/form", document_of(*texts), "application/pdf") == 413
    assert shop.send("/upload", document_of(*texts), "application/pdf") == 200
    assert (
        shop.send("/upload", document_of(*texts, b"BT (%s) Tj ET" % CARD.encode()), "application/pdf") == 422
    )
