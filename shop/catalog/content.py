"""Reading the stores' goods from `content/<store>/*.toml`, one file a category. For seeding and for tests.

A file has a `[category]` table and one `[[product]]` table each; file names sort into the order of the
shelves. Types are in content_types.py, made-up goods of any number in content_made_up.py.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from shop.catalog.content_types import (
    CategoryContent,
    ContentError,
    OptionContent,
    ProductContent,
    StoreContent,
    VariantContent,
)
from shop.pictures.draw import check
from shop.pictures.recipe import Recipe, RecipeError
from shop.stores import all_stores

CONTENT = Path(__file__).with_name("content")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SKU = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
TEXTS = ("name", "text", "measures", "material", "care", "origin")
LENGTHS = {"name": 120, "sku": 40, "slug": 80}
VARIANTS_MAX = 6
STOCK_MAX = 1_000_000
PRICE_MAX = 10_000_000


@cache
def load_store(store_id: str) -> StoreContent:
    """The goods of a store; read once a process.

    Raises ContentError with every fault of every file, KeyError on another store.
    """
    if store_id not in all_stores():
        raise KeyError(store_id)
    return read_folder(store_id, CONTENT / store_id)


def read_folder(store_id: str, folder: Path) -> StoreContent:
    """The goods in `folder`. Raises ContentError with every fault of every file."""
    faults: list[str] = []
    categories: list[CategoryContent] = []
    products: list[ProductContent] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            faults.append(f"{file.name}: not TOML: {error}")
            continue
        category = _category(_Table(data.pop("category", {}), f"{file.name} [category]", faults))
        rows = data.pop("product", [])
        tables = rows if isinstance(rows, list) else [rows]
        categories.append(category)
        products += [
            _product(_Table(row, _place(file, row, n), faults), category) for n, row in enumerate(tables)
        ]
        faults += [f"{file.name}: unknown table {name!r}" for name in data]
    if not categories and not faults:
        faults.append(f"{folder.name}: no category files")
    faults += _doubles(categories, products)
    if faults:
        raise ContentError(faults)
    return StoreContent(store_id, tuple(categories), tuple(products))


def _place(file: Path, row: object, number: int) -> str:
    slug = row.get("slug") if isinstance(row, dict) else None
    return f"{file.name} [{slug or f'product {number + 1}'}]"


def _category(table: _Table) -> CategoryContent:
    rates = tuple(rate for rate in table.list("tax_rates") if rate in (8, 10))
    if not rates:
        table.fault("tax_rates", "needs 8, 10 or both")
    texts = {
        f"{name}_{lang}": table.text(f"{name}_{lang}") for name in ("name", "blurb") for lang in ("ja", "en")
    }
    category = CategoryContent(slug=table.word("slug", SLUG, 40), tax_rates=rates, **texts)
    table.done()
    return category


def _product(table: _Table, category: CategoryContent) -> ProductContent:
    texts = {f"{name}_{lang}": table.text(f"{name}_{lang}") for name in TEXTS for lang in ("ja", "en")}
    rate = table.number("tax_rate", 8, 10)
    if rate not in category.tax_rates:
        table.fault("tax_rate", f"{rate} is not one of the category's")
    rows = table.list("variants")
    if not 1 <= len(rows) <= VARIANTS_MAX:
        table.fault("variants", f"there must be 1 to {VARIANTS_MAX}")
    product = ProductContent(
        slug=table.word("slug", SLUG, 80),
        category=category.slug,
        **texts,
        tax_rate=rate,
        weight_g=table.number("weight_g", 1, 30_000),
        picture=table.recipe("picture") or Recipe("box"),
        variants=tuple(_variant(table.inner("variants", row, n)) for n, row in enumerate(rows)),
        keywords_ja=table.words("keywords_ja"),
        keywords_en=table.words("keywords_en"),
    )
    table.done()
    return product


def _variant(table: _Table) -> VariantContent:
    options = [_option(table, pair) for pair in table.list("options")]
    variant = VariantContent(
        sku=table.word("sku", SKU, 40),
        options=tuple(option for option in options if option),
        price=table.number("price", 1, PRICE_MAX),
        stock=table.number("stock", 0, STOCK_MAX),
        picture=table.recipe("picture") if table.has("picture") else None,
    )
    table.done()
    return variant


def _option(table: _Table, pair: object) -> OptionContent | None:
    if isinstance(pair, list) and len(pair) == 4 and all(isinstance(part, str) and part for part in pair):
        return OptionContent(*pair)
    table.fault("options", f"{pair!r} is not [label_ja, label_en, value_ja, value_en]")
    return None


def _doubles(categories: list[CategoryContent], products: list[ProductContent]) -> list[str]:
    names = {
        "category slug": [category.slug for category in categories],
        "product slug": [product.slug for product in products],
        "sku": [variant.sku for product in products for variant in product.variants],
    }
    return [
        f"{kind} {name!r} is used {all_of_it.count(name)} times"
        for kind, all_of_it in names.items()
        for name in sorted({name for name in all_of_it if name and all_of_it.count(name) > 1})
    ]


class _Table:
    """One TOML table: hands out checked values and notes a fault, with a stand-in, where one is wrong."""

    def __init__(self, values: Any, place: str, faults: list[str]) -> None:
        self._values: dict[str, Any] = values if isinstance(values, dict) else {}
        self._place, self._faults = place, faults
        self._asked: set[str] = set()

    def fault(self, key: str, reason: str) -> None:
        self._faults.append(f"{self._place} {key}: {reason}")

    def has(self, key: str) -> bool:
        return key in self._values

    def inner(self, key: str, values: Any, number: int) -> _Table:
        return _Table(values, f"{self._place} {key} {number + 1}", self._faults)

    def _get(self, key: str, kind: type, default: Any) -> Any:
        self._asked.add(key)
        value = self._values.get(key)
        # True is an int to Python, not to a price list.
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        self.fault(key, "missing" if value is None else f"must be {kind.__name__}, is {type(value).__name__}")
        return default

    def text(self, key: str) -> str:
        value: str = self._get(key, str, "")
        limit = LENGTHS.get(key.removesuffix("_ja").removesuffix("_en"))
        if key in self._values and (not value or value != value.strip()):
            self.fault(key, "empty, or blanks at its ends")
        if limit and len(value) > limit:
            self.fault(key, f"longer than {limit} characters")
        return value

    def word(self, key: str, form: re.Pattern[str], limit: int) -> str:
        value: str = self._get(key, str, "")
        if value and (len(value) > limit or not form.fullmatch(value)):
            self.fault(key, f"{value!r} is not {form.pattern} of at most {limit} characters")
        return value

    def number(self, key: str, low: int, high: int) -> int:
        value: int = self._get(key, int, low)
        if not low <= value <= high:
            self.fault(key, f"{value} is not from {low} to {high}")
        return value

    def list(self, key: str) -> list[Any]:
        value: list[Any] = self._get(key, list, [])
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """Words that may be left out."""
        values = self.list(key) if self.has(key) else []
        if not all(isinstance(value, str) and value for value in values):
            self.fault(key, "must be a list of words")
        return tuple(str(value) for value in values)

    def recipe(self, key: str) -> Recipe | None:
        text: str = self._get(key, str, "")
        if not text:
            return None
        try:
            recipe = Recipe.parse(text)
            check(recipe)
        except RecipeError as error:
            self.fault(key, str(error))
            return None
        return recipe

    def done(self) -> None:
        for key in sorted(set(self._values) - self._asked - {"keywords_ja", "keywords_en"}):
            self.fault(key, "unknown key")
