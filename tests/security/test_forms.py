"""The forms a number is searched under: each is found where it really occurs."""

from __future__ import annotations

import base64
import io
import json
import marshal
import sqlite3
import sys
import urllib.parse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.forms import Found, forms_of, search, search_stream
from security.literals import _fastest, in_one_pass, one_by_one

from .cards import card_numbers, grouped, in_digits

NUMBER = "4556123400987654"
FULL_WIDTH = in_digits(NUMBER, "０１２３４５６７８９")
REALLY = {
    "plain": f"x{NUMBER}y".encode(),
    "spaced": grouped(NUMBER, " ").encode(),
    "hyphened": grouped(NUMBER, "-").encode(),
    "spaced, url": urllib.parse.quote(grouped(NUMBER, " ")).encode(),
    "spaced, form": urllib.parse.urlencode({"n": grouped(NUMBER, " ")}).encode(),
    "hex": NUMBER.encode().hex().encode(),
    "hex, upper case": NUMBER.encode().hex().upper().encode(),
    "utf-16": NUMBER.encode("utf-16"),
    "utf-16 be": NUMBER.encode("utf-16-be"),
    "utf-32": NUMBER.encode("utf-32"),
    "full-width": FULL_WIDTH.encode(),
    "full-width, url": urllib.parse.quote(FULL_WIDTH).encode(),
    "full-width, json": json.dumps(FULL_WIDTH).encode(),
    "full-width, Shift_JIS": FULL_WIDTH.encode("shift_jis"),
    "full-width, EUC-JP": FULL_WIDTH.encode("euc_jp"),
    "reversed": NUMBER[::-1].encode(),
    "last twelve": NUMBER[-12:].encode(),
    "a big integer": int(NUMBER).to_bytes(8),
    "marshal": marshal.dumps(NUMBER),
}


@pytest.mark.parametrize("what", REALLY)
def test_a_form_is_found(what: str) -> None:
    assert search(b"before" + REALLY[what] + b"after", forms_of(NUMBER))


@given(card_numbers(), st.binary(max_size=9), st.binary(max_size=9), st.booleans())
def test_base64_is_found_at_any_alignment(number: str, before: bytes, after: bytes, url_safe: bool) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode

    assert search(encode(before + number.encode() + after), forms_of(number))


def test_an_integer_in_a_database_file_is_found(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "a.db")
    database.execute("CREATE TABLE a (b INTEGER)")
    database.execute("INSERT INTO a VALUES (?)", (int(NUMBER),))
    database.commit()
    database.close()

    assert search((tmp_path / "a.db").read_bytes(), forms_of(NUMBER))


def test_another_number_is_not_found() -> None:
    data = b"".join(REALLY.values())

    assert search(data, forms_of("4556123400980006")) == []


@given(st.data())
def test_one_pass_tells_what_a_pass_for_each_tells(data: st.DataObject) -> None:
    text = st.binary(min_size=1, max_size=4)
    texts = tuple(data.draw(st.lists(text, min_size=1, max_size=6), "texts"))
    noise = st.one_of(
        st.sampled_from(texts), st.binary(max_size=3), st.text("ab\n", max_size=3).map(str.encode)
    )
    where = b"".join(data.draw(st.lists(noise, max_size=12), "where"))

    assert sorted(in_one_pass(texts)(where)) == sorted(one_by_one(texts)(where))


def test_without_hyperscan_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(2000).join(REALLY.values())
    with_it = search(data, forms_of(NUMBER))
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    _fastest.cache_clear()
    without = search(data, forms_of(NUMBER))
    _fastest.cache_clear()

    assert with_it == without
    assert len(with_it) >= len(REALLY)


def test_places_are_told_and_the_last_twelve_not_twice() -> None:
    data = f"ab{NUMBER}cd{NUMBER[-12:]}".encode()

    assert search(data, forms_of(NUMBER)) == [Found("plain", 2), Found("last twelve", 20)]


@given(st.integers(0, 200), st.integers(1, 64))
def test_windows_hide_nothing_and_tell_nothing_twice(before: int, window: int) -> None:
    data = b"x" * before + NUMBER.encode() + b"x" * 60 + grouped(NUMBER, " ").encode()

    found = list(search_stream(io.BytesIO(data), forms_of(NUMBER), window))

    plain = [each.offset for each in found if each.form == "plain"]
    spaced = [each.offset for each in found if each.form == "spaced"]
    assert (plain, spaced) == ([before], [before + 76])


@pytest.mark.parametrize(
    "number", ["", "42", "4242 4242 4242 4242", "４２４２４２４２４２４２４２４２", "4" * 20]
)
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="12 to 19 digits"):
        forms_of(number)
