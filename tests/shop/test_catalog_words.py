"""How texts and queries become search terms."""

import pytest

from shop.catalog.words import QUERY_WORDS, asked, beginnings, fold, single_characters, terms


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("ｶｯﾌﾟ", "かっぷ"),
        ("ガラス", "ｶﾞﾗｽ"),
        ("LAMP", "ｌａｍｐ"),
        ("Café", "cafe"),
        ("コーヒー", "コ－ヒ－"),
        ("コーヒー", "こーひー"),
        ("①", "1"),
    ],
)
def test_width_case_kana_and_accents_make_no_difference(written: str, same_as: str) -> None:
    assert fold(written) == fold(same_as)


def test_voiced_and_unvoiced_kana_stay_apart() -> None:
    assert fold("はし") != fold("ばし")


def test_japanese_runs_become_pairs_and_other_words_stay_whole() -> None:
    assert terms("和紙のlamps A5") == ["和紙", "紙ノ", "ノ", "lamp", "a5"]


def test_no_pair_reaches_over_a_gap() -> None:
    assert "紙箱" not in terms("和紙 箱")


def test_single_characters_and_beginnings_are_terms_of_their_own() -> None:
    found = terms("和紙 notebook")
    assert single_characters(found) == {"和", "紙"}
    assert beginnings(found) == {"not", "note", "noteb", "notebo", "noteboo"}


def test_a_query_word_is_a_chain_of_pairs() -> None:
    assert asked("湯呑み 皿 Plates") == [("湯呑", "呑ミ"), ("皿",), ("plate",)]


@pytest.mark.parametrize("query", ["", "   ", "🍵", '"*(){}^:-', "\0", "\ud800", "、。・"])
def test_a_query_without_letters_asks_nothing(query: str) -> None:
    assert asked(query) == []


def test_a_query_has_an_end() -> None:
    assert len(asked(" ".join(f"w{number}" for number in range(500)))) <= QUERY_WORDS
    assert sum(len(word) for word in asked("あいうえお" * 400)) < 100
