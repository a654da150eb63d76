"""Numbers as binary formats, pictures and tables hold them: seen in bodies, fields and uploads alike."""

from __future__ import annotations

import base64
import struct
from random import Random

import pytest

from security.decode import Budget, View, views
from security.decoder import binary as unpacking
from security.decoder import protobuf
from security.guard import check_body

from .corpus import binary, bytes_of
from .corpus.numbers import common_card
from .guarded import CARD, FORM, Shop, sent_form, sent_parts

FORMATS = binary.TREES | binary.NUMBERS | binary.PICTURES


@pytest.mark.parametrize("kind", FORMATS)
def test_a_number_in_any_format_is_refused_as_a_body_and_as_an_upload(kind: str) -> None:
    random = Random(kind)
    data = FORMATS[kind](random, common_card(random))
    shop = Shop()

    assert shop.send(body=data, content_type="application/octet-stream") == 422
    assert shop.send(**sent_parts(('Content-Disposition: form-data; name="f"; filename="a"', data))) == 422
    assert shop.reached == []


def test_ordinary_bytes_of_these_formats_pass() -> None:
    for seed in range(300):
        for data in binary.ordinary(Random(seed)):
            assert check_body(data, "application/octet-stream") is None, data


def test_a_long_number_without_a_name_is_a_guess_or_nothing() -> None:
    long = int("4" + "0" * 17 + "6")  # of nineteen digits, as ids of 64 bits have

    found = protobuf.values(bytes_of.protobuf("\u00e4", long), Budget())
    assert [view.sure for view in found if isinstance(view, View)].count(True) == 0
    assert check_body(b"password=g2kpMffTBsJjdVG3DvPo", FORM) is None  # drawn by lot, and msgpack as well
    for first in (0xCF, 0x1B):  # msgpack's and CBOR's whole number
        assert check_body(struct.pack(">Bq", first, long), "application/octet-stream") is None
    assert check_body(struct.pack("<Q", long), "application/octet-stream") is None


def test_a_chips_number_is_seen_where_all_its_bytes_are_text() -> None:
    numbers = (bytes_of.packed_decimal(common_card(Random(seed))) for seed in range(2000))
    number = next(each for each in numbers if each.isascii())
    data = bytes_of.tlv(("70", bytes_of.tlv(("5A", number), ("5F34", b"\1"))))

    assert data.isascii()
    assert check_body(data, "application/octet-stream") is not None


def test_a_chips_number_in_base64_is_seen_where_all_its_bytes_are_text() -> None:
    numbers = (bytes_of.packed_decimal(common_card(Random(seed))) for seed in range(2000))
    number = next(each for each in numbers if each.isascii())
    data = bytes_of.tlv(("70", bytes_of.tlv(("5A", number), ("5F34", b"\1"))))

    assert Shop().send(**sent_form(emv=base64.b64encode(data).decode())) == 422


def test_the_first_line_of_a_table_is_no_long_line() -> None:
    line = f"order=1 rid=7c{'0' * 12}a0cc9{'0' * 13} ord{CARD}\n"  # cc stands in it by chance

    assert check_body((line + line).encode(), "application/octet-stream") is None
    assert check_body(f"cc\nord{CARD}\n".encode(), "application/octet-stream") is not None


def test_names_and_values_are_undone_as_quoted_once_alone() -> None:
    log = "".join(f"order=20{at} ms=9{at} bytes=63{at} rid={'0af' * 10}\n" for at in range(10, 26))

    found = [view for view in views(log.encode(), Budget()) if view.encoding == "quoted-printable"]
    assert len(found) <= 2
    twice = "".join(f"=3D{ord(digit):X}" for digit in CARD)
    assert check_body(twice.encode(), "text/plain") is not None


@pytest.mark.parametrize(
    "table",
    [
        f"id,card_no1,card_no2,card_no3,card_no4\n1,{CARD[:4]},{CARD[4:8]},{CARD[8:12]},{CARD[12:]}\n",
        f"id;カード番号\n1;ord{CARD}\n",
        f'"id"\t"pan"\r\n"1"\t"{CARD[:4]}, {CARD[4:8]}, {CARD[8:12]}, {CARD[12:]}"\r\n',
    ],
)
def test_a_table_is_read_by_the_names_of_its_columns(table: str) -> None:
    other = table.replace("card_no", "price_").replace("カード番号", "商品").replace("pan", "q")

    assert check_body(table.encode(), "text/csv") is not None
    assert check_body(other.encode(), "text/csv") is None


def test_two_lines_that_make_a_number_are_a_guess_unless_a_word_announces_it() -> None:
    halves = f"{CARD[:9]}\r\n{CARD[9:]}"

    assert Shop().send(**sent_form(q=f"card {halves}")) == 422
    assert Shop().send(**sent_form(message=f"no. {halves}")) == 422
    assert Shop().send(**sent_form(q=f"no. {halves}")) == 200


def test_a_telephone_and_the_day_below_it_are_no_number() -> None:
    for year in range(2020, 2030):
        for number in range(8190_1234_0000, 8190_1234_0100):
            assert Shop().send(**sent_form(message=f"+{number}\n{year}/11/27 に注文")) == 200


def test_a_record_that_goes_on_in_the_next_is_read_without_its_header() -> None:
    header = "<34>1 2026-11-23T04:53:12Z host shop 1 ID47 - "
    log = f"{header}note {CARD[:10]}\n{header}{CARD[10:]} end"

    assert Shop().send(**sent_form(message=log)) == 422


def test_a_cookie_in_another_script_keeps_its_last_digit() -> None:
    # The last byte of its nought is Latin-1's blank.
    number = "".join(chr(0x660 + int(digit)) for digit in _valid_with_nought())
    shop = Shop()

    assert shop.send(HTTP_COOKIE="a=1; n=" + number.encode().decode("latin-1")) == 200
    assert "n=" not in shop.reached[0]["HTTP_COOKIE"]


def _valid_with_nought() -> str:
    numbers = (common_card(Random(seed)) for seed in range(200))
    return next(number for number in numbers if number.endswith("0"))


def test_uploads_end_before_the_delimiter() -> None:
    pieces = list(
        views(b"--b\r\n\r\n" + b"\x01" * 9 + b"\r\n--b--", Budget(), "multipart/form-data; boundary=b")
    )

    assert [view.text for view in pieces if "\x01" in view.text] == ["\x01" * 9]


def test_what_begins_like_several_formats_is_read_as_each() -> None:
    data = bytes_of.cbor([1, "x", {"n": int(CARD)}])

    assert any(isinstance(found, View) and found.text == CARD for found in unpacking.unpacked(data, Budget()))
