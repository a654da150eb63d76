"""Search on both databases."""

from __future__ import annotations

import re
import tomllib

import pytest
from sqlalchemy import event, select, text

from payments.database import Database
from shop.catalog import search
from shop.catalog.content import CONTENT
from shop.catalog.content_made_up import generated_product
from shop.catalog.models import Product
from shop.catalog.search import Entry, Place, find
from shop.catalog.seed import seed_generated, seed_store
from shop.catalog.words import fold


def _slugs(db: Database, query: str, store_id: str = "style") -> list[str]:
    """Every hit of a query, through all its pages."""
    found: list[str] = []
    after = Place()
    with db.read() as session:
        for _page in range(20):
            page = find(session, store_id, query, "ja", after=after)
            found += [card.slug for card in page.cards]
            if page.next_after is None:
                return found
            after = page.next_after
    raise AssertionError("the pages never end")


@pytest.mark.parametrize(
    "query",
    ["和紙", "急須", "紙", "ふきん", "ﾌｷﾝ", "washi", "WASHI", "ｗａｓｈｉ", "teapot", "teapots", "tea"],
)
def test_words_of_one_and_two_characters_and_english_ones_find_goods(db: Database, query: str) -> None:
    assert _slugs(db, query)


def test_every_product_with_the_word_in_its_name_is_found_and_stands_first(db: Database) -> None:
    with db.read() as session:
        named = {
            row.slug
            for row in session.execute(
                select(Product.slug, Product.name_ja).where(Product.store_id == "style")
            )
            if fold("和紙") in fold(row.name_ja)
        }
    hits = _slugs(db, "和紙")
    assert named
    assert named <= set(hits)
    assert len(hits) == len(set(hits))


def test_all_words_must_be_met(db: Database) -> None:
    both = _slugs(db, "急須 teapot")
    assert both
    assert set(both) <= set(_slugs(db, "急須"))
    assert _slugs(db, "急須 そんな品はない") == []


@pytest.mark.parametrize(
    ("word", "reading"),
    [("急須", "きゅうす"), ("和紙", "わし"), ("急須", "キュウス"), ("急須", "ｷｭｳｽ"), ("鉄瓶", "てつびん")],
)
def test_goods_are_found_by_how_their_names_are_read(db: Database, word: str, reading: str) -> None:
    by_word = _slugs(db, word)
    assert by_word
    assert set(by_word) <= set(_slugs(db, reading))


def test_every_reading_is_of_a_word_and_is_kana_alone() -> None:
    readings = tomllib.loads((CONTENT / "readings.toml").read_text(encoding="utf-8"))["readings"]
    assert readings
    assert [word for word, reading in readings.items() if not re.fullmatch("[ぁ-ゖー]+", reading)] == []


def test_pairs_must_follow_one_another(db: Database) -> None:
    """鶴亀 and 亀山 don't make 鶴亀山: the middle must be one and the same."""
    db.write(
        lambda session: search.index(
            session, "style", [Entry(1, names="鶴亀の亀山", texts=""), Entry(2, names="鶴亀山", texts="")]
        )
    )
    with db.read() as session:
        assert [card.position for card in find(session, "style", "鶴亀山", "ja").cards] == [2]


def test_a_store_finds_its_own_goods_only(db: Database) -> None:
    with db.read() as session:
        ours = set(session.scalars(select(Product.slug).where(Product.store_id == "cocomo")))
    assert set(_slugs(db, "クッキー", "cocomo")) <= ours
    assert _slugs(db, "クッキー", "cocomo")
    assert _slugs(db, "クッキー", "style") == []


def test_pages_follow_without_gap_or_repeat(db: Database) -> None:
    with db.read() as session:
        first = find(session, "style", "の", "ja")
        assert len(first.cards) == 24
        assert first.next_after is not None
    every = _slugs(db, "の")
    assert len(every) == len(set(every)) > 24


@pytest.mark.parametrize(
    "query",
    ['"', "'", "a' OR 1=1 --", "NEAR(a b)", "names: x", "*", "和紙*", "!&|<->", "a\0b", "\ud800和紙", "🍵", "あ" * 1000,
     "\\", "%", "(", "^和", "{names}"],
)  # fmt: skip
def test_odd_queries_answer_calmly(db: Database, query: str) -> None:
    with db.read() as session:
        find(session, "style", query, "ja")


def test_names_come_before_texts_whatever_the_position(db: Database) -> None:
    db.write(
        lambda session: search.index(
            session,
            "style",
            [Entry(3, names="箱", texts="瑠璃鳥が来る"), Entry(9, names="瑠璃鳥の皿", texts="")],
        )
    )
    with db.read() as session:
        assert [card.position for card in find(session, "style", "瑠璃鳥", "ja").cards] == [9, 3]


def test_at_most_two_statements_a_page(db: Database) -> None:
    seen: list[str] = []
    with db.read() as session:
        session.connection()

        def note(*arguments: object) -> None:
            seen.append(str(arguments[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        find(session, "style", "紙", "ja")
        event.remove(db.engine, "before_cursor_execute", note)
    assert 1 <= len(seen) <= 2


def test_seeding_again_changes_nothing(db: Database) -> None:
    before = _slugs(db, "和紙")
    assert seed_store(db, "style") == 0
    assert _slugs(db, "和紙") == before


@pytest.mark.parametrize("written", ["", "x", "2-1", "0-", "-1", "0--1", "1-99999999999999", "0-１", "1-²"])
def test_an_odd_place_means_the_beginning(written: str) -> None:
    assert Place.parse(written) == Place()


def test_a_place_survives_the_address() -> None:
    assert Place.parse(str(Place(1, 240))) == Place(1, 240)


def test_made_up_goods_come_in_batches_once_and_are_found(db: Database) -> None:
    seen: list[int] = []
    assert seed_generated(db, "style", 30, seen.append) == 30
    assert seen[-1] == 30
    assert seed_generated(db, "style", 40) == 10
    name = generated_product("style", 35).name_ja
    assert generated_product("style", 35).slug in _slugs(db, name)


def test_a_shelf_is_walked_by_its_index_whatever_its_length(db: Database) -> None:
    """24 of 100,000 cost what 24 of 100 cost: the plan has no sort and no scan."""
    seed_generated(db, "style", 300)
    statement = (
        "SELECT slug FROM product WHERE store_id = 'style' AND category_slug = 'tableware' AND position > 5"
        " ORDER BY position LIMIT 25"
    )
    explain = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
    with db.engine.connect() as connection:
        if not db.is_sqlite:
            connection.execute(text("SET enable_seqscan = off"))  # 300 rows are quicker read whole
        plan = " ".join(str(row) for row in connection.execute(text(explain + statement)))
    assert "uq_product_shelf" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
