"""The stores' goods: complete, in two languages, each in its own words; a loader that names every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.catalog.content import STORES, ContentError, load_store, read_folder


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
