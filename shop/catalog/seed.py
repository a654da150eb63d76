"""Filling a store: with its written goods, or with any number of made-up ones. For the seeding command and tests.

Products get running positions; the search index is filled along with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from payments.database import Database
from shop.catalog import search
from shop.catalog.content import load_store
from shop.catalog.content_made_up import generated_product
from shop.catalog.content_types import CategoryContent, ProductContent, VariantContent
from shop.catalog.copying import analyze, insert_rows
from shop.catalog.models import Category, Product, Variant
from shop.catalog.readings import readings_of
from shop.catalog.shelves import forget_shelves
from shop.stores.rows import ensure_stores

_TEXTS = ("text", "measures", "material", "care", "origin")
_BATCH = 2000
_PRODUCT = cast(Table, Product.__table__)
_VARIANT = cast(Table, Variant.__table__)

Progress = Callable[[int], None]
"""Called with how many products are in so far."""


def seed_store(db: Database, store_id: str) -> int:
    """Put the written goods of a store in; what is there already stays as it is. The count of new products."""
    ensure_stores(db)
    content = load_store(store_id)
    added = db.write(lambda session: _add(session, store_id, content.categories, content.products))
    forget_shelves(db)
    return added


def seed_generated(db: Database, store_id: str, n: int, progress: Progress = lambda _done: None) -> int:
    """Put the made-up products 1 to `n` in, on the shelves of the written ones; the count of new products.

    Commits every batch, so an interrupted run goes on where it stopped.
    """
    ensure_stores(db)
    categories = load_store(store_id).categories
    made = (generated_product(store_id, number) for number in range(1, n + 1))
    added = done = 0
    with search.bulk(db, n):
        for batch in _batches(made, _BATCH):
            added += db.write(partial(_add, store_id=store_id, categories=categories, products=batch))
            if not done:
                # PostgreSQL checks foreign keys by plans made for what it knew: so far, empty tables.
                analyze(db)
            done += len(batch)
            progress(done)
    forget_shelves(db)
    return added


def _batches(products: Iterator[ProductContent], size: int) -> Iterator[list[ProductContent]]:
    while batch := list(islice(products, size)):
        yield batch


def _add(
    session: Session,
    store_id: str,
    categories: Sequence[CategoryContent],
    products: Sequence[ProductContent],
) -> int:
    _add_categories(session, store_id, categories)
    slugs = [product.slug for product in products]
    there = set(
        session.scalars(select(Product.slug).where(Product.store_id == store_id, Product.slug.in_(slugs)))
    )
    last = session.scalar(select(func.max(Product.position)).where(Product.store_id == store_id)) or 0
    new = [product for product in products if product.slug not in there]
    if not new:
        return 0
    numbered = list(enumerate(new, last + 1))
    insert_rows(session, _PRODUCT, [_product(store_id, position, product) for position, product in numbered])
    insert_rows(
        session,
        _VARIANT,
        [
            _variant(store_id, product.slug, place, variant)
            for product in new
            for place, variant in enumerate(product.variants)
        ],
    )
    names = {category.slug: f"{category.name_ja} {category.name_en}" for category in categories}
    search.index(
        session,
        store_id,
        [entry_of(position, product, names[product.category]) for position, product in numbered],
    )
    return len(new)


def _add_categories(session: Session, store_id: str, categories: Sequence[CategoryContent]) -> None:
    there = set(session.scalars(select(Category.slug).where(Category.store_id == store_id)))
    rows = [
        {
            "store_id": store_id,
            "slug": category.slug,
            "position": position,
            "name_ja": category.name_ja,
            "name_en": category.name_en,
            "blurb_ja": category.blurb_ja,
            "blurb_en": category.blurb_en,
        }
        for position, category in enumerate(categories)
        if category.slug not in there
    ]
    if rows:
        session.execute(insert(Category), rows)


def _product(store_id: str, position: int, product: ProductContent) -> dict[str, Any]:
    prices = [variant.price for variant in product.variants]
    texts = {f"{name}_{lang}": getattr(product, f"{name}_{lang}") for name in _TEXTS for lang in ("ja", "en")}
    return {
        "store_id": store_id,
        "slug": product.slug,
        "category_slug": product.category,
        "position": position,
        "name_ja": product.name_ja,
        "name_en": product.name_en,
        "texts": texts,
        "tax_rate": product.tax_rate,
        "weight_g": product.weight_g,
        "picture": str(product.picture),
        "price_from": min(prices),
        "price_to": max(prices),
        "in_stock": any(variant.stock > 0 for variant in product.variants),
    }


def _variant(store_id: str, slug: str, place: int, variant: VariantContent) -> dict[str, Any]:
    return {
        "store_id": store_id,
        "sku": variant.sku,
        "product_slug": slug,
        "position": place,
        "options": [asdict(option) for option in variant.options],
        "price": variant.price,
        "picture": str(variant.picture) if variant.picture else None,
        "on_hand": variant.stock,
        "held": 0,
    }


def entry_of(position: int, product: ProductContent, category: str) -> search.Entry:
    """What the search knows of a product: names, keywords, shelf and their readings, then its texts and options."""
    names = " ".join((product.name_ja, product.name_en, *product.keywords_ja, *product.keywords_en, category))
    options = {
        f"{option.value_ja} {option.value_en}" for variant in product.variants for option in variant.options
    }
    texts = [getattr(product, f"{name}_{lang}") for name in _TEXTS if name != "care" for lang in ("ja", "en")]
    return search.Entry(
        position,
        names=" ".join((names, *readings_of(names))),
        texts=" ".join((*texts, *sorted(options), *readings_of(" ".join(texts)))),
    )
