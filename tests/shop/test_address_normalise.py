"""Plain slips are mended, names are kept to the stroke, and nothing invisible comes through."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.address import normalise
from shop.address.joiners import JOINERS
from shop.address.normalise import BadEmail, BadPhone

# Kanji whose form NFC or NFKC would change, with a variation selector, and beyond the basic plane.
NAMES = [
    "\ufa19田",
    "\ufa11",
    "髙橋",
    "葛\U000e0100城",
    "\U00020bb7野家",
    "邊\U000e010f",
    "㈱日本",
    "\U0002f800",
]


@pytest.mark.parametrize("kanji", NAMES)
def test_no_form_of_a_kanji_is_changed(kanji: str) -> None:
    assert normalise.name(kanji) == normalise.address(kanji) == kanji


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  山田　　太郎 ", "山田 太郎"),
        ("山\x00田\x1b[31m", "山田[31m"),
        ("太郎\r\nBcc: x@example.jp", "太郎 Bcc: x@example.jp"),
        ("太\u2028郎\t様", "太 郎 様"),
        ("渡\u202e邊\u200b\ufeff", "渡邊"),
        ("ﾀﾞﾅｶ", "ダナカ"),
        ("か\u3099く", "がく"),
        ("Rene\u0301", "René"),
    ],
)
def test_a_name_is_one_visible_line(typed: str, kept: str) -> None:
    assert normalise.name(typed) == kept


WITH_JOINERS = {
    "Persian, parted": "علی\u200cرضا",
    "Persian, parted behind a mark": "عَلی\u200cرضا",
    "Sinhala, a conjunct": "ශ්\u200dරී",
    "Sinhala, a conjunct in a word": "චන්ද්\u200dරිකා",
    "Hindi, a half letter": "क्\u200dष",
    "Hindi, no conjunct": "क्\u200cष",
    "Malayalam, a chillu at the end": "രാജന്\u200d",
    "Bengali, with a nukta": "ড়্\u200dয",
}


@pytest.mark.parametrize("kind", WITH_JOINERS)
def test_a_name_keeps_the_joiners_that_its_script_needs(kind: str) -> None:
    written = unicodedata.normalize("NFC", WITH_JOINERS[kind])
    assert normalise.name(written) == written
    assert normalise.name(f" {written}　{written} ") == f"{written} {written}"


@pytest.mark.parametrize(
    "typed",
    [
        "Han{}ako",
        "山{}田",
        "{}علی",
        "علی{}",
        "علی {}رضا",
        "علی{}Ali",
        "ක{}",
        "١{}٢",
        "4242{}4242",
        "ක්{}4",
        "4්{}4",
        "क्{}ि",
    ],
)
@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_a_joiner_goes_where_it_joins_and_parts_nothing(typed: str, joiner: str) -> None:
    assert normalise.name(typed.format(joiner)) == normalise.name(typed.format(""))


def test_of_several_joiners_one_stays_and_a_number_or_a_mail_address_has_none() -> None:
    assert normalise.name("علی\u200c\u200b\u200c\u200dرضا") == "علی\u200cرضا"
    assert normalise.clean("علی\u200cرضا") == "علیرضا"


@given(st.text(st.sampled_from("aی رක්\u200c\u200d෴्क42\u200b\u064eﾞｶ"), max_size=12))
def test_no_joiner_is_left_beside_a_digit_and_a_second_pass_changes_nothing(typed: str) -> None:
    once = normalise.name(typed)
    assert normalise.name(once) == once
    assert not re.search("[\u200c\u200d][0-9]|[0-9][\u200c\u200d]|[\u200c\u200d]{2}", once)


@given(st.text(max_size=80))
def test_nothing_invisible_is_left_and_a_second_pass_changes_nothing(typed: str) -> None:
    for mend in (normalise.clean, normalise.name, normalise.address):
        once = mend(typed)
        plain = once if mend is normalise.clean else once.translate(dict.fromkeys(map(ord, JOINERS)))
        assert not [c for c in plain if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]
        assert "  " not in once
        assert once == once.strip()
        assert mend(once) == once


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１ー２−３号", "1-2-3号"),
        ("千代田１−１ー１　ﾀﾜｰ１２Ｆ", "千代田1-1-1 タワー12F"),
        ("1‐2–3—4―5－6", "1-2-3-4-5-6"),
        ("1 - 2", "1-2"),
        ("Ａ−１０１", "A-101"),
        ("３ーＢ", "3-B"),
        ("センター３", "センター3"),
        ("ハイツー2", "ハイツー2"),
        ("2丁目ー3", "2丁目ー3"),
        ("1丁目2番3号", "1丁目2番3号"),
        ("メゾンⅡ", "メゾンⅡ"),
    ],
)
def test_a_house_number_gets_plain_hyphens_and_a_long_vowel_stays(typed: str, kept: str) -> None:
    assert normalise.address(typed) == kept


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Hanako@Example.JP", "Hanako@example.jp"),
        ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp"),
        (" hanako+shop@example.co.jp\n", "hanako+shop@example.co.jp"),
        ("hanako@例え.jp", "hanako@xn--r8jz45g.jp"),
        ("hanako@例え。jp", "hanako@xn--r8jz45g.jp"),
    ],
)
def test_a_mail_address_is_one_to_write_to(typed: str, written: str) -> None:
    assert normalise.email(typed) == written
    assert normalise.lookup_key_email(typed) == written.lower()


def test_one_mailbox_has_one_key_however_it_is_typed() -> None:
    typed = ["Hanako@Example.jp", "hanako@EXAMPLE.JP", "ＨＡＮＡＫＯ@example.jp", " hanako@example.jp "]
    assert {normalise.lookup_key_email(each) for each in typed} == {"hanako@example.jp"}
    assert normalise.lookup_key_email("hanako+1@example.jp") != normalise.lookup_key_email(
        "hanako@example.jp"
    )


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "hanako",
        "hanako@",
        "@example.jp",
        "hanako@localhost",
        "a b@example.jp",
        "はなこ@example.jp",
        "hanako@example.jp\r\nBcc: other@example.jp",
        "hanako@example..jp",
        pytest.param("a" * 300 + "@example.jp", id="too long"),
    ],
)
def test_what_is_no_mail_address_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(BadEmail) as refused:
        normalise.email(typed)
    assert "@の前後" in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("typed", "e164", "read"),
    [
        ("03-1234-5678", "+81312345678", "03-1234-5678"),
        ("０３（１２３４）５６７８", "+81312345678", "03-1234-5678"),
        ("０９０ー１２３４ー５６７８", "+819012345678", "090-1234-5678"),
        ("09012345678", "+819012345678", "090-1234-5678"),
        ("080−1234−5678", "+818012345678", "080-1234-5678"),
        ("050-1234-5678", "+815012345678", "050-1234-5678"),
        ("0120-444-113", "+81120444113", "0120-444-113"),
        ("0422 22 2222", "+81422222222", "0422-22-2222"),
        ("+81 90 1234 5678", "+819012345678", "090-1234-5678"),
        ("+1 650-253-0000", "+16502530000", "+1 650-253-0000"),
    ],
)
def test_a_telephone_number_has_one_form_to_keep_and_one_to_read(typed: str, e164: str, read: str) -> None:
    assert normalise.phone(typed) == e164
    assert normalise.national_phone(e164) == read
    assert normalise.phone(read) == e164


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "110",
        "12345",
        "1234-5678",
        "090-1234-567",
        "090-1234-56789",
        "00000000000",
        "0312345678内線12",
        "03-1234-5678 ext. 3",
        "電話なし",
        "tel:0312345678",
        pytest.param("0" * 5000, id="five thousand digits"),
    ],
)
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    with pytest.raises(BadPhone, match="市外局番"):
        normalise.phone(typed)


@given(st.text(max_size=60))
def test_any_text_is_a_contact_or_refused_in_our_words(typed: str) -> None:
    for read, error in ((normalise.email, BadEmail), (normalise.phone, BadPhone)):
        try:
            kept = read(typed)
        except error:
            continue
        assert read(kept) == kept
