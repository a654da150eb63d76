"""The stores' goods: complete, in two languages, each in its own words; a loader that names every fault."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from shop.catalog.content import CONTENT, load_store, read_folder
from shop.catalog.content_made_up import generated_product
from shop.catalog.content_types import ContentError
from shop.stores import all_stores
from tests.cost import least_cpu_s

STORES = tuple(all_stores())


@pytest.mark.parametrize("store_id", STORES)
def test_every_product_stands_on_a_shelf_of_its_store(store_id: str) -> None:
    store = load_store(store_id)
    shelves = {category.slug for category in store.categories}
    assert {product.category for product in store.products} == shelves


def test_all_faults_of_all_files_are_told_at_once_with_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_text('[category]\nslug = "Not A Slug"\n[[product]]\nslug = "x"\nprice = 3\n')
    (tmp_path / "2.toml").write_text("not toml")

    with pytest.raises(ContentError) as caught:
        read_folder("style", tmp_path)

    told = "\n".join(caught.value.faults)
    for part in (
        "1.toml [category] slug",
        "1.toml [x] name_ja: missing",
        "1.toml [x] price: unknown key",
        "2.toml: not TOML",
    ):
        assert part in told


TEXTS = ("name", "text", "measures", "material", "care", "origin")
FOOD_SHELVES = {"sweets", "tea", "coffee"}
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
PLACEHOLDER = re.compile(
    r"lorem|ipsum|todo|tbd|fixme|xxx|dummy|placeholder|サンプル|ダミー|テスト|仮の|未定", re.IGNORECASE
)


@pytest.mark.parametrize("store_id", STORES)
def test_a_store_has_a_full_shop_of_goods(store_id: str) -> None:
    store = load_store(store_id)
    assert len(store.products) >= 44
    assert 5 <= len(store.categories) <= 7


def test_style_sells_washi_and_a_kyusu() -> None:
    products = load_store("style").products
    assert sum("和紙" in product.material_ja for product in products) >= 5
    assert any("急須" in product.name_ja for product in products)


def test_slugs_and_skus_are_unique_over_both_stores() -> None:
    products = [product for store_id in STORES for product in load_store(store_id).products]
    slugs = [product.slug for product in products]
    skus = [variant.sku for product in products for variant in product.variants]
    assert len(set(slugs)) == len(slugs)
    assert len(set(skus)) == len(skus)


@pytest.mark.parametrize("store_id", STORES)
def test_every_text_is_there_in_both_languages_and_in_the_right_one(store_id: str) -> None:
    for product in load_store(store_id).products:
        for name in TEXTS:
            japanese, english = getattr(product, f"{name}_ja"), getattr(product, f"{name}_en")
            assert JAPANESE.search(japanese) or name == "measures", f"{product.slug} {name}_ja"
            assert english, f"{product.slug} {name}_en"
            assert not JAPANESE.search(english), f"{product.slug} {name}_en"
            assert not PLACEHOLDER.search(f"{japanese} {english}"), f"{product.slug} {name}"
        assert product.keywords_ja
        assert product.keywords_en
        for option in (option for variant in product.variants for option in variant.options):
            assert not JAPANESE.search(option.label_en + option.value_en), product.slug


@pytest.mark.parametrize("store_id", STORES)
def test_every_text_has_three_sentences(store_id: str) -> None:
    for product in load_store(store_id).products:
        assert product.text_ja.count("。") == 3, product.slug
        assert product.text_ja.endswith("。"), product.slug
        assert len(re.findall(r"[.!?](?=\s|$)", product.text_en)) == 3, product.slug
        assert len(product.text_ja) >= 60, product.slug


def test_no_two_texts_say_nearly_the_same() -> None:
    products = [product for store_id in STORES for product in load_store(store_id).products]
    for language, size in (("ja", 4), ("en", 12)):
        pieces = {p.slug: _pieces(getattr(p, f"text_{language}"), size) for p in products}
        for one, other in combinations(pieces, 2):
            shared = len(pieces[one] & pieces[other]) / min(len(pieces[one]), len(pieces[other]))
            assert shared < 0.25, f"{one} and {other} share {shared:.0%}"


def _pieces(text: str, size: int) -> set[str]:
    return {text[start : start + size] for start in range(len(text) - size + 1)}


def test_food_is_taxed_at_8_percent_and_everything_else_at_10() -> None:
    for store_id in STORES:
        for product in load_store(store_id).products:
            if product.category != "gifts":
                assert product.tax_rate == (8 if product.category in FOOD_SHELVES else 10), product.slug
    assert {p.tax_rate for p in load_store("cocomo").products if p.category == "gifts"} == {8, 10}


def test_a_gift_with_things_that_are_no_food_is_taxed_at_10_percent() -> None:
    goods = re.compile(r"綿|木|ブナ|磁器|陶器")
    for product in load_store("cocomo").products:
        if product.category == "gifts":
            assert product.tax_rate == (10 if goods.search(product.material_ja) else 8), product.slug


@pytest.mark.parametrize("store_id", STORES)
def test_stock_has_plenty_scarce_and_sold_out(store_id: str) -> None:
    stocks = [variant.stock for product in load_store(store_id).products for variant in product.variants]
    assert 2 <= stocks.count(0) <= 8
    assert sum(1 <= stock <= 3 for stock in stocks) >= 3
    assert max(stocks) >= 80


@pytest.mark.parametrize("store_id", STORES)
def test_variants_of_a_product_have_the_same_labels_and_different_values(store_id: str) -> None:
    for product in load_store(store_id).products:
        labels = {tuple(option.label_ja for option in variant.options) for variant in product.variants}
        values = {tuple(option.value_ja for option in variant.options) for variant in product.variants}
        assert len(labels) == 1, product.slug
        assert len(values) == len(product.variants), product.slug
        assert all(100 <= variant.price <= 100_000 for variant in product.variants), product.slug


GOOD = (CONTENT / "style" / "2-kitchen.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("tax_rate = 10", "tax_rate = 8"), "[nambu-iron-kettle] tax_rate: 8 is not one of the category's"),
        (('origin_en = "Morioka, Iwate"', ""), "[nambu-iron-kettle] origin_en: missing"),
        (("price = 24200", "price = 0"), "variants 1 price: 0 is not from 1"),
        (("price = 24200", "price = true"), "variants 1 price: must be int, is bool"),
        (("price = 24200", "price = 2.5"), "variants 1 price: must be int, is float"),
        (("stock = 4", "stock = -1"), "variants 1 stock: -1 is not from 0"),
        (('"ST-KT-001-14"', '"ST-KT-001-10"'), "sku 'ST-KT-001-10' is used 2 times"),
        (("kettle glaze=iron", "kettle glaze=jam-red"), "picture: glaze: no 'jam-red' in the kit"),
        (('["容量", "Capacity", "1.0L", "1.0 L"]', '["容量", "Capacity"]'), "variants 1 options:"),
    ],
)
def test_a_fault_is_told_with_its_product_and_key(tmp_path: Path, wrong: tuple[str, str], told: str) -> None:
    assert wrong[0] in GOOD
    (tmp_path / "1.toml").write_text(GOOD.replace(*wrong, 1), encoding="utf-8")

    with pytest.raises(ContentError) as caught:
        read_folder("style", tmp_path)

    assert told in "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 1


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no category files"):
        read_folder("style", tmp_path)


def test_only_the_two_stores_have_goods() -> None:
    with pytest.raises(KeyError):
        load_store("../style")


@pytest.mark.parametrize("store_id", STORES)
def test_made_up_goods_are_complete_unique_and_repeatable(store_id: str) -> None:
    shelves = {category.slug for category in load_store(store_id).categories}
    products = [generated_product(store_id, n) for n in range(1500)]

    assert products == [generated_product(store_id, n) for n in range(1500)]
    assert len({product.slug for product in products}) == 1500
    assert len({variant.sku for product in products for variant in product.variants}) == sum(
        len(product.variants) for product in products
    )
    assert {product.category for product in products} == shelves
    assert len({product.name_ja for product in products}) > 300
    for product in products:
        assert product.text_ja.count("。") == 3
        assert "{" not in product.text_ja + product.text_en
        assert product.tax_rate == (8 if product.category in FOOD_SHELVES else 10)
        assert all(variant.price > 0 for variant in product.variants)


def test_made_up_goods_never_meet_those_of_the_files() -> None:
    for store_id in STORES:
        for product in load_store(store_id).products:
            assert not re.match(r"g\d", product.slug)
            assert not any(re.match(r"(ST|CO)-G\d", variant.sku) for variant in product.variants)


def test_a_hundred_thousand_made_up_goods_take_seconds() -> None:
    def five_thousand() -> None:
        for n in range(5000):
            generated_product("style", n)

    assert least_cpu_s(five_thousand, enough=0.5) < 0.5
