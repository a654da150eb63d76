"""The selects behind the catalogue's pages. Plain columns, never entities; the store always comes first.

Statements are built once, with named parameters: building one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Row, Select, bindparam, literal, or_, select, union_all
from sqlalchemy.orm import Session

from shop.catalog.models import Product, Variant
from shop.catalog.shelves import Shelf

PAGE = 24

AnyRow = Row[*tuple[Any, ...]]
CardRow = AnyRow
"""slug, name, price_from, price_to, in_stock, tax_rate, picture, position."""


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """Up to `PAGE` products, and the position after which the next page begins (None on the last)."""

    cards: Sequence[CardRow]
    next_after: int | None


def card_columns(locale: str) -> tuple[ColumnElement[Any], ...]:
    """The columns of a card, in the page's language."""
    name = Product.name_en if locale == "en" else Product.name_ja
    return (
        Product.slug.expression,
        name.label("name"),
        Product.price_from.expression,
        Product.price_to.expression,
        Product.in_stock.expression,
        Product.tax_rate.expression,
        Product.picture.expression,
        Product.position.expression,
    )


def _shelf(locale: str, *, in_stock: bool) -> Select[Any]:
    statement = (
        select(*card_columns(locale))
        .where(
            Product.store_id == bindparam("store_id"),
            Product.category_slug == bindparam("shelf"),
            Product.position > bindparam("after"),
        )
        .order_by(Product.position)
        .limit(PAGE + 1)
    )
    return statement.where(Product.in_stock) if in_stock else statement


_SHELF = {
    (locale, in_stock): _shelf(locale, in_stock=in_stock)
    for locale in ("ja", "en")
    for in_stock in (False, True)
}


def shelf_page(
    session: Session, store_id: str, shelf: str, locale: str, *, after: int = 0, in_stock: bool = False
) -> ShelfPage:
    """The products of a shelf that come after position `after`."""
    rows = session.execute(
        _SHELF[locale, in_stock], {"store_id": store_id, "shelf": shelf, "after": after}
    ).all()
    return page_of(rows)


def page_of(rows: Sequence[CardRow]) -> ShelfPage:
    """A page from up to `PAGE` + 1 rows: the one too many only says that more follows."""
    cards = rows[:PAGE]
    return ShelfPage(cards, cards[-1].position if len(rows) > PAGE else None)


@lru_cache(maxsize=64)
def _picks(shelves: tuple[str, ...], locale: str) -> Any:
    parts = [
        select(*card_columns(locale), literal(rank).label("rank"))
        .where(
            Product.store_id == bindparam("store_id"),
            Product.category_slug == shelf,
            Product.in_stock,
        )
        .order_by(Product.position)
        .offset(1)
        .limit(2)
        .subquery()
        for rank, shelf in enumerate(shelves)
    ]
    return union_all(*(select(part) for part in parts))


def picks(session: Session, store_id: str, shelves: Sequence[Shelf], locale: str) -> Sequence[CardRow]:
    """Some products for the home page: the second and third of every shelf, in one statement."""
    if not shelves:
        return []
    statement = _picks(tuple(shelf.slug for shelf in shelves), locale)
    rows = session.execute(statement, {"store_id": store_id}).all()
    # One of each shelf first, then the second of each: neighbours differ.
    firsts = {row.rank: row for row in reversed(rows)}
    seconds = [row for row in rows if firsts[row.rank].slug != row.slug]
    return [*(firsts[rank] for rank in sorted(firsts)), *seconds]


_PRODUCT = {
    locale: select(
        *card_columns(locale),
        Product.category_slug,
        Product.texts,
        Product.weight_g,
        Variant.sku,
        Variant.options,
        Variant.price,
        Variant.picture.label("own_picture"),
        (Variant.on_hand - Variant.held).label("free"),
    )
    .join(Variant, (Variant.store_id == Product.store_id) & (Variant.product_slug == Product.slug))
    .where(Product.store_id == bindparam("store_id"), Product.slug == bindparam("slug"))
    .order_by(Variant.position, Variant.sku)
    for locale in ("ja", "en")
}


def product(session: Session, store_id: str, slug: str, locale: str) -> Sequence[AnyRow]:
    """A product, one row a variant in their order; none where this store has no such product.

    Each row has the card's columns, category_slug, texts, weight_g, and the variant's sku, options, price,
    own_picture (or None) and free.
    """
    return session.execute(_PRODUCT[locale], {"store_id": store_id, "slug": slug}).all()


def _neighbours(locale: str) -> Any:
    at: BindParameter[int] = bindparam("position")
    near = select(*card_columns(locale)).where(
        Product.store_id == bindparam("store_id"), Product.category_slug == bindparam("shelf")
    )
    following = near.where(Product.position > at).order_by(Product.position).limit(4).subquery()
    before = near.where(Product.position < at).order_by(Product.position.desc()).limit(4).subquery()
    return union_all(select(following), select(before))


_NEIGHBOURS = {locale: _neighbours(locale) for locale in ("ja", "en")}


def related(session: Session, store_id: str, shown: CardRow, locale: str) -> Sequence[CardRow]:
    """Up to four products that stand beside `shown` on its shelf."""
    found = session.execute(
        _NEIGHBOURS[locale],
        {"store_id": store_id, "shelf": shown.category_slug, "position": shown.position},
    ).all()
    return sorted(found, key=lambda row: row.position < shown.position)[:4]


_RECIPES = (
    select(Product.name_ja, Product.picture, Variant.picture.label("own"))
    .join(Variant, (Variant.store_id == Product.store_id) & (Variant.product_slug == Product.slug))
    .where(
        Product.store_id == bindparam("store_id"),
        Product.slug == bindparam("slug"),
        or_(bindparam("sku") == "", Variant.sku == bindparam("sku")),
    )
    .limit(1)
)


def recipe_of(session: Session, store_id: str, slug: str, sku: str = "") -> tuple[str, str] | None:
    """The drawing recipe of a product's picture, or of a variant's, and the product's name; None where unknown."""
    row = session.execute(_RECIPES, {"store_id": store_id, "slug": slug, "sku": sku}).one_or_none()
    if row is None:
        return None
    return ((sku and row.own) or row.picture, row.name_ja)
